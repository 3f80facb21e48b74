// Exchanges of components that live in this process: no socket, no limits, but the same rights, and counted like all others.

import type { HttpRequest, HttpResponse } from '#lib/http.ts';
import type { User } from './authentication.ts';
import type { Dispatcher } from './dispatch.ts';
import type { RequestMetrics } from './metrics/requests.ts';
import { isLongRunning, parseRequest, type RequestInfo } from './request.ts';
import { errorResponse } from './respond.ts';

export async function exchangeInProcess(
  { dispatcher, requests }: { dispatcher: Dispatcher; requests: RequestMetrics },
  request: HttpRequest,
  user: User,
): Promise<HttpResponse> {
  let info: RequestInfo;
  try {
    info = parseRequest(request.method, request.url);
  } catch (error) {
    return errorResponse(error, request);
  }
  const running = requests.begin(info, request.headers['content-type'], isLongRunning(info));
  const response = await dispatcher.handle(request, user, info);
  if (!running) return response;
  const { status, body } = response;
  if (body instanceof Uint8Array) {
    running.end(status, body.length);
    return response;
  }
  return { ...response, body: noticingEnd(body, () => running.end(status, undefined)) };
}

/** The same stream; `onEnd` is called once, when it has been read to its end or nobody reads on. */
function noticingEnd(body: AsyncIterable<Uint8Array>, onEnd: () => void): AsyncIterable<Uint8Array> {
  return {
    [Symbol.asyncIterator]() {
      const inner = body[Symbol.asyncIterator]();
      let isOver = false;
      const end = () => {
        if (!isOver) onEnd();
        isOver = true;
      };
      return {
        async next() {
          try {
            const result = await inner.next();
            if (result.done) end();
            return result;
          } catch (error) {
            end();
            throw error;
          }
        },
        async return() {
          end();
          await inner.return?.();
          return { done: true, value: undefined };
        },
      };
    },
  };
}
