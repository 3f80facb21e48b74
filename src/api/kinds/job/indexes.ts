// Sets of a job's indexes as text: numbers and ranges in ascending order, such as "1,3-5".

interface Interval {
  readonly first: number;
  readonly last: number;
}

/** How many indexes there are. Throws a plain Error with upstream's text when it is no such set below `completions`. */
export function countIndexes(text: string, completions: number): number {
  let total = 0;
  let previous: number | undefined;
  for (const { first, last } of intervalsOf(text, completions)) {
    if (previous !== undefined && previous >= first) throw outOfOrder(previous, first);
    total += last - first + 1;
    previous = last;
  }
  return total;
}

/** What is wrong with the text, if anything. */
export function indexesError(text: string, completions: number): string | undefined {
  try {
    countIndexes(text, completions);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/** The first index that is in both, of two sets that are well-formed. */
export function firstCommonIndex(one: string, other: string, completions: number): number | undefined {
  const [a, b] = [intervalsOf(one, completions), intervalsOf(other, completions)];
  for (let i = 0, j = 0; ; ) {
    const [x, y] = [a[i], b[j]];
    if (!x || !y) return undefined;
    if (x.first <= y.last && y.first <= x.last) return Math.max(x.first, y.first);
    if (x.first <= y.first) i++;
    else j++;
  }
}

const intervalsOf = (text: string, completions: number): Interval[] =>
  text === '' ? [] : text.split(',').map((part) => intervalOf(part, completions));

function intervalOf(text: string, completions: number): Interval {
  const limits = text.split('-');
  if (limits.length > 2) {
    const rule = "violates the requirement that an index interval can have at most two parts separated by '-'";
    throw new Error(`the fragment ${JSON.stringify(text)} ${rule}`);
  }
  const [first = 0, last = first] = limits.map((limit) => indexOf(limit, completions));
  if (limits.length === 2 && first >= last) throw outOfOrder(first, last);
  return { first, last };
}

function indexOf(text: string, completions: number): number {
  if (!/^\+?\d+$/.test(text)) throw new Error(`cannot convert string to integer for index: ${JSON.stringify(text)}`);
  if (Number(text) >= completions) throw new Error(`too large index: ${JSON.stringify(text)}`);
  return Number(text);
}

const outOfOrder = (previous: number, current: number): Error =>
  new Error(`non-increasing order, previous: ${previous}, current: ${current}`);
