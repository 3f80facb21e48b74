// A client's search list gone through here, in one query instead of one for each of its domains (directive `autopath`,
// spec/dns.md §7). The first name that exists is the answer, behind an alias from the name that was asked for.

import type { AutopathSettings } from '../config/settings.ts';
import type { Handled, Handler, Request } from '../handler.ts';
import type { Lookup } from '../lookup.ts';
import type { SearchPaths } from '../search-paths.ts';
import {
  Class,
  decodeMessage,
  Flag,
  isInternet,
  isWithin,
  keyOf,
  type Message,
  type Name,
  pack,
  Rcode,
  type ResourceRecord,
  rcodeOf,
  writeResponse,
} from '../wire/index.ts';
import type { Authority } from './authority.ts';

export interface AutopathParts {
  readonly search: Pick<SearchPaths, 'of' | 'onSuccess'>;
  readonly lookup: Lookup;
  /** Names that exist there need no search. */
  readonly zones: Pick<Authority, 'zoneOf'> | undefined;
}

export class AutopathHandler implements Handler {
  readonly name = 'autopath';
  readonly #parts: AutopathParts;
  readonly #zones: readonly Name[];

  constructor(parts: AutopathParts, { zones }: AutopathSettings) {
    this.#parts = parts;
    this.#zones = zones;
  }

  handle(request: Request): Handled | Promise<Handled> {
    const { query, client, depth } = request;
    // What we look up ourselves has been searched for already.
    if (depth > 0 || !isInternet(query) || !this.#zones.some((zone) => isWithin(query.key, zone))) return undefined;
    const path = this.#parts.search.of(client.address);
    const [first] = path;
    if (first === undefined || query.key === first || !isWithin(query.key, first)) return undefined;
    if (this.#parts.zones?.zoneOf(query.key)?.find(query.key)) return undefined;
    return this.#search(request, query.name.slice(0, query.name.length - first.length), path);
  }

  async #search(request: Request, base: Name, path: readonly Name[]): Promise<Handled> {
    let firstReply: Uint8Array | undefined;
    for (const domain of [...path, '']) {
      const response = await this.#parts.lookup.response(request, base + domain);
      firstReply ??= response;
      if (!response || rcodeOf(Buffer.from(response).readUInt16BE(2)) === Rcode.NXDOMAIN) continue;
      this.#parts.search.onSuccess();
      return answer(request, decodeMessage(response));
    }
    return firstReply && answer(request, decodeMessage(firstReply));
  }
}

function answer({ query, limit }: Request, found: Message): Handled {
  const [first] = found.answer;
  const alias: ResourceRecord[] =
    first && keyOf(first.name) !== query.key
      ? [{ name: query.name, class: Class.IN, ttl: first.ttl, data: { type: 'CNAME', target: first.name } }]
      : [];
  const additional = found.additional.filter(({ data }) => data.type !== 'OPT');
  const packed = pack(query.name, { ...found, answer: [...alias, ...found.answer], additional });
  const flags = found.flags & (Flag.AA | Flag.TC | Flag.RA);
  return writeResponse(query, rcodeOf(found.flags), flags, packed, limit);
}
