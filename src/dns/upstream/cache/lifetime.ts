// What may be kept of a reply, and for how long (spec/dns.md §9; RFC 2308 §5, RFC 8767 §4 for TTLs beyond 31 bits).

import type { CacheSettings, CacheShare } from '../../config/settings.ts';
import { type Outline, Rcode, rcodeOf, Type } from '../../wire/index.ts';

/** NOERROR with data; NXDOMAIN and NODATA; SERVFAIL and NOTIMP. */
export type Kind = 'success' | 'denial' | 'failure';

export interface Lifetime {
  readonly kind: Kind;
  /** More than 0. */
  readonly ms: number;
}

export type LifetimeSettings = Pick<CacheSettings, 'success' | 'denial' | 'servfailMs'>;

/** Of NODATA that does not say how long it holds: seconds. */
const unsaidTtl = 5;

/** Undefined: not to be kept. @param reply in whole: without TC, nor an rcode whose upper bits are in the OPT record. */
export function lifetimeOf(
  reply: Buffer,
  outline: Outline,
  askedType: number,
  settings: LifetimeSettings,
): Lifetime | undefined {
  switch (rcodeOf(reply.readUInt16BE(2))) {
    case Rcode.NOERROR:
      if (hasAnswer(reply, outline, askedType))
        return lasting('success', smallestTtl(reply, outline), settings.success);
      return lasting('denial', denialTtl(reply, outline) ?? unsaidTtl, settings.denial);
    case Rcode.NXDOMAIN:
      return lasting('denial', denialTtl(reply, outline), settings.denial);
    case Rcode.SERVFAIL:
    case Rcode.NOTIMP:
      return settings.servfailMs > 0 ? { kind: 'failure', ms: settings.servfailMs } : undefined;
    default:
      return undefined;
  }
}

function lasting(kind: Kind, ttl: number | undefined, { minTtl, maxTtl }: CacheShare): Lifetime | undefined {
  if (ttl === undefined) return undefined;
  const seconds = Math.min(Math.max(ttl, minTtl), maxTtl);
  return seconds > 0 ? { kind, ms: seconds * 1000 } : undefined;
}

/** Aliases that do not lead to the type are NODATA (RFC 2308 §2.2). */
const hasAnswer = (reply: Buffer, { heads, answers }: Outline, type: number): boolean =>
  type === Type.ANY ? answers > 0 : heads.slice(0, answers).some((head) => reply.readUInt16BE(head) === type);

const smallestTtl = (reply: Buffer, { heads }: Outline): number =>
  heads.reduce((least, head) => Math.min(least, reply.readUInt32BE(head + 4)), 0xffffffff);

/** Undefined without a SOA record. The field `minimum` stands at the end of its data. */
function denialTtl(reply: Buffer, outline: Outline): number | undefined {
  const { heads, ends, answers, authorities } = outline;
  for (let i = answers; i < answers + authorities; i++) {
    const [head, end] = [heads[i] as number, ends[i] as number];
    // Two names of one octet and five numbers are the least that a SOA record can be.
    if (reply.readUInt16BE(head) !== Type.SOA || end - head < 10 + 22) continue;
    return Math.min(smallestTtl(reply, outline), reply.readUInt32BE(end - 4));
  }
  return undefined;
}
