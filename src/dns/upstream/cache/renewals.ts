// Entries that are asked for again before somebody misses them: popular ones shortly before their end (`prefetch`), and
// stale ones while they are still given (`serve_stale`, RFC 8767). One renewal of an entry at a time, by the inquiry that
// the entry came from; one that fails leaves the entry as it is.

import type { ServeStale } from '../../config/settings.ts';
import type { Answer } from '../resolver.ts';
import { type Entry, seconds } from './entry.ts';
import type { SharedParts } from './parts.ts';
import { type Reading, read } from './reading.ts';

/** A server that fails is not asked more often for an entry, whatever the settings say. */
const minPauseMs = 1000;
/** Clients that wait for a verification; further ones get what is there. */
const maxWaiting = 1000;

export class Renewals {
  readonly #parts: SharedParts;
  #waiting = 0;

  constructor(parts: SharedParts) {
    this.#parts = parts;
  }

  /** An entry that is alive was asked for. */
  alive(key: string, entry: Entry, now: number): void {
    const { prefetch } = this.#parts.settings;
    if (!prefetch || prefetch.amount <= 0) return;
    entry.hits = now - entry.lastHitAt > prefetch.durationMs ? 1 : entry.hits + 1;
    entry.lastHitAt = now;
    const isLate = entry.ttlLeft(now) <= seconds((entry.lifetime.ms * prefetch.percentage) / 100);
    if (isLate && entry.hits >= prefetch.amount && mayRenew(entry, now)) {
      this.#parts.counts.prefetches++;
      this.#begin(key, entry);
    }
  }

  /** An entry that is stale was asked for, one that may still be given. */
  stale(key: string, entry: Entry, now: number): Answer | Promise<Answer> {
    const { refresh, ttl } = this.#parts.settings.serveStale as ServeStale;
    const { counts } = this.#parts;
    const isVerified = refresh === 'verify' && this.#waiting < maxWaiting;
    if (mayRenew(entry, now)) {
      if (!isVerified) counts.prefetches++;
      this.#begin(key, entry);
    }
    if (isVerified && entry.renewal) return this.#verified(entry, entry.renewal);
    counts.servedStale++;
    return entry.message(ttl);
  }

  async #verified(entry: Entry, renewal: Promise<Buffer | undefined>): Promise<Answer> {
    const { verifyTimeoutMs, ttl } = this.#parts.settings.serveStale as ServeStale;
    this.#waiting++;
    const renewed = await (verifyTimeoutMs > 0 ? this.#within(verifyTimeoutMs, renewal) : renewal);
    this.#waiting--;
    if (renewed) return renewed;
    this.#parts.counts.servedStale++;
    return entry.message(ttl);
  }

  /** Undefined when it takes longer. */
  async #within<T>(ms: number, promise: Promise<T>): Promise<T | undefined> {
    const timer = new AbortController();
    const late = this.#parts.clock.sleep(ms, timer.signal).then(
      () => undefined,
      () => undefined,
    );
    const first = await Promise.race([promise, late]);
    timer.abort();
    return first;
  }

  #begin(key: string, entry: Entry): void {
    entry.renewal = this.#renew(key, entry).finally(() => {
      entry.renewal = undefined;
    });
  }

  /** The new message; undefined when none was to be had. */
  async #renew(key: string, entry: Entry): Promise<Buffer | undefined> {
    const { next, clock, settings, entries } = this.#parts;
    const answer = await next.resolve(entry.inquiry);
    const reading = read(this.#parts, entry.inquiry, answer);
    if (!Buffer.isBuffer(answer) || !this.#replaces(entry, reading)) {
      entry.retryAt = clock.now().getTime() + Math.max(settings.serveStale?.recheckMs ?? 0, minPauseMs);
      return undefined;
    }
    const renewed = reading.entry;
    if (!renewed) {
      entries.delete(key);
      return answer;
    }
    renewed.hits = entry.hits;
    renewed.lastHitAt = entry.lastHitAt;
    entries.set(key, renewed);
    return renewed.asCame();
  }

  #replaces(entry: Entry, { entry: renewed, isConclusive }: Reading): boolean {
    const { preferPositive = false } = this.#parts.settings.serveStale ?? {};
    if (preferPositive && entry.lifetime.kind === 'success') return renewed?.lifetime.kind === 'success';
    return isConclusive;
  }
}

const mayRenew = (entry: Entry, now: number): boolean => !entry.renewal && now >= entry.retryAt;
