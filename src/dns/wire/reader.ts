// Reads a message from front to back. Every read is checked against the end, and a compression pointer may only point
// before the octets already read for its name, and not through more of them than there can be labels, so that no packet
// can make it run on (RFC 1035 §4.1.4).

import { headerSize, maxName } from './codes.ts';
import { FormatError } from './format-error.ts';
import type { Name } from './name.ts';

/** Of a name of 255 octets. */
const maxLabels = 127;

export class Reader {
  readonly bytes: Buffer;
  offset: number;

  constructor(bytes: Uint8Array, offset = 0) {
    this.bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.offset = offset;
  }

  /** Moves on by `size` octets and returns where they began. */
  skip(size: number): number {
    const start = this.offset;
    if (start + size > this.bytes.length) throw new FormatError('Message ends too early');
    this.offset = start + size;
    return start;
  }

  u8(): number {
    return this.bytes[this.skip(1)] as number;
  }
  u16(): number {
    return this.bytes.readUInt16BE(this.skip(2));
  }
  u32(): number {
    return this.bytes.readUInt32BE(this.skip(4));
  }
  /** A copy, which outlives the packet. */
  take(size: number): Uint8Array {
    return new Uint8Array(this.bytes.subarray(this.skip(size), this.offset));
  }

  /** A <character-string>: one length octet, then the octets, as Latin-1. */
  text(): string {
    const size = this.u8();
    return this.bytes.toString('latin1', this.skip(size), this.offset);
  }

  name(): Name {
    let name = '';
    let at = this.offset;
    let segment = at;
    let after = -1;
    let pointers = 0;
    for (;;) {
      const length = this.#octet(at);
      if (length === 0) break;
      if (length >= 0xc0) {
        const target = ((length & 0x3f) << 8) | this.#octet(at + 1);
        if (target >= segment) throw new FormatError('Compression pointer does not point backwards');
        if (target < headerSize) throw new FormatError('Compression pointer into the header');
        if (++pointers > maxLabels) throw new FormatError(`Name with more than ${maxLabels} compression pointers`);
        if (after < 0) after = at + 2;
        at = target;
        segment = target;
        continue;
      }
      if (length > 0x3f) throw new FormatError('Label of a reserved type');
      if (at + 1 + length > this.bytes.length) throw new FormatError('Message ends inside a name');
      name += this.bytes.toString('latin1', at, at + 1 + length);
      if (name.length >= maxName) throw new FormatError('Name longer than 255 octets');
      at += 1 + length;
    }
    this.offset = after < 0 ? at + 1 : after;
    return name;
  }

  /** Moves past a name without following its pointer: for those who only want what comes behind. */
  skipName(): void {
    for (;;) {
      const length = this.u8();
      if (length === 0) return;
      if (length >= 0xc0) {
        this.skip(1);
        return;
      }
      if (length > 0x3f) throw new FormatError('Label of a reserved type');
      this.skip(length);
    }
  }

  #octet(at: number): number {
    const value = this.bytes[at];
    if (value === undefined) throw new FormatError('Message ends inside a name');
    return value;
  }
}
