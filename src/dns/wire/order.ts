// The order of addresses in a finished message (RFC 1794): changed in place, octet for octet, so that it costs the same
// whoever wrote the message.

import { headerSize, Type } from './codes.ts';
import { Reader } from './reader.ts';

interface Run {
  readonly start: number;
  readonly size: number;
  readonly count: number;
}

/**
 * Shuffles the A or AAAA records of the answer that stand together; aliases stay in front. Records that spell their name
 * out stay where they are, because others may point to it. Throws FormatError.
 * @param isPreferred of an address's octets: those come first, in a shuffled order of their own
 */
export function shuffleAddresses(message: Buffer, isPreferred?: (address: Buffer) => boolean): void {
  const run = addressRun(message);
  if (!run || run.count < 2) return;
  const { start, size, count } = run;
  const records: Buffer[] = Array.from({ length: count }, (_, i) =>
    Buffer.from(message.subarray(start + i * size, start + (i + 1) * size)),
  );
  for (let i = count - 1; i > 0; i--) {
    const other = Math.floor(Math.random() * (i + 1));
    [records[i], records[other]] = [records[other] as Buffer, records[i] as Buffer];
  }
  // A pointer, type, class, TTL and length come before the address.
  const preferred = isPreferred ? records.filter((record) => isPreferred(record.subarray(12))) : [];
  const others = isPreferred ? records.filter((record) => !isPreferred(record.subarray(12))) : records;
  Buffer.concat([...preferred, ...others]).copy(message, start);
}

/** The first run of address records of one type in the answer section. */
function addressRun(message: Buffer): Run | undefined {
  const reader = new Reader(message, 4);
  const [questions, answers] = [reader.u16(), reader.u16()];
  reader.skip(headerSize - 8);
  for (let i = 0; i < questions; i++) {
    reader.skipName();
    reader.skip(4);
  }
  let run: Run | undefined;
  let runType = 0;
  for (let i = 0; i < answers; i++) {
    const start = reader.offset;
    const isPointer = ((message[start] ?? 0) & 0xc0) === 0xc0;
    reader.skipName();
    const type = reader.u16();
    reader.skip(6);
    reader.skip(reader.u16());
    const size = reader.offset - start;
    const isAddress = isPointer && ((type === Type.A && size === 16) || (type === Type.AAAA && size === 28));
    if (run && (!isAddress || type !== runType)) return run;
    if (!isAddress) continue;
    runType = type;
    run = { start: run?.start ?? start, size, count: (run?.count ?? 0) + 1 };
  }
  return run;
}
