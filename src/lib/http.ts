// The shape of an HTTP exchange as the client and the API server's handler see it. Smaller than the web's Request and
// Response on purpose: it costs nothing when both sides live in one process, and a watch is just an async iterable.

export interface HttpRequest {
  readonly method: string;
  /** Path and query, for example `/api/v1/pods?limit=500`. */
  readonly url: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | undefined;
  /** A body that is still on its way, instead of `body`: for what passes it on unread. Leaving it half read is no harm. */
  readonly stream?: AsyncIterable<Uint8Array> | undefined;
  /** Of a client that came over a socket. */
  readonly clientAddress?: string | undefined;
  /** Aborting ends the exchange, a streaming body included. */
  readonly signal?: AbortSignal | undefined;
}

export interface HttpResponse {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Values of Set-Cookie, the one header that cannot be joined. */
  readonly cookies?: readonly string[] | undefined;
  /** One buffer, or a stream (watch, logs) that ends when the server ends it or the request's signal aborts. */
  readonly body: Uint8Array | AsyncIterable<Uint8Array>;
  /** Of a stream: it is long, not slow. Nobody waits for its single pieces, so they may be held back and compressed. */
  readonly isBulk?: boolean | undefined;
}

/** Performs one exchange. Rejects only when no response could be had; a status of 400 or more is a response. */
export type Fetch = (request: HttpRequest) => Promise<HttpResponse>;
