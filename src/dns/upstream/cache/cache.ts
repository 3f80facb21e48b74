// Answers of other servers, given again while they hold (spec/dns.md §9): what is known is given at once, what is not is
// asked. A Resolver in front of a Resolver, so whoever asks does not see it.

import { type Clock, systemClock } from '#lib/clock.ts';
import type { Metric } from '#lib/metrics.ts';
import type { Component } from '../../component.ts';
import type { CacheSettings } from '../../config/settings.ts';
import { isWithin } from '../../wire/index.ts';
import type { Inquiry } from '../relay.ts';
import type { Answer, Resolver } from '../resolver.ts';
import { type CacheLabels, Counts, cacheMetrics } from './cache-metrics.ts';
import { Entries } from './entries.ts';
import type { SharedParts } from './parts.ts';
import { read } from './reading.ts';
import { Renewals } from './renewals.ts';
import { isKeepable, keyOf, keyOfFailure, wantsRecursion } from './sharing.ts';

export class Cache implements Component, Resolver {
  readonly name = 'cache';
  readonly #parts: SharedParts;
  readonly #renewals: Renewals;
  readonly #labels: CacheLabels;

  /** @param parts.next asked for what is not known. */
  constructor(parts: { next: Resolver; labels: CacheLabels; clock?: Clock | undefined }, settings: CacheSettings) {
    const { next, labels, clock = systemClock } = parts;
    this.#parts = { next, clock, settings, entries: new Entries(settings), counts: new Counts() };
    this.#renewals = new Renewals(this.#parts);
    this.#labels = labels;
  }

  resolve(inquiry: Inquiry): Answer | Promise<Answer> {
    const { next, clock, settings, entries, counts } = this.#parts;
    if (!isKeepable(inquiry) || !settings.zones.some((zone) => isWithin(inquiry.name, zone))) {
      return next.resolve(inquiry);
    }
    counts.requests++;
    const key = keyOf(inquiry);
    const now = clock.now().getTime();
    const entry = entries.find(key, now);
    if (!entry) return this.#ask(inquiry, key, now);
    counts.hit(entry);
    if (entry.left(now) <= 0) return this.#renewals.stale(key, entry, now);
    this.#renewals.alive(key, entry, now);
    return entry.message(settings.keepTtl ? entry.ttl : entry.ttlLeft(now));
  }

  metrics(): Iterable<Metric> {
    return cacheMetrics(this.#labels, this.#parts);
  }

  #ask(inquiry: Inquiry, key: string, now: number): Answer | Promise<Answer> {
    const { next, entries, counts } = this.#parts;
    const failure = entries.findFailure(keyOfFailure(inquiry), now);
    if (failure) {
      counts.hit(failure);
      return failure.message(failure.ttlLeft(now));
    }
    counts.misses++;
    const answer = next.resolve(inquiry);
    return answer instanceof Promise
      ? answer.then((later) => this.#keep(inquiry, key, later))
      : this.#keep(inquiry, key, answer);
  }

  /** What the client gets. */
  #keep(inquiry: Inquiry, key: string, answer: Answer): Answer {
    const { entry } = wantsRecursion(inquiry) ? read(this.#parts, inquiry, answer) : {};
    if (!entry) return answer;
    const { entries } = this.#parts;
    if (entry.lifetime.kind === 'failure') entries.setFailure(keyOfFailure(inquiry), entry);
    else entries.set(key, entry);
    return entry.asCame();
  }
}
