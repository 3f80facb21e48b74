// A request's body, whole and within the limit. What is too large is refused without being kept.

import { tooLarge } from '#api/index.ts';
import { bodyLimit } from './body.ts';
import type { Incoming } from './listener.ts';

export async function readBody(incoming: Incoming): Promise<Uint8Array | undefined> {
  if (Number(incoming.headers['content-length'] ?? 0) > bodyLimit) throw tooLarge(bodyLimit);
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > bodyLimit) throw tooLarge(bodyLimit);
    chunks.push(chunk);
  }
  if (size === 0) return undefined;
  return chunks.length === 1 ? chunks[0] : Buffer.concat(chunks, size);
}
