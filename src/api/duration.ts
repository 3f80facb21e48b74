// Ages as kubectl's tables show them (api.md §18): two units at most, coarser as they grow.

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;
const year = 365 * day;

/** `5m10s`, `3h`, `2y40d`. Clocks differ a little, so up to a second in the future is `0s`; more is `<invalid>`. */
export function humanDuration(ms: number): string {
  const whole = (unit: number) => Math.floor(ms / unit);
  const pair = (unit: number, name: string, rest: number, restName: string) => {
    const remainder = Math.floor((ms % unit) / rest);
    return remainder === 0 ? `${whole(unit)}${name}` : `${whole(unit)}${name}${remainder}${restName}`;
  };
  if (ms <= -2 * second) return '<invalid>';
  if (ms < 0) return '0s';
  if (ms < 2 * minute) return `${whole(second)}s`;
  if (ms < 10 * minute) return pair(minute, 'm', second, 's');
  if (ms < 3 * hour) return `${whole(minute)}m`;
  if (ms < 8 * hour) return pair(hour, 'h', minute, 'm');
  if (ms < 2 * day) return `${whole(hour)}h`;
  if (ms < 8 * day) return pair(day, 'd', hour, 'h');
  if (ms < 2 * year) return `${whole(day)}d`;
  if (ms < 8 * year) return pair(year, 'y', day, 'd');
  return `${whole(year)}y`;
}

/** The age of something that has a timestamp on the wire. */
export function age(since: string | undefined, now: Date): string {
  const then = since ? Date.parse(since) : Number.NaN;
  return Number.isNaN(then) ? '<unknown>' : humanDuration(now.getTime() - then);
}
