// The DNS wire format (RFC 1035, 2782, 3596, 3597, 6891). Knows no Kubernetes and opens no socket.

export * from './codes.ts';
export { FormatError } from './format-error.ts';
export * from './message.ts';
export * from './name.ts';
export { shuffleAddresses } from './order.ts';
export * from './outline.ts';
export * from './packed.ts';
export * from './query.ts';
export type * from './rdata.ts';
export { formatData, typeOf } from './rdata.ts';
export { Reader } from './reader.ts';
export * from './record.ts';
export { parseRecord } from './record-text.ts';
export * from './response.ts';
