// JSON of a request: the value, and the fields that were given twice, which JSON.parse would hide (api.md §9,
// fieldValidation). JSON.parse makes the value, since it is fast, does not recurse and keeps `__proto__` an own key;
// one scan over the now known to be valid text then finds duplicates and depth.

import { badRequest } from '../errors.ts';

/** Nesting beyond this is refused, so that the recursive walks behind may trust the stack. Upstream allows 10000. */
const maxDepth = 1000;
/** Nobody reads more; upstream stops there too. */
const maxDuplicates = 100;

export interface ParsedJson {
  readonly value: unknown;
  /** Paths such as `spec.template.spec.containers[0].image`, in order of appearance. */
  readonly duplicates: string[];
}

/** Throws badRequest for what is not JSON or is nested too deeply. */
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
  key: string;
  index: number;
  expectsKey: boolean;
}

function findDuplicates(text: string): string[] {
  const found = new Set<string>();
  scan(text, (stack, isRepeated) => {
    if (isRepeated && found.size < maxDuplicates) found.add(pathOf(stack));
  });
  return [...found];
}

/** Where in the text fields stand for the first and for the second time; for few and short texts, since it makes every path. */
export function fieldPositions(
  text: string,
  wanted: { readonly first: ReadonlySet<string>; readonly second: ReadonlySet<string> },
): { readonly first: ReadonlyMap<string, number>; readonly second: ReadonlyMap<string, number> } {
  const first = new Map<string, number>();
  const second = new Map<string, number>();
  scan(text, (stack, isRepeated, at) => {
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
  for (let at = 0; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case chars.quote: {
        const end = endOfString(text, at);
        if (frame?.keys && frame.expectsKey) {
          frame.expectsKey = false;
          frame.key = keyOf(text.slice(at + 1, end));
          onKey(stack, frame.keys.has(frame.key), at);
          frame.keys.add(frame.key);
        }
        at = end;
        break;
      }
      case chars.openBrace:
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
    .replace(/^\./, '');
