// What Go's time.Parse says of a text that is no RFC 3339 time (api.md §9): the first element of the layout that does not
// fit, and what stood in its place.

const layout = '2006-01-02T15:04:05Z07:00';

/** Literals stand for themselves; the others say what they read, and by which name they are out of range. */
const elements: readonly { readonly is: string; readonly read?: RegExp; readonly range?: [string, number, number] }[] =
  [
    { is: '2006', read: /^\d{4}/ },
    { is: '-' },
    { is: '01', read: /^\d\d/, range: ['month', 1, 12] },
    { is: '-' },
    { is: '02', read: /^\d\d/ },
    { is: 'T' },
    { is: '15', read: /^\d\d?/, range: ['hour', 0, 23] },
    { is: ':' },
    { is: '04', read: /^\d\d/, range: ['minute', 0, 59] },
    { is: ':' },
    { is: '05', read: /^\d\d(?:[.,]\d+)?/, range: ['second', 0, 59] },
    { is: 'Z07:00', read: /^(?:Z|[+-]\d\d:\d\d)/ },
  ];

export function timeParseError(text: string): string {
  const value = JSON.stringify(text);
  let rest = text;
  for (const { is, read, range } of elements) {
    const found = read ? read.exec(rest)?.[0] : rest.startsWith(is) ? is : undefined;
    if (found === undefined) {
      return `parsing time ${value} as "${layout}": cannot parse ${JSON.stringify(rest)} as "${is}"`;
    }
    rest = rest.slice(found.length);
    const [name, least = 0, most = 0] = range ?? [];
    const number = Math.trunc(Number(found.replace(',', '.')));
    if (name && (number < least || number > most)) return `parsing time ${value}: ${name} out of range`;
  }
  if (rest !== '') return `parsing time ${value}: extra text: ${JSON.stringify(rest)}`;
  return `parsing time ${value}: day out of range`;
}
