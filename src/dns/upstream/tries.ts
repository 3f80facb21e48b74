// One question and the servers that may answer it: who is asked, when the next one is, and which answer counts
// (spec/dns.md §8).

import { Rcode, rcodeOf } from '../wire/index.ts';
import type { Inquiry } from './relay.ts';
import type { Answer } from './resolver.ts';
import type { UpstreamServer } from './server.ts';

export interface Times {
  /** One try. */
  readonly tryMs: number;
  /** All tries of one question. */
  readonly totalMs: number;
  /** After this the next server is asked as well, where all are equal. */
  readonly hedgeMs: number;
}

export interface TriesOptions extends Times {
  /** Servers to ask, one after the other; the same may come again. */
  readonly servers: Iterator<UpstreamServer, void>;
  /** How many of the first may be asked while the one before is still silent. */
  readonly hedged: number;
  /** Rcodes after which the next server is asked; the last answer counts when there is none. */
  readonly failover: readonly number[];
  /** How many answers are looked at for that. */
  readonly answers: number;
}

/** A failure when nobody answered in time. Never rejects. */
export async function firstAnswer(inquiry: Inquiry, options: TriesOptions): Promise<Answer> {
  const { servers, failover, answers, tryMs, totalMs, hedgeMs, hedged } = options;
  const deadline = performance.now() + totalMs;
  const running = new Set<Promise<Answer>>();
  let best: Answer = { rcode: Rcode.SERVFAIL, reason: 'there is no server to ask' };
  let asked = 0;
  let answered = 0;
  for (;;) {
    const left = deadline - performance.now();
    const next = left >= 1 ? servers.next() : undefined;
    if (next && !next.done) {
      asked++;
      running.add(next.value.ask(inquiry, Math.min(tryMs, left)));
    }
    if (running.size === 0) return best;
    const answer = await firstOf(running, asked < hedged ? hedgeMs : undefined);
    if (answer === undefined) continue;
    if (Buffer.isBuffer(answer)) {
      best = answer;
      if (!failover.includes(rcodeOf(answer.readUInt16BE(2))) || ++answered >= answers) return answer;
    } else {
      if (answer.rcode !== Rcode.SERVFAIL) return answer;
      if (!Buffer.isBuffer(best)) best = answer;
    }
  }
}

/** The first that is settled, which is taken out; undefined when none is within `ms`. */
function firstOf<T>(running: Set<Promise<T>>, ms: number | undefined): Promise<T | undefined> {
  const [only] = running;
  if (running.size > 1 || ms !== undefined) return raced(running, ms);
  running.clear();
  return only as Promise<T>;
}

async function raced<T>(running: Set<Promise<T>>, ms: number | undefined): Promise<T | undefined> {
  const late = Promise.withResolvers<undefined>();
  const timer = ms === undefined ? undefined : setTimeout(() => late.resolve(undefined), ms);
  try {
    // In an array: a promise in a promise would be one.
    const first = await Promise.race([...[...running].map((each) => each.then(() => [each] as const)), late.promise]);
    if (!first) return undefined;
    running.delete(first[0]);
    return await first[0];
  } finally {
    clearTimeout(timer);
  }
}
