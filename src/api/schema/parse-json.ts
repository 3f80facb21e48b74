// JSON of a request: the value, and the fields that were given twice, which JSON.parse would hide (api.md §9,
// fieldValidation). JSON.parse makes the value, since it is fast, does not recurse and keeps `__proto__` an own key;
// one scan over the now known to be valid text then finds duplicates and depth.

import { ApiError, badRequest } from '../errors.ts';

/** Nesting beyond this is refused, so that the recursive walks behind may trust the stack. Upstream allows 10000. */
const maxDepth = 1000;
/** Each becomes an object with defaults, with rules to check: 20 bytes each, so that no body within its limit has more that
 * could be stored. */
const maxObjects = 150_000;
/** Nobody reads more; upstream stops there too. */
const maxDuplicates = 100;
/** Paths that are made to find so many: those of one field given often are equal. */
const maxPaths = 1000;
const maxPositions = 10_000;
const longestPath = 1024;

export interface ParsedJson {
  readonly value: unknown;
  /** Paths such as `spec.template.spec.containers[0].image`, in order of appearance. */
  readonly duplicates: string[];
}

/** Throws badRequest for what is not JSON or is nested too deeply, 413 for more objects than can be worth it. */
export function parseJson(text: string): ParsedJson {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw badRequest(`the body is not valid JSON: ${(error as Error).message}`);
  }
  return { value, duplicates: findDuplicates(text) };
}

interface Frame {
  /** Keys seen so far; undefined for an array. */
  readonly keys: Set<string> | undefined;
  /** Those that were there twice. */
  repeated?: Set<string>;
  key: string;
  index: number;
  expectsKey: boolean;
}

function findDuplicates(text: string): string[] {
  const found = new Set<string>();
  let paths = 0;
  scan(text, (stack, isRepeated) => {
    if (!isRepeated || found.size >= maxDuplicates || ++paths > maxPaths) return;
    found.add(pathOf(stack));
  });
  return [...found];
}

/** Where in the text fields stand for the first and for the second time. It makes the path of every field, so it looks at
 * the first 10,000 only. */
export function fieldPositions(
  text: string,
  wanted: { readonly first: ReadonlySet<string>; readonly second: ReadonlySet<string> },
): { readonly first: ReadonlyMap<string, number>; readonly second: ReadonlyMap<string, number> } {
  const first = new Map<string, number>();
  const second = new Map<string, number>();
  let paths = 0;
  scan(text, (stack, isRepeated, at) => {
    if (++paths > maxPositions) return;
    const path = pathOf(stack);
    if (wanted.first.has(path) && !first.has(path)) first.set(path, at);
    if (isRepeated && wanted.second.has(path) && !second.has(path)) second.set(path, at);
  });
  return { first, second };
}

/** Calls back for every key, which is the last of `stack`. Throws badRequest for text that is nested too deeply. */
function scan(text: string, onKey: (stack: readonly Frame[], isRepeated: boolean, at: number) => void): void {
  const stack: Frame[] = [];
  let frame: Frame | undefined;
  let objects = 0;
  for (let at = 0; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case chars.quote: {
        const end = endOfString(text, at);
        if (frame?.keys && frame.expectsKey) {
          frame.expectsKey = false;
          frame.key = keyOf(text.slice(at + 1, end));
          onKey(stack, isSecond(frame), at);
        }
        at = end;
        break;
      }
      case chars.openBrace:
        if (++objects > maxObjects) throw tooManyObjects();
        frame = { keys: new Set(), key: '', index: 0, expectsKey: true };
        stack.push(frame);
        break;
      case chars.openBracket:
        frame = { keys: undefined, key: '', index: 0, expectsKey: false };
        stack.push(frame);
        break;
      case chars.closeBrace:
      case chars.closeBracket:
        stack.pop();
        frame = stack.at(-1);
        break;
      case chars.comma:
        if (frame?.keys) frame.expectsKey = true;
        else if (frame) frame.index++;
        break;
    }
    if (stack.length > maxDepth) throw badRequest(`the JSON of the body is nested more than ${maxDepth} deep`);
  }
}

/** Whether the frame's key is there for the second time; later ones are no news. */
function isSecond(frame: Frame): boolean {
  const { keys = new Set(), key } = frame;
  const isRepeated = keys.has(key);
  keys.add(key);
  if (!isRepeated || frame.repeated?.has(key)) return false;
  frame.repeated ??= new Set();
  frame.repeated.add(key);
  return true;
}

const tooManyObjects = (): ApiError =>
  new ApiError(413, 'RequestEntityTooLarge', `Request entity too large: the JSON has more than ${maxObjects} objects`);

const chars = {
  quote: 34,
  comma: 44,
  openBracket: 91,
  backslash: 92,
  closeBracket: 93,
  openBrace: 123,
  closeBrace: 125,
};

/** The index of the quote that closes the string opened at `start`: the first that an even number of \\ precedes. */
function endOfString(text: string, start: number): number {
  let from = start + 1;
  for (;;) {
    const end = text.indexOf('"', from);
    let before = end;
    while (before > from && text.charCodeAt(before - 1) === chars.backslash) before--;
    if ((end - before) % 2 === 0) return end;
    from = end + 1;
  }
}

const keyOf = (literal: string): string => (literal.includes('\\') ? (JSON.parse(`"${literal}"`) as string) : literal);

const pathOf = (stack: readonly Frame[]): string =>
  stack
    .map(({ keys, key, index }) => (keys ? `.${key}` : `[${index}]`))
    .join('')
    .replace(/^\./, '')
    .slice(0, longestPath);
