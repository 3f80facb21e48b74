// cache [TTL] [ZONES...]: answers of upstream servers are kept. Cluster names need none: their answers are ready to send.

import type { Line } from '../line.ts';
import type { CacheSettings, CacheShare, ServeStale } from '../settings.ts';
import { durationMs, isWholeNumber, oneOf, seconds, wholeNumber, zonesOf } from '../values.ts';
import { once } from './reader.ts';

const defaultCapacity = 9984;
/** A smaller cache would evict more than it keeps. */
const leastCapacity = 1024;
/** Beyond this a TTL is no TTL (RFC 2181 §8). */
const longestTtl = 2 ** 31 - 1;

type Kind = 'success' | 'denial';

/** Kept no longer than what other servers say, nor than `ttl` seconds. */
export const cacheDefaults = (ttl?: number): Omit<CacheSettings, 'zones'> => ({
  success: { capacity: defaultCapacity, maxTtl: ttl ?? 3600, minTtl: 5, disabled: [] },
  denial: { capacity: defaultCapacity, maxTtl: ttl ?? 1800, minTtl: 5, disabled: [] },
  servfailMs: 5000,
  keepTtl: false,
});

export const cache = once((line, block): CacheSettings => {
  const [ttl, zones] = ttlAndZones(line);
  const usual = cacheDefaults(ttl);
  const shares: Record<Kind, CacheShare> = { success: usual.success, denial: usual.denial };
  const readShare = (kind: Kind) => (property: Line) => {
    shares[kind] = shareOf(property, shares[kind]);
  };
  let { servfailMs, keepTtl } = usual;
  let prefetch: CacheSettings['prefetch'];
  let serveStale: ServeStale | undefined;
  let stalePolicy: Line | undefined;
  line.readProperties({
    success: readShare('success'),
    denial: readShare('denial'),
    prefetch: (property) => {
      prefetch = prefetchOf(property);
    },
    serve_stale: (property) => {
      serveStale = serveStaleOf(property);
    },
    serve_stale_policy: (property) => {
      oneOf(property, property.oneArgument('prefer_positive'), ['prefer_positive']);
      stalePolicy = property;
    },
    servfail: (property) => {
      // RFC 2308 §7.1 allows no more than five minutes.
      servfailMs = durationMs(property, property.oneArgument('a duration'), 0, 'up to 5m', 300_000);
    },
    disable: (property) => {
      const [kind, ...names] = property.someArguments('success or denial, and zones');
      const share = oneOf(property, kind, ['success', 'denial']);
      shares[share] = { ...shares[share], disabled: names.length === 0 ? [''] : zonesOf(property, names) };
    },
    keepttl: (property) => {
      property.noArguments();
      keepTtl = true;
    },
  });
  if (stalePolicy && !serveStale) throw stalePolicy.problem('serve_stale_policy needs serve_stale');
  if (serveStale && stalePolicy) serveStale = { ...serveStale, preferPositive: true };
  return { zones: zones ?? block.zones, ...shares, servfailMs, prefetch, serveStale, keepTtl };
});

/** The first argument is a TTL when it is a number. */
function ttlAndZones(line: Line): [ttl: number | undefined, zones: CacheSettings['zones'] | undefined] {
  const [first = ''] = line.args;
  const hasTtl = isWholeNumber(first);
  const names = hasTtl ? line.args.slice(1) : line.args;
  return [
    hasTtl ? seconds(line, first, 1, longestTtl) : undefined,
    names.length === 0 ? undefined : zonesOf(line, names),
  ];
}

function shareOf(property: Line, share: CacheShare): CacheShare {
  property.someArguments('a capacity, the longest TTL, the shortest TTL');
  const [capacity, maxTtl, minTtl] = property.upToArguments(3, 'a capacity, the longest TTL, the shortest TTL');
  return {
    ...share,
    capacity: Math.max(wholeNumber(property, capacity as string, 0, 2 ** 24), leastCapacity),
    maxTtl: maxTtl === undefined ? share.maxTtl : seconds(property, maxTtl, 1, longestTtl),
    minTtl: minTtl === undefined ? share.minTtl : seconds(property, minTtl, 0, longestTtl),
  };
}

function prefetchOf(property: Line): CacheSettings['prefetch'] {
  property.someArguments('an amount, a duration, a percentage');
  const [amount = '', duration = '1m', share = '10%'] = property.upToArguments(
    3,
    'an amount, a duration, a percentage',
  );
  const percentage = /^\d{2}%$/.test(share) ? Number.parseInt(share, 10) : Number.NaN;
  if (!(percentage >= 10 && percentage <= 90)) throw property.mustBe(share, 'a percentage from 10% to 90%');
  const prefetch = { amount: wholeNumber(property, amount, 0), durationMs: durationMs(property, duration), percentage };
  return prefetch.amount === 0 ? undefined : prefetch;
}

/** serve_stale [DURATION [immediate|verify [VERIFY_TIMEOUT] [TTL [RECHECK]]]]: only `verify` has a timeout. */
function serveStaleOf(property: Line): ServeStale {
  const [duration = '1h', mode = 'immediate', ...more] = property.args;
  const refresh = oneOf(property, mode.toLowerCase(), ['immediate', 'verify']);
  const [timeout = '0s', ttl = '0s', recheck = '0s'] = refresh === 'verify' ? more : ['0s', ...more];
  property.upToArguments(refresh === 'verify' ? 5 : 4, 'how long, how it is renewed, and times');
  const ttlMs = durationMs(property, ttl);
  if (ttlMs % 1000 !== 0) throw property.mustBe(ttl, 'whole seconds: it is the TTL of stale records');
  return {
    durationMs: durationMs(property, duration),
    refresh,
    verifyTimeoutMs: durationMs(property, timeout),
    ttl: ttlMs / 1000,
    recheckMs: durationMs(property, recheck, 0, 'up to 5m', 300_000),
    preferPositive: false,
  };
}
