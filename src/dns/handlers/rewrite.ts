// Another name is looked up than the client asked for (directive `rewrite`). Nobody behind it knows the client's name, and the
// client hears of the other one only where no rule turns it back.

import type { Chain } from '../chain.ts';
import type { RewriteRule } from '../config/settings.ts';
import type { Handled, Handler, Request, Response } from '../handler.ts';
import { type Reversal, rewritten } from '../rewrite/name-rule.ts';
import { reversed } from '../rewrite/response-names.ts';
import {
  decodeMessage,
  encodeMessage,
  formatName,
  isZoneTransfer,
  keyOf,
  maxMessage,
  nameFrom,
  nothing,
  type Query,
  Rcode,
  type ResourceRecord,
  renamed,
  writeResponse,
} from '../wire/index.ts';

export class RewriteHandler implements Handler {
  readonly name = 'rewrite';
  readonly #rules: readonly RewriteRule[];
  readonly #rest: Chain;

  /** @param rest the handlers that come after this one. */
  constructor(rules: readonly RewriteRule[], rest: Chain) {
    this.#rules = rules;
    this.#rest = rest;
  }

  handle(request: Request): Handled | Promise<Handled> {
    const { query, limit } = request;
    const change = isZoneTransfer(query.type) ? undefined : this.#change(query);
    if (!change) return undefined;
    const name = nameFrom(change.to);
    if (name === undefined) return writeResponse(query, Rcode.SERVFAIL, 0, nothing, limit);
    // It is cut only when its names have their final length.
    const answered = this.#rest.answer({ ...request, query: renamed(query, name), limit: maxMessage });
    const back = (response: Response) => turnedBack(request, response, change.reversals);
    return answered instanceof Promise ? answered.then(({ response }) => back(response)) : back(answered.response);
  }

  /** What all rules that fit make of the name; undefined when none does. */
  #change(query: Query): { to: string; reversals: readonly Reversal[] } | undefined {
    let to = formatName(query.key);
    let reversals: readonly Reversal[] | undefined;
    for (const rule of this.#rules) {
      const result = rewritten(rule, to);
      if (!result) continue;
      to = result.to;
      // What was done last is undone first.
      reversals = [...result.reversals, ...(reversals ?? [])];
      if (rule.next === 'stop') break;
    }
    return reversals && { to, reversals };
  }
}

/** The client's own question again, and names as the reversals have them. */
function turnedBack({ query, limit }: Request, response: Response, reversals: readonly Reversal[]): Response {
  if (!(response instanceof Uint8Array)) return response;
  const message = reversed(decodeMessage(response), reversals);
  const spelled = (record: ResourceRecord) =>
    keyOf(record.name) === query.key ? { ...record, name: query.name } : record;
  const own = {
    ...message,
    question: { name: query.name, type: query.type, class: query.class },
    answer: message.answer.map(spelled),
    authority: message.authority.map(spelled),
  };
  return encodeMessage(own, limit);
}
