// What a server block is made of: handlers that are asked in turn. A handler answers in octets ready to send, at once for
// everything that it knows, with a promise only when somebody else has to be asked.

import type { Query } from './wire/index.ts';

export interface Client {
  /** Numeric. */
  readonly address: string;
  readonly port: number;
}

export interface Request {
  readonly query: Query;
  readonly client: Client;
  /** By TCP, TLS or HTTPS: no response is too large, and a zone may be transferred. */
  readonly isTcp: boolean;
  /** The largest response that the client takes, in octets. */
  readonly limit: number;
  /** 0 for what a client asks; one more for each name that is looked up on the way to its answer. */
  readonly depth: number;
}

/** One message; or the messages of a zone transfer, made one by one as the client takes them. */
export type Response = Uint8Array | Iterable<Uint8Array>;

/** The client hears nothing. */
export const silence: Response = new Uint8Array(0);

/** Undefined: not mine, or it falls through. The next handler is asked. */
export type Handled = Response | undefined;

export interface Handler {
  /** The directive of a Corefile that it belongs to: so metrics and logs call it. */
  readonly name: string;
  /** May throw or reject: the client then gets SERVFAIL. */
  handle(request: Request): Handled | Promise<Handled>;
}
