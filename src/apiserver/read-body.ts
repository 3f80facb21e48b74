// A request's body, whole and within its limits of size and time. What is too large is refused without being kept, and
// what nobody wants is read and dropped for a moment, because a client that still writes may not see its answer.

import { tooLarge } from '#api/index.ts';
import { bodyLimit } from './body.ts';
import type { Incoming } from './incoming.ts';

/** How much of an unwanted body is dropped before the answer, and for how long. */
const discardBytes = 4 * 1024 * 1024;
const discardMs = 500;

/** Whether there is, or may yet come, a body. */
function hasBody(incoming: Incoming): boolean {
  if ('stream' in incoming) return !incoming.stream.endAfterHeaders;
  const { 'content-length': length, 'transfer-encoding': encoding } = incoming.headers;
  return encoding !== undefined || (length !== undefined && length !== '0');
}

/** A body to pass on. Who stops reading it leaves the connection as it is. Undefined when there is none. */
export const streamBody = (incoming: Incoming): AsyncIterable<Uint8Array> | undefined =>
  hasBody(incoming) ? incoming.iterator({ destroyOnReturn: false }) : undefined;

/** Whether all of a body has come, or there is none. */
export const isBodyComplete = (incoming: Incoming): boolean => !hasBody(incoming) || isComplete(incoming);

/** Throws 413; the signal's reason when it aborts; an Error when the client is gone. */
export async function readBody(incoming: Incoming, signal?: AbortSignal): Promise<Uint8Array | undefined> {
  if (!hasBody(incoming)) return undefined;
  if (Number(incoming.headers['content-length'] ?? 0) > bodyLimit) throw tooLarge(bodyLimit);
  const chunks: Buffer[] = [];
  let size = 0;
  await consume(incoming, signal, (chunk) => {
    size += chunk.length;
    if (size > bodyLimit) throw tooLarge(bodyLimit);
    chunks.push(chunk);
  });
  if (size === 0) return undefined;
  return chunks.length === 1 ? chunks[0] : Buffer.concat(chunks, size);
}

/** Drops what is left of a body, within reason. Resolves with whether all of it has come: else the connection is spoilt. */
export async function discardBody(incoming: Incoming): Promise<boolean> {
  if (isBodyComplete(incoming)) return true;
  let size = 0;
  try {
    await consume(incoming, AbortSignal.timeout(discardMs), (chunk) => {
      size += chunk.length;
      if (size > discardBytes) throw new Error('there is more to drop than is worth it');
    });
    return true;
  } catch {
    return false;
  }
}

const isComplete = (incoming: Incoming): boolean =>
  'stream' in incoming ? incoming.readableEnded || incoming.stream.destroyed : incoming.complete;

/** Feeds a body to `take` until its end. What `take` throws ends the reading, not the connection. */
function consume(incoming: Incoming, signal: AbortSignal | undefined, take: (chunk: Buffer) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (settle: () => void) => {
      incoming.off('data', onData).off('end', onEnd).off('error', onError).off('close', onClose);
      signal?.removeEventListener('abort', onAbort);
      incoming.pause();
      settle();
    };
    const onData = (chunk: Buffer) => {
      try {
        take(chunk);
      } catch (error) {
        stop(() => reject(error));
      }
    };
    const onEnd = () => stop(resolve);
    const onError = (error: Error) => stop(() => reject(error));
    const onClose = () => stop(() => reject(new Error('the client went away in the middle of its request')));
    const onAbort = () => stop(() => reject(signal?.reason));
    if (signal?.aborted) return reject(signal.reason);
    if (incoming.destroyed) return reject(new Error('the client is gone'));
    signal?.addEventListener('abort', onAbort, { once: true });
    incoming.on('data', onData).on('end', onEnd).on('error', onError).on('close', onClose);
    incoming.resume();
  });
}
