// Reading a response body that is one buffer or a stream: whole, or line by line as a watch sends its events.

/** Larger answers, and longer lines of a watch, are a fault of the server, not something to buffer. */
const bodyLimit = 512 * 1024 * 1024;
const lineLimit = 64 * 1024 * 1024;

type Body = Uint8Array | AsyncIterable<Uint8Array>;

export async function readAll(body: Body): Promise<Buffer> {
  if (body instanceof Uint8Array) return Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > bodyLimit) throw new Error(`the server's answer is larger than ${bodyLimit} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
}

/** The non-empty lines of a body, as they become complete. */
export async function* lines(body: Body): AsyncGenerator<string> {
  let pending: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body instanceof Uint8Array ? [body] : body) {
    let start = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, start)) {
      const line = Buffer.concat([...pending, chunk.subarray(start, end)]).toString();
      pending = [];
      size = 0;
      start = end + 1;
      if (line) yield line;
    }
    if (start === chunk.length) continue;
    size += chunk.length - start;
    if (size > lineLimit) throw new Error(`a watch event of the server is longer than ${lineLimit} bytes`);
    pending.push(chunk.subarray(start));
  }
  // A line that the connection's end cut off is not an event.
}
