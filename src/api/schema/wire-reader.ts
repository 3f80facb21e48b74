// The protobuf wire format: tags, varints and length-delimited fields over one buffer, never read past its end.
// Knows nothing of Kubernetes.

export const wireTypes = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

/** The buffer is not valid protobuf, or not what was expected there. */
export class MalformedError extends Error {
  override name = 'MalformedError';
}

export interface Tag {
  readonly number: number;
  readonly wireType: number;
}

export class WireReader {
  readonly #buffer: Buffer;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get done(): boolean {
    return this.#at >= this.#buffer.length;
  }

  /** The tags up to the end. Whoever iterates must read or skip each tag's value before taking the next. */
  *tags(): Generator<Tag> {
    while (!this.done) {
      const tag = this.varint();
      const number = Math.floor(tag / 8);
      if (tag < 8 || number > 0x1fffffff) throw new MalformedError(`bad tag ${tag} before byte ${this.#at}`);
      yield { number, wireType: tag % 8 };
    }
  }

  /** A varint as a signed 64-bit number; beyond 2^53 it loses precision, as JSON numbers do. */
  varint(): number {
    let low = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.#byte();
      low |= (byte & 0x7f) << shift;
      if (byte < 0x80) return low;
    }
    return this.#longVarint(BigInt(low));
  }

  #longVarint(low: bigint): number {
    let value = low;
    for (let shift = 28n; shift < 70n; shift += 7n) {
      const byte = this.#byte();
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return Number(BigInt.asIntN(64, value));
    }
    throw new MalformedError(`a varint of more than 10 bytes before byte ${this.#at}`);
  }

  /** A length-delimited field, shared with the buffer. */
  bytes(): Buffer {
    const length = this.varint();
    if (length < 0 || length > this.#buffer.length - this.#at) throw this.#truncated();
    this.#at += length;
    return this.#buffer.subarray(this.#at - length, this.#at);
  }

  text(): string {
    return this.bytes().toString('utf8');
  }

  nested(): WireReader {
    return new WireReader(this.bytes());
  }

  skip(wireType: number): void {
    if (wireType === wireTypes.varint) this.varint();
    else if (wireType === wireTypes.bytes) this.bytes();
    else if (wireType === wireTypes.fixed64) this.#advance(8);
    else if (wireType === wireTypes.fixed32) this.#advance(4);
    // Groups (3 and 4) are long deprecated and no Kubernetes type ever had one.
    else throw new MalformedError(`unsupported wire type ${wireType} before byte ${this.#at}`);
  }

  expect(found: number, wanted: number): void {
    if (found !== wanted) throw new MalformedError(`wire type ${found} instead of ${wanted} before byte ${this.#at}`);
  }

  #byte(): number {
    const byte = this.#buffer[this.#at++];
    if (byte === undefined) throw this.#truncated();
    return byte;
  }

  #advance(length: number): void {
    if (length > this.#buffer.length - this.#at) throw this.#truncated();
    this.#at += length;
  }

  #truncated(): MalformedError {
    return new MalformedError(`it ends in the middle of a field, after ${this.#buffer.length} bytes`);
  }
}
