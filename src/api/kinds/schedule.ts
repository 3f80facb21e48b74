// Schedules as cron has them: whether a text is one, and if not, why, in the words of the library that upstream asks
// (github.com/robfig/cron, version 3). When a schedule is due is no question here.

interface Field {
  readonly least: number;
  readonly most: number;
  /** Names in the order of their numbers, from `least` on. */
  readonly names: readonly string[];
}
const fields: readonly Field[] = [
  { least: 0, most: 59, names: [] },
  { least: 0, most: 23, names: [] },
  { least: 1, most: 31, names: [] },
  {
    least: 1,
    most: 12,
    names: ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'],
  },
  { least: 0, most: 6, names: ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] },
];
const descriptors = ['@yearly', '@annually', '@monthly', '@weekly', '@daily', '@midnight', '@hourly'];

/** What is wrong with the schedule, if anything. A time zone may be before it: `TZ=Europe/Berlin 0 0 * * *`. */
export function scheduleError(text: string): string | undefined {
  const [, zone, rest = text] = /^(?:CRON_)?TZ=(\S*)\s+(.*)$/s.exec(text) ?? [];
  const zoneError = zone === undefined ? undefined : timeZoneError(zone);
  if (zoneError) return `provided bad location ${zone}: ${zoneError}`;
  const schedule = zone === undefined ? text : rest.trim();
  if (schedule === '') return 'empty spec string';
  if (schedule.startsWith('@')) return descriptorError(schedule);
  const given = schedule.split(/\s+/).filter((part) => part !== '');
  if (given.length !== fields.length) {
    return `expected exactly ${fields.length} fields, found ${given.length}: [${given.join(' ')}]`;
  }
  return firstOf(fields, (field, i) =>
    firstOf(
      (given[i] as string).split(',').filter((part) => part !== ''),
      (part) => rangeError(part, field),
    ),
  );
}

function firstOf<T>(items: readonly T[], find: (item: T, i: number) => string | undefined): string | undefined {
  for (const [i, item] of items.entries()) {
    const found = find(item, i);
    if (found) return found;
  }
  return undefined;
}

const duration = /^[-+]?((\d+(\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h))+$/;
function descriptorError(text: string): string | undefined {
  if (descriptors.includes(text)) return undefined;
  if (!text.startsWith('@every ')) return `unrecognized descriptor: ${text}`;
  const every = text.slice('@every '.length);
  if (duration.test(every) || every === '0') return undefined;
  return `failed to parse duration ${text}: time: invalid duration ${JSON.stringify(every)}`;
}

/** `*`, a number or a name, or two of them with a hyphen; a slash and a step behind it. */
function rangeError(text: string, field: Field): string | undefined {
  const [range = '', step, ...more] = text.split('/');
  const limits = range.split('-');
  const isAll = limits[0] === '*' || limits[0] === '?';
  if (!isAll && limits.length > 2) return `too many hyphens: ${text}`;
  const numbers: number[] = isAll ? [field.least, field.most] : [];
  for (const limit of isAll ? [] : limits) {
    const number = numberOf(limit, field);
    if (typeof number === 'string') return number;
    numbers.push(number);
  }
  if (more.length > 0) return `too many slashes: ${text}`;
  const by = step === undefined ? 1 : numberOf(step, { ...field, names: [] });
  if (typeof by === 'string') return by;
  // A number and a step mean: from there on.
  const [first = 0, last = step === undefined ? first : field.most] = numbers;
  if (first < field.least) return `beginning of range (${first}) below minimum (${field.least}): ${text}`;
  if (last > field.most) return `end of range (${last}) above maximum (${field.most}): ${text}`;
  if (first > last) return `beginning of range (${first}) beyond end of range (${last}): ${text}`;
  return by === 0 ? `step of range should be a positive number: ${text}` : undefined;
}

/** The number, or what is wrong with it. */
function numberOf(text: string, { names, least }: Field): number | string {
  const named = names.indexOf(text.toLowerCase());
  if (named !== -1) return named + least;
  if (!/^[-+]?\d+$/.test(text)) {
    const problem = `strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`;
    return `failed to parse int from ${text}: ${problem}`;
  }
  return Number(text) < 0 ? `negative number (${Number(text)}) not allowed: ${text}` : Number(text);
}

/** Names of the IANA database. Offsets, which JavaScript takes for time zones, are none. */
export function timeZoneError(name: string): string | undefined {
  const unknown = `unknown time zone ${name}`;
  const parts = name.split('/');
  const isName = parts.every((part) => /^[A-Za-z._0-9+][-A-Za-z._0-9+]{0,13}$/.test(part) && !/^\.\.?$/.test(part));
  if (!isName || !/^[A-Za-z]/.test(name)) return unknown;
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return undefined;
  } catch {
    return unknown;
  }
}
