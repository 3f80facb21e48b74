// One exchange from a socket, within its limits: the number of requests in work and the time that each may take.

import { ApiError } from '#api/index.ts';
import type { HttpRequest, HttpResponse } from '#lib/http.ts';
import type { User } from './authentication.ts';
import type { Dispatcher } from './dispatch.ts';
import type { InFlight } from './in-flight.ts';
import { linkSignals } from './linked-signal.ts';
import { parseRequest } from './request.ts';

const readTimeoutMs = 60_000;
const writeTimeoutMs = 34_000;
/** Sub-resources that live as long as the client wants. */
const longRunning = new Set(['log', 'exec', 'attach', 'portforward', 'proxy']);

export async function exchange(
  dispatcher: Dispatcher,
  inFlight: InFlight,
  request: HttpRequest,
  user: User,
): Promise<HttpResponse> {
  const { verb, resource } = parseRequest(request.method, request.url);
  if (verb === 'watch' || longRunning.has(resource?.subresource ?? '')) return dispatcher.handle(request, user);
  const isRead = request.method === 'GET' || request.method === 'HEAD';
  const isExempt = user.groups.includes('system:masters');
  return inFlight.run(isRead ? 'read' : 'write', isExempt, () =>
    withTimeout(isRead ? readTimeoutMs : writeTimeoutMs, request, (limited) => dispatcher.handle(limited, user)),
  );
}

async function withTimeout<T>(
  ms: number,
  request: HttpRequest,
  work: (request: HttpRequest) => Promise<T>,
): Promise<T> {
  const limited = linkSignals([request.signal]);
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    const why = `the server was unable to answer ${request.method} ${request.url} within ${ms / 1000} seconds`;
    reject(new ApiError(504, 'Timeout', why));
    limited.abort();
  }, ms);
  try {
    return await Promise.race([work({ ...request, signal: limited.signal }), promise]);
  } finally {
    clearTimeout(timer);
    limited.unlink();
  }
}
