// One question and the servers that may answer it: who is asked, when the next one is, and which answer counts
// (spec/dns.md §8).

import { Rcode, rcodeOf } from '../wire/index.ts';
import { OtherQuestion } from './connection.ts';
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
  readonly onFailure: (server: UpstreamServer, error: unknown) => void;
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
      const attempt = ask(next.value, inquiry, Math.min(tryMs, left), options).finally(() => running.delete(attempt));
      running.add(attempt);
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

/** SERVFAIL when there was no answer: another server may have one. */
async function ask(
  server: UpstreamServer,
  inquiry: Inquiry,
  timeoutMs: number,
  { onFailure }: TriesOptions,
): Promise<Answer> {
  try {
    return await server.ask(inquiry, timeoutMs);
  } catch (error) {
    onFailure(server, error);
    const rcode = error instanceof OtherQuestion ? Rcode.FORMERR : Rcode.SERVFAIL;
    return { rcode, reason: `${server.name}: ${(error as Error).message}` };
  }
}

/** The first that is settled; undefined also when none is within `ms`. */
async function firstOf<T>(running: ReadonlySet<Promise<T>>, ms: number | undefined): Promise<T | undefined> {
  if (ms === undefined) return await Promise.race(running);
  const waited = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => waited.resolve(undefined), ms);
  try {
    return await Promise.race([...running, waited.promise]);
  } finally {
    clearTimeout(timer);
  }
}
