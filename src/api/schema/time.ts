// The two time types of the API: metav1.Time (whole seconds) and metav1.MicroTime, RFC 3339 text in JSON and
// {seconds, nanos} on the protobuf wire. Both are written in UTC.

import { timeParseError } from './go-time-text.ts';

const rfc3339 = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d+))?(Z|[+-]\d\d:\d\d)$/;

/** Most times are as the server writes them, and exist in every month: they need no calendar. */
const plain = /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\dZ$/;

interface Instant {
  readonly seconds: number;
  readonly micros: number;
}

function parse(text: string): Instant | undefined {
  const [, local, fraction = '', zone] = rfc3339.exec(text) ?? [];
  if (!local) return undefined;
  // Date rolls 31 February over into March; a date that does not come back as it went in does not exist.
  const utc = Date.parse(`${local}Z`);
  if (Number.isNaN(utc) || new Date(utc).toISOString().slice(0, 19) !== local) return undefined;
  return { seconds: Date.parse(`${local}${zone}`) / 1000, micros: Number(fraction.padEnd(6, '0').slice(0, 6)) };
}

const format = ({ seconds, micros }: Instant, kind: 'time' | 'microTime'): string => {
  const whole = new Date(seconds * 1000).toISOString().slice(0, 19);
  return kind === 'time' ? `${whole}Z` : `${whole}.${String(micros).padStart(6, '0')}Z`;
};

/** A moment as metav1.Time. */
export const timestamp = (date: Date): string =>
  format({ seconds: Math.floor(date.getTime() / 1000), micros: 0 }, 'time');

/** What is wrong with the text, if anything. */
export const timeError = (text: string): string | undefined =>
  plain.test(text) || Number.isFinite(parse(text)?.seconds) ? undefined : timeParseError(text);

/** Valid text in the form that is stored: UTC, with no fraction or with six digits of it. */
export function canonicalTime(text: string, kind: 'time' | 'microTime'): string {
  if (kind === 'time' && plain.test(text)) return text;
  const instant = parse(text);
  return instant ? format(instant, kind) : text;
}

/** From the wire. Undefined for the zero time; throws RangeError for years beyond 0-9999. */
export function timeFromUnix(seconds: number, nanos: number, kind: 'time' | 'microTime'): string | undefined {
  if (seconds === 0 && nanos === 0) return undefined;
  const [from, to] = [-62167219200, 253402300799];
  if (seconds < from || seconds > to || nanos < 0 || nanos > 999_999_999) {
    throw new RangeError(`${seconds} s and ${nanos} ns since 1970 are not a time between the years 0 and 9999`);
  }
  return format({ seconds, micros: Math.trunc(nanos / 1000) }, kind);
}
