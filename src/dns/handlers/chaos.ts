// Who and what answers (directive `chaos`): TXT records of the class CH (RFC 4892).

import { hostname } from 'node:os';
import { version as ownVersion } from '#lib/version.ts';
import type { ChaosSettings } from '../config/settings.ts';
import type { Handled, Handler, Request } from '../handler.ts';
import { Class, type Name, pack, parseName, Rcode, Type, writeResponse } from '../wire/index.ts';

export class ChaosHandler implements Handler {
  readonly name = 'chaos';
  readonly #texts: ReadonlyMap<Name, readonly string[]>;

  constructor({ version = `portolan-${ownVersion}`, authors }: ChaosSettings) {
    const texts: [string, readonly string[]][] = [
      ['version.bind', [version]],
      ['version.server', [version]],
      ['authors.bind', authors],
      ['hostname.bind', [hostname()]],
      ['id.server', [hostname()]],
    ];
    this.#texts = new Map(texts.map(([name, strings]) => [parseName(name), strings]));
  }

  handle({ query, limit }: Request): Handled {
    if (query.class !== Class.CH || query.type !== Type.TXT) return undefined;
    const texts = this.#texts.get(query.key);
    if (!texts) return undefined;
    const answer = texts.map((text) => {
      return { name: query.name, class: Class.CH, ttl: 0, data: { type: 'TXT', strings: [text] } as const };
    });
    return writeResponse(query, Rcode.NOERROR, 0, pack(query.name, { answer }), limit);
  }
}
