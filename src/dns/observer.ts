// Who is told of queries and of what became of them: metrics, the query log, the log of failures. All of it happens between
// a packet and its response, so observers count or take note and leave the rest for later.

import type { Answered } from './chain.ts';
import type { Client, Request, Response } from './handler.ts';
import type { Query } from './wire/index.ts';

/** Of the queries of one zone of a server block. Must not throw. */
export interface Observer {
  /** @param ms since the packet was read. */
  onAnswer(request: Request, answered: Answered, ms: number): void;
}

/** Of why a server block's queries could not be answered. Must not throw. */
export interface FailureObserver {
  /** @param reason in words. */
  onFailure(query: Query, rcode: number, reason: string): void;
}

/** A packet that no server block was asked for. */
export interface Dropped {
  readonly packet: Buffer;
  /** Undefined when it could not be read. */
  readonly query: Query | undefined;
  readonly client: Client;
  readonly isTcp: boolean;
  /** Undefined: it was met with silence. */
  readonly response: Response | undefined;
}

/** Of all packets of an address. Must not throw. */
export interface PacketObserver {
  onDropped?(dropped: Dropped, ms: number): void;
  /** A handler failed; the client gets SERVFAIL. */
  onFault?(): void;
}
