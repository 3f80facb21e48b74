// Durations as Go writes and reads them (`1m30s`, `250ms`): clients of Kubernetes send them in queries and headers, and
// read errors in the words of Go's time.ParseDuration.

const msOf: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

/** @param ms 0 or more. */
export function formatGoDuration(ms: number): string {
  if (ms === 0) return '0s';
  if (ms < 0.001) return `${ms * 1e6}ns`;
  if (ms < 1) return `${ms * 1000}µs`;
  if (ms < 1000) return `${ms}ms`;
  const minutes = Math.floor(ms / 60_000);
  const seconds = `${(ms % 60_000) / 1000}s`;
  if (minutes === 0) return seconds;
  return minutes < 60 ? `${minutes}m${seconds}` : `${Math.floor(minutes / 60)}h${minutes % 60}m${seconds}`;
}

/** In milliseconds. Throws an Error in Go's words. */
export function parseGoDuration(text: string): number {
  const quoted = JSON.stringify(text);
  const [, sign = '', rest = ''] = /^([+-]?)(.*)$/s.exec(text) ?? [];
  if (rest === '0') return 0;
  if (rest === '') throw new Error(`time: invalid duration ${quoted}`);
  let total = 0;
  for (let at = 0; at < rest.length; ) {
    const [, number = '', unit = ''] = /^([0-9]*\.?[0-9]*)([^0-9.]*)/.exec(rest.slice(at)) ?? [];
    if (number === '' || number === '.') throw new Error(`time: invalid duration ${quoted}`);
    if (unit === '') throw new Error(`time: missing unit in duration ${quoted}`);
    const ms = Object.hasOwn(msOf, unit) ? msOf[unit] : undefined;
    if (ms === undefined) throw new Error(`time: unknown unit ${JSON.stringify(unit)} in duration ${quoted}`);
    total += Number(number) * ms;
    at += number.length + unit.length;
  }
  // Go counts nanoseconds in 64 bits.
  if (total * 1e6 >= 2 ** 63) throw new Error(`time: invalid duration ${quoted}`);
  return sign === '-' ? -total : total;
}
