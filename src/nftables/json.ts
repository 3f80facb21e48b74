// Elements as `nft --json` lists them, back into the text in which they are added. JSON, because nft 1.0.6 writes its text form
// with ten system calls an element: a list of 100,000 takes twice as long.

import { typesOf } from './fields.ts';
import type { Element, NamedSet } from './objects.ts';
import { type ValueType, valueText } from './values.ts';

/** Makes elements of pieces of nft's answer as they arrive, so that a long list is never parsed in one go. */
export class ElementReader {
  readonly #keyTypes: readonly ValueType[];
  readonly #valueTypes: readonly ValueType[];
  /** What is read and not yet made into elements; before the list begins, what could be its beginning. */
  #rest = '';
  #state: 'before' | 'in' | 'after' = 'before';

  constructor({ key, value }: Pick<NamedSet, 'key' | 'value'>) {
    this.#keyTypes = typesOf(key) ?? [];
    this.#valueTypes = typesOf(value ?? '') ?? [];
  }

  /** The elements that are complete with this piece. */
  push(piece: string): Element[] {
    this.#rest += piece;
    if (this.#state === 'before') {
      const begin = this.#rest.indexOf(listBegin);
      if (begin < 0) this.#rest = this.#rest.slice(-listBegin.length);
      else {
        this.#rest = this.#rest.slice(begin + listBegin.length);
        this.#state = 'in';
      }
    }
    if (this.#state !== 'in') return [];
    const { end, isLast } = endOfElements(this.#rest);
    const complete = this.#rest.slice(0, end);
    this.#rest = this.#rest.slice(end + 1);
    if (isLast) this.#state = 'after';
    return (JSON.parse(`[${complete}]`) as unknown[]).map((listed) => this.#elementOf(listed));
  }

  /** `value`, `{concat: […]}`, `{elem: {val, timeout, expires, comment}}` for a set; a pair of such a thing and a value for a map. */
  #elementOf(listed: unknown): Element {
    const [left, right] = Array.isArray(listed) ? listed : [listed, undefined];
    const wrapped: Record<string, unknown> = isRecord(left) && isRecord(left.elem) ? left.elem : { val: left };
    const { val, timeout, expires, comment } = wrapped;
    return {
      key: textOf(val, this.#keyTypes),
      ...(right !== undefined && { value: textOf(right, this.#valueTypes) }),
      ...(typeof comment === 'string' && { comment }),
      ...(typeof timeout === 'number' && { timeout }),
      ...(typeof expires === 'number' && { expires }),
    };
  }
}

const listBegin = '"elem": [';

/** The index of the last comma between elements, or of the bracket that closes the list. */
function endOfElements(text: string): { end: number; isLast: boolean } {
  let end = 0;
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    switch (text.charCodeAt(i)) {
      case 0x22: // a string: on to its closing quote
        i = endOfString(text, i);
        break;
      case 0x5b:
      case 0x7b:
        depth++;
        break;
      case 0x5d:
      case 0x7d:
        if (depth === 0) return { end: i, isLast: true };
        depth--;
        break;
      case 0x2c:
        if (depth === 0) end = i;
    }
  }
  return { end, isLast: false };
}

function endOfString(text: string, begin: number): number {
  for (let end = text.indexOf('"', begin + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let backslashes = 0;
    while (text[end - 1 - backslashes] === '\\') backslashes++;
    if (backslashes % 2 === 0) return end;
  }
  return text.length;
}

/** A verdict is listed as `{goto: {target: 'x'}}` or `{drop: null}`. */
function textOf(listed: unknown, types: readonly ValueType[]): string {
  if (!isRecord(listed)) return scalarText(listed, types[0]);
  if (Array.isArray(listed.concat))
    return listed.concat.map((part, i) => textOf(part, types.slice(i, i + 1))).join(' . ');
  if (Array.isArray(listed.range)) return listed.range.map((end) => scalarText(end, types[0])).join('-');
  if (isRecord(listed.prefix)) return `${listed.prefix.addr}/${listed.prefix.len}`;
  const [verb = '', detail] = Object.entries(listed)[0] ?? [];
  return isRecord(detail) && typeof detail.target === 'string' ? `${verb} ${detail.target}` : verb;
}

/** Of numbers only marks are listed differently in the two forms. */
const scalarText = (listed: unknown, type: ValueType | undefined): string =>
  type === 'mark' && typeof listed === 'number' ? valueText(type, BigInt(listed)) : String(listed);

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
