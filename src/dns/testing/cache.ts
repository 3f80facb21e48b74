// A cache in front of a scripted upstream, for tests that step time.

import { ManualClock } from '#lib/manual-clock.ts';
import { cacheDefaults } from '../config/directives/cache.ts';
import type { CacheSettings, ServeStale } from '../config/settings.ts';
import { Cache } from '../upstream/cache/index.ts';
import type { Inquiry } from '../upstream/relay.ts';
import type { Answer, Resolver } from '../upstream/resolver.ts';
import { Flag, parseName, Type } from '../wire/index.ts';

/** What `cache` means without a block. */
export const usualCache: CacheSettings = { ...cacheDefaults(), zones: [''] };

/** What `serve_stale` means without arguments. */
export const usualStale: ServeStale = {
  durationMs: 3_600_000,
  refresh: 'immediate',
  verifyTimeoutMs: 0,
  ttl: 0,
  recheckMs: 0,
  preferPositive: false,
};

/** `NAME TYPE` as a client asks it that says nothing special. */
export function inquiry(question: string, more: Partial<Inquiry> = {}): Inquiry {
  const [name = '', type = 'A'] = question.split(' ');
  const code = (Type as Record<string, number>)[type] ?? Number(type.replace('TYPE', ''));
  return { name: parseName(name), type: code, class: 1, flags: Flag.RD, edns: undefined, isTcp: false, ...more };
}

/** Answers as the test says, and remembers what it was asked. */
export class ScriptedUpstream implements Resolver {
  readonly asked: Inquiry[] = [];
  answer: (inquiry: Inquiry) => Answer | Promise<Answer>;

  constructor(answer: Answer | ((inquiry: Inquiry) => Answer | Promise<Answer>)) {
    this.answer = typeof answer === 'function' ? answer : () => answer;
  }

  async resolve(inquiry: Inquiry): Promise<Answer> {
    this.asked.push(inquiry);
    return this.answer(inquiry);
  }
}

export const labels = { server: 'dns://:53', zones: '.', view: '' };

export function cacheOf(upstream: Resolver, settings: Partial<CacheSettings> = {}) {
  const clock = new ManualClock();
  const cache = new Cache({ next: upstream, clock, labels }, { ...usualCache, ...settings });
  return { cache, clock };
}
