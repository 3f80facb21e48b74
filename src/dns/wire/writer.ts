// Writes a message from front to back, with name compression (RFC 1035 §4.1.4). Names are matched with their case, so that
// each is read back spelled as it was given.

import { FormatError } from './format-error.ts';
import type { Name } from './name.ts';

/** A pointer has 14 bits. */
const pointerLimit = 0x4000;

export class Writer {
  #buffer = Buffer.allocUnsafe(512);
  #base: number;
  #names = new Map<Name, number>();
  offset = 0;

  /** @param base where in the message the first octet written will stand; pointers count from the message's start. */
  constructor(base = 0) {
    this.#base = base;
  }

  /** What was written, not copied. */
  get bytes(): Buffer {
    return this.#buffer.subarray(0, this.offset);
  }

  #grow(size: number): number {
    const start = this.offset;
    this.offset = start + size;
    if (this.offset > this.#buffer.length) {
      const larger = Buffer.allocUnsafe(Math.max(2 * this.#buffer.length, this.offset));
      this.#buffer.copy(larger, 0, 0, start);
      this.#buffer = larger;
    }
    return start;
  }

  u8(value: number): void {
    const at = this.#grow(1);
    this.#buffer[at] = value;
  }
  u16(value: number): void {
    const at = this.#grow(2);
    this.#buffer.writeUInt16BE(value, at);
  }
  u32(value: number): void {
    const at = this.#grow(4);
    this.#buffer.writeUInt32BE(value, at);
  }
  raw(bytes: Uint8Array): void {
    const at = this.#grow(bytes.length);
    this.#buffer.set(bytes, at);
  }
  latin1(text: string): void {
    const at = this.#grow(text.length);
    this.#buffer.write(text, at, 'latin1');
  }
  /** A <character-string>. */
  text(text: string): void {
    if (text.length > 255)
      throw new FormatError(`Cannot write a character string of ${text.length} octets: 255 is the limit`);
    this.u8(text.length);
    this.latin1(text);
  }

  /** Notes that `name` stands at `position` of the message already, so that later names may point there. */
  seed(name: Name, position: number): void {
    for (let at = 0; at < name.length && position + at < pointerLimit; at += 1 + name.charCodeAt(at)) {
      const suffix = name.slice(at);
      // Whoever noted it noted what it ends with, too.
      if (this.#names.has(suffix)) return;
      this.#names.set(suffix, position + at);
    }
  }

  /** @param compress false where the type forbids pointers (RFC 2782, RFC 3597 §4); later names may still point here. */
  name(name: Name, compress = true): void {
    const position = this.#base + this.offset;
    let at = 0;
    let pointer: number | undefined;
    for (; compress && at < name.length; at += 1 + name.charCodeAt(at)) {
      pointer = this.#names.get(name.slice(at));
      if (pointer !== undefined) break;
    }
    if (!compress) at = name.length;
    this.latin1(name.slice(0, at));
    if (pointer === undefined) this.u8(0);
    else this.u16(0xc000 | pointer);
    if (at > 0) this.seed(name, position);
  }

  /** Writes a 16-bit length in front of what `write` writes. */
  sized(write: () => void): void {
    const at = this.#grow(2);
    write();
    const size = this.offset - at - 2;
    if (size > 65535) throw new FormatError(`Cannot write ${size} octets of record data: 65535 is the limit`);
    this.#buffer.writeUInt16BE(size, at);
  }
}
