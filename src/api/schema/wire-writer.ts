// The protobuf wire format, written: the counterpart of wire-reader.ts, with the kinds of field that are needed so far.
// Knows nothing of Kubernetes.

import { wireTypes } from './wire-reader.ts';

const firstCapacity = 64;

export class WireWriter {
  #buffer = Buffer.allocUnsafe(firstCapacity);
  #length = 0;

  bool(number: number, value: boolean): void {
    this.#tag(number, wireTypes.varint);
    this.#varint(value ? 1 : 0);
  }

  text(number: number, value: string): void {
    const length = Buffer.byteLength(value);
    this.#lengthOf(number, length);
    this.#reserve(length);
    this.#length += this.#buffer.write(value, this.#length);
  }

  /** A message in the message; `write` writes its fields. */
  nested(number: number, write: (inner: WireWriter) => void): void {
    const inner = new WireWriter();
    write(inner);
    const bytes = inner.finish();
    this.#lengthOf(number, bytes.length);
    this.#reserve(bytes.length);
    this.#buffer.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** What was written so far, shared with the writer. */
  finish(): Uint8Array {
    return this.#buffer.subarray(0, this.#length);
  }

  #lengthOf(number: number, length: number): void {
    this.#tag(number, wireTypes.bytes);
    this.#varint(length);
  }

  #tag(number: number, wireType: number): void {
    this.#varint(number * 8 + wireType);
  }

  /** Of a number that is not negative and below 2^32: tags and lengths are no more. */
  #varint(value: number): void {
    this.#reserve(5);
    let rest = value;
    for (; rest >= 0x80; rest >>>= 7) this.#buffer[this.#length++] = (rest & 0x7f) | 0x80;
    this.#buffer[this.#length++] = rest;
  }

  #reserve(more: number): void {
    const needed = this.#length + more;
    if (needed <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(needed, this.#buffer.length * 2));
    larger.set(this.finish());
    this.#buffer = larger;
  }
}
