// Who may get what another asked for. An answer is kept without its OPT record and whole, so EDNS and transport make no
// difference to it; DO and CD do, because they decide on what is in it.

import { Flag, Opcode, opcodeOf, Type } from '../../wire/index.ts';
import { type Inquiry, inquiryKey } from '../relay.ts';

/** Types beyond the data types ask for more than a name's records: transfers, keys, signatures (RFC 6895 §3.1). */
const isMeta = (type: number): boolean => type === Type.OPT || (type >= 128 && type < Type.ANY);

/** Everything else is passed on: a NOTIFY is an order, and a transfer is more than a message. */
export const isKeepable = ({ flags, type }: Inquiry): boolean => opcodeOf(flags) === Opcode.QUERY && !isMeta(type);

/** Equal for inquiries that an answer or denial is the same for: name, type, class, DO, CD. */
export const keyOf = ({ name, type, class: klass, flags, edns }: Inquiry): string =>
  name + String.fromCharCode(type, klass, (flags & Flag.CD) + (edns?.dnssecOk ? 1 : 0));

/** A server may fail at EDNS or by TCP alone: its failure is only told to those who would have asked the same way. */
export const keyOfFailure = inquiryKey;

/** What a server gives without recursion is what it happens to know: it is told to nobody else. */
export const wantsRecursion = ({ flags }: Inquiry): boolean => (flags & Flag.RD) !== 0;
