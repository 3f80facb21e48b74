// One exchange from a socket, within its limits (api.md §1): the number of requests in work, counted before a body is read,
// and the time that each may take, its body included. Rights are looked at before the body as well.

import { ApiError, badRequest } from '#api/index.ts';
import { parseGoDuration } from '#lib/go-duration.ts';
import type { HttpRequest, HttpResponse } from '#lib/http.ts';
import type { User } from './authentication.ts';
import { authorize } from './authorization.ts';
import type { Dispatcher } from './dispatch.ts';
import type { InFlight } from './in-flight.ts';
import { linkSignals } from './linked-signal.ts';
import { isLongRunning, type RequestInfo } from './request.ts';

export interface TimeLimits {
  readonly readMs: number;
  readonly writeMs: number;
}
export const defaultTimeLimits: TimeLimits = { readMs: 60_000, writeMs: 34_000 };

export interface ExchangeParts {
  readonly dispatcher: Dispatcher;
  readonly inFlight: InFlight;
  readonly limits: TimeLimits;
}

export interface Asked {
  /** Without its body. */
  readonly request: HttpRequest;
  readonly user: User;
  readonly info: RequestInfo;
  readonly readBody: (signal?: AbortSignal) => Promise<Uint8Array | undefined>;
  /** What else a request has that somebody else will answer. */
  readonly passOn: () => Pick<HttpRequest, 'stream' | 'clientAddress'>;
}

/** Throws what is refused before the dispatcher has seen it. */
export async function exchange({ dispatcher, inFlight, limits }: ExchangeParts, asked: Asked): Promise<HttpResponse> {
  const { request, user, info, readBody } = asked;
  if (isLongRunning(info)) {
    authorize(user, info);
    const isPassedOn = info.resource?.subresource === 'proxy';
    return dispatcher.dispatch(isPassedOn ? { ...request, ...asked.passOn() } : request, user, info);
  }
  const isRead = request.method === 'GET' || request.method === 'HEAD';
  return withTimeout(timeoutOf(info, isRead, limits), request, (limited) =>
    inFlight.run(isRead ? 'read' : 'write', user.groups.includes('system:masters'), async () => {
      authorize(user, info);
      const body = isRead ? undefined : await readBody(limited.signal);
      return dispatcher.dispatch(body ? { ...limited, body } : limited, user, info);
    }),
  );
}

interface Timeout {
  readonly ms: number;
  readonly message: string;
}

/** Clients may ask for less time than there is; for more, and for none, they are not heard. */
function timeoutOf({ query }: RequestInfo, isRead: boolean, { readMs, writeMs }: TimeLimits): Timeout {
  const most = isRead ? readMs : writeMs;
  const message = isRead
    ? 'Timeout: request did not complete within the allotted timeout'
    : 'Timeout: request did not complete within requested timeout - context deadline exceeded';
  const wanted = query.get('timeout');
  if (!wanted) return { ms: most, message };
  try {
    const ms = parseGoDuration(wanted);
    return { ms: ms > 0 && ms < most ? ms : most, message };
  } catch (error) {
    throw badRequest(`invalid timeout specified in the request URL - ${(error as Error).message}`);
  }
}

async function withTimeout<T>(
  { ms, message }: Timeout,
  request: HttpRequest,
  work: (request: HttpRequest) => Promise<T>,
): Promise<T> {
  const limited = linkSignals([request.signal]);
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    reject(new ApiError(504, 'Timeout', message, {}));
    limited.abort();
  }, ms);
  const worked = work({ ...request, signal: limited.signal });
  // When it is late, whatever it still comes to is nobody's concern.
  worked.catch(() => {});
  try {
    return await Promise.race([worked, late]);
  } finally {
    clearTimeout(timer);
    limited.unlink();
  }
}
