// The kernel's jhash(), as nft's expression of that name computes it of an address: lookup3 by Bob Jenkins, public domain
// (http://burtleburtle.net/bob/c/lookup3.c), over words in the machine's byte order, scaled to the modulus.

/** @param bytes of an IPv4 or IPv6 address, in network order. */
export function jhash(bytes: Buffer, seed: number, modulus: number): number {
  const word = (at: number) => {
    if (at >= bytes.length) return 0;
    return littleEndian ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at);
  };
  const start = (0xdeadbeef + bytes.length + seed) | 0;
  let state: [number, number, number] = [start, start, start];
  let at = 0;
  for (; bytes.length - at > 12; at += 12) {
    state = mix((state[0] + word(at)) | 0, (state[1] + word(at + 4)) | 0, (state[2] + word(at + 8)) | 0);
  }
  const [a, b, c] = state;
  const hash = finish((a + word(at)) | 0, (b + word(at + 4)) | 0, (c + word(at + 8)) | 0) >>> 0;
  return Number((BigInt(hash) * BigInt(modulus)) >> 32n);
}

const littleEndian = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1;
const rotate = (value: number, by: number): number => (value << by) | (value >>> (32 - by));

function mix(a: number, b: number, c: number): [number, number, number] {
  a = (a - c) ^ rotate(c, 4);
  c = (c + b) | 0;
  b = (b - a) ^ rotate(a, 6);
  a = (a + c) | 0;
  c = (c - b) ^ rotate(b, 8);
  b = (b + a) | 0;
  a = (a - c) ^ rotate(c, 16);
  c = (c + b) | 0;
  b = (b - a) ^ rotate(a, 19);
  a = (a + c) | 0;
  c = (c - b) ^ rotate(b, 4);
  b = (b + a) | 0;
  return [a, b, c];
}

function finish(a: number, b: number, c: number): number {
  c = (c ^ b) - rotate(b, 14);
  a = (a ^ c) - rotate(c, 11);
  b = (b ^ a) - rotate(a, 25);
  c = (c ^ b) - rotate(b, 16);
  a = (a ^ c) - rotate(c, 4);
  b = (b ^ a) - rotate(a, 14);
  return ((c ^ b) - rotate(b, 24)) | 0;
}
