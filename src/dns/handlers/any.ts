// Questions for everything at once get as little as there is (directive `any`, RFC 8482 §4.2): they are asked to flood
// others.

import type { Handled, Handler, Request } from '../handler.ts';
import { Class, pack, Rcode, Type, writeResponse } from '../wire/index.ts';

const notice = { type: 'HINFO', cpu: 'ANY obsoleted', os: 'See RFC 8482' } as const;

export const anyHandler: Handler = {
  name: 'any',
  handle({ query, limit }: Request): Handled {
    if (query.type !== Type.ANY) return undefined;
    const answer = [{ name: query.name, class: Class.IN, ttl: 8482, data: notice }];
    return writeResponse(query, Rcode.NOERROR, 0, pack(query.name, { answer }), limit);
  },
};
