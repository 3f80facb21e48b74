// The connections to one server by one transport. They are kept for the next questions and closed when idle; a further one
// is opened when all are busy. So one silent or slow server costs a bounded number of sockets.

import { type Connection, ConnectionClosed, NoReply, type Open } from './connection.ts';
import type { Inquiry } from './relay.ts';

export interface PoolLimits {
  /** Connections at once; beyond that they are shared by more questions. */
  readonly connections: number;
  /** Questions under way on each before another one is opened. */
  readonly busy: number;
  /** Questions after which a connection is replaced, and how old it may be: for UDP, whose port must not be found out. */
  readonly questions: number;
  readonly ageMs: number;
  readonly idleMs: number;
}

export interface PoolParts {
  readonly open: Open;
  /** Told of every question whether it found a connection open. */
  readonly onTake?: ((isHit: boolean) => void) | undefined;
}

/** A server that restarted has closed all of them; a question tries so many before it gives up. */
const maxLost = 3;

export class Pool {
  readonly #parts: PoolParts;
  readonly #limits: PoolLimits;
  readonly #members = new Set<Member>();
  readonly #openingTime = new OpeningTime();
  #isClosed = false;

  constructor(parts: PoolParts, limits: PoolLimits) {
    this.#parts = parts;
    this.#limits = limits;
  }

  /** As {@link Connection.ask}, the time for a connection included. */
  async ask(inquiry: Inquiry, timeoutMs: number): Promise<Buffer> {
    const deadline = performance.now() + timeoutMs;
    for (let lost = 0; ; lost++) {
      const member = this.#choose();
      const wasOpen = member.connection !== undefined;
      this.#parts.onTake?.(wasOpen);
      member.begin();
      try {
        const connection = member.connection ?? (await within(deadline - performance.now(), member.opening));
        return await connection.ask(inquiry, Math.max(1, deadline - performance.now()));
      } catch (error) {
        member.onError(error);
        // The server had closed it meanwhile, which says nothing of this question.
        if (!(wasOpen && error instanceof ConnectionClosed && lost < maxLost)) throw error;
      } finally {
        member.end();
        if (this.#isClosed) member.retire();
      }
    }
  }

  /** Questions under way are still answered. */
  close(): void {
    this.#isClosed = true;
    for (const member of this.#members) member.retire();
  }

  #choose(): Member {
    let best: Member | undefined;
    let least: Member | undefined;
    for (const member of this.#members) {
      if (!least || member.load < least.load) least = member;
      if (!member.isRetired && (!best || member.load < best.load)) best = member;
    }
    if (best && best.load < this.#limits.busy) return best;
    if (!least || this.#members.size < this.#limits.connections) return this.#add();
    return best ?? least;
  }

  #add(): Member {
    const { open } = this.#parts;
    const member: Member = new Member(this.#limits, {
      open: (onEnd) => this.#openingTime.measure((timeoutMs) => open({ timeoutMs, onEnd })),
      onEnd: () => this.#members.delete(member),
    });
    this.#members.add(member);
    return member;
  }
}

/** How long opening may take: twice what it took lately, 1 to 30 s. */
class OpeningTime {
  #averageMs = 15_000;

  async measure<T>(open: (timeoutMs: number) => Promise<T>): Promise<T> {
    const startedAt = performance.now();
    try {
      return await open(Math.min(Math.max(2 * this.#averageMs, 1000), 30_000));
    } finally {
      this.#averageMs += (performance.now() - startedAt - this.#averageMs) / 4;
    }
  }
}

/** A connection that is being opened, open, or retired: then it takes no more questions and is closed after the last. */
class Member {
  readonly #limits: PoolLimits;
  readonly opening: Promise<Connection>;
  /** Once it is open. */
  connection: Connection | undefined;
  readonly #onEnd: () => void;
  readonly #idle: NodeJS.Timeout;
  readonly #openedAt = performance.now();
  #asked = 0;
  #isRetired = false;
  #isEnded = false;
  /** Questions under way. */
  load = 0;

  constructor(limits: PoolLimits, parts: { open: (onEnd: () => void) => Promise<Connection>; onEnd: () => void }) {
    this.#limits = limits;
    this.#onEnd = parts.onEnd;
    this.#idle = setTimeout(() => this.#onIdle(), limits.idleMs);
    this.opening = parts.open(() => this.#close());
    this.opening.then(
      (connection) => {
        this.connection = connection;
        if (this.#isEnded) connection.close();
      },
      () => this.#close(),
    );
  }

  get isRetired(): boolean {
    const { questions, ageMs } = this.#limits;
    this.#isRetired ||= this.#asked >= questions || performance.now() - this.#openedAt > ageMs;
    return this.#isRetired;
  }

  begin(): void {
    this.load++;
    this.#asked++;
  }

  /** Of a question on it. */
  onError(error: unknown): void {
    // It may be dead without our knowing. Nobody who asks next has to find out.
    if (error instanceof NoReply) this.#isRetired = true;
    if (error instanceof ConnectionClosed) this.#close();
  }

  end(): void {
    this.load--;
    if (this.load === 0 && this.isRetired) this.#close();
    else this.#idle.refresh();
  }

  retire(): void {
    this.#isRetired = true;
    if (this.load === 0) this.#close();
  }

  #onIdle(): void {
    if (this.load > 0) this.#idle.refresh();
    else this.#close();
  }

  #close(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#isRetired = true;
    clearTimeout(this.#idle);
    this.#onEnd();
    this.connection?.close();
  }
}

async function within<T>(ms: number, promise: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`no connection within ${Math.ceil(ms)} ms`)), Math.max(1, ms));
  try {
    return await Promise.race([promise, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
