// The body of a long answer: one buffer while it is short, else a stream of pieces of a good size, made as the client reads
// them. So a list of a hundred thousand objects needs no copy of all their bytes, and others have their turn meanwhile.

/** Answers up to this size are worth no stream: as large as what is sent uncompressed (api.md §1). */
const bufferLimit = 128 * 1024;
const pieceSize = 64 * 1024;

export type Body = Uint8Array | AsyncIterable<Uint8Array>;

/** `{…head, "field": [items]}`, of items that are JSON already. */
export function listBody(head: object, field: string, items: Iterable<Uint8Array>): Body {
  const pieces = joined(head, field, items);
  const first: Uint8Array[] = [];
  let size = 0;
  for (let next = pieces.next(); !next.done; next = pieces.next()) {
    first.push(next.value);
    size += next.value.length;
    if (size > bufferLimit) return stream(Buffer.concat(first, size), pieces);
  }
  return Buffer.concat(first, size);
}

const comma = Buffer.from(',');
const end = Buffer.from(']}\n');

function* joined(head: object, field: string, items: Iterable<Uint8Array>): Generator<Uint8Array> {
  yield Buffer.from(`${JSON.stringify(head).slice(0, -1)},${JSON.stringify(field)}:[`);
  let isFirst = true;
  for (const item of items) {
    if (!isFirst) yield comma;
    isFirst = false;
    yield item;
  }
  yield end;
}

async function* stream(first: Uint8Array, rest: Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield first;
  yield* gathered(rest);
}

/** The same bytes in pieces of at least 64 KiB, the last excepted. */
export function* gathered(parts: Iterable<Uint8Array>): Generator<Uint8Array> {
  let waiting: Uint8Array[] = [];
  let size = 0;
  for (const part of parts) {
    waiting.push(part);
    size += part.length;
    if (size < pieceSize) continue;
    yield Buffer.concat(waiting, size);
    waiting = [];
    size = 0;
  }
  if (size > 0) yield Buffer.concat(waiting, size);
}
