// A set or map in memory: what it takes, what it refuses, what is found in it, and when elements go. Elements are kept in the
// one form in which nft lists them, whatever form they were added in.

import { NftError } from './errors.ts';
import { typesOf } from './fields.ts';
import { commentText, type Element, type NamedSet } from './objects.ts';
import {
  inRange,
  parseRange,
  parseValue,
  type Range,
  rangesOverlap,
  rangeText,
  type ValueType,
  valueText,
} from './values.ts';

interface Stored {
  readonly element: Element;
  /** Of sets with intervals: for each part of the key. */
  readonly ranges: readonly Range[] | undefined;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number | undefined;
}

/** What the kernel gives a set that rules add to and that says nothing itself. */
const dynamicSize = 65535;

export class FakeSet {
  readonly definition: NamedSet;
  readonly keyTypes: readonly ValueType[];
  /** Undefined: a set, or a map to verdicts. */
  readonly valueTypes: readonly ValueType[] | undefined;
  readonly #now: () => number;
  #elements = new Map<string, Stored>();

  constructor(definition: NamedSet, now: () => number) {
    this.definition = definition;
    this.#now = now;
    this.keyTypes = understood(definition.key);
    this.valueTypes = this.isVerdictMap || !this.isMap ? undefined : understood(definition.value ?? '');
  }

  get isMap(): boolean {
    return this.definition.value !== undefined;
  }
  get isVerdictMap(): boolean {
    return this.definition.value === 'verdict';
  }

  copy(): FakeSet {
    const copy = new FakeSet(this.definition, this.#now);
    copy.#elements = new Map(this.#elements);
    return copy;
  }

  /** Adding what is there with the same value changes nothing, as in the kernel. */
  add(element: Element): void {
    const { key, ranges } = this.#parse(element);
    const value = this.#parsedValue(element);
    if (element.timeout !== undefined && !this.#has('timeout'))
      throw this.#refuse('Failed', 'Invalid argument', element);
    const found = this.#live(key);
    if (found) {
      if (found.element.value === value) return;
      throw this.#refuse('Exists', 'File exists', element);
    }
    if (ranges && this.#overlapping(ranges)) throw this.#refuse('Exists', 'interval overlaps', element);
    if (this.#isFull) throw this.#refuse('Failed', 'Too many open files in system', element);
    const comment = element.comment === undefined ? undefined : commentText(element.comment);
    this.#store(
      { ...element, key, ...(value !== undefined && { value }), ...(comment !== undefined && { comment }) },
      ranges,
    );
  }

  delete({ key: text }: Element): void {
    const { key } = this.#parse({ key: text });
    if (!this.#live(key)) throw this.#refuse('NotFound', 'No such file or directory', { key: text });
    this.#elements.delete(key);
  }

  clear(): void {
    this.#elements.clear();
  }

  get elements(): Element[] {
    return [...this.#elements.keys()].flatMap((key) => {
      const stored = this.#live(key);
      if (!stored) return [];
      const { element, expiresAt } = stored;
      return expiresAt === undefined ? element : { ...element, expires: Math.floor((expiresAt - this.#now()) / 1000) };
    });
  }

  /** The element for these parts of a key. */
  find(parts: readonly bigint[]): Element | undefined {
    if (parts.length !== this.keyTypes.length) {
      const { name, key } = this.definition;
      throw new NftError('Invalid', `${parts.length} values are looked up in ${name}, whose key is ${key}`);
    }
    if (!this.#has('interval')) return this.#live(this.keyText(parts))?.element;
    const stored = this.#elements.values().find(({ ranges }) => matches(ranges ?? [], parts));
    return stored && this.#live(stored.element.key)?.element;
  }

  /**
   * What a rule's `update` or `add` does. Of an element that is there only the time begins anew (with `update`, if it has
   * any): its value stays, and the timeout that is listed. False when the set is full: the rule then does not match. And
   * `delete`, which takes an element out whatever its value is, and is true if there is none, too.
   */
  record(verb: 'add' | 'update' | 'delete', element: Element): boolean {
    const found = this.#live(element.key);
    if (verb === 'delete') {
      this.#elements.delete(element.key);
      return true;
    }
    if (!found && this.#isFull) return false;
    if (!found) this.#store(element, undefined);
    else if (verb === 'update' && found.expiresAt !== undefined) {
      this.#elements.set(element.key, { ...found, expiresAt: this.#expiry(element) });
    }
    return true;
  }

  keyText(parts: readonly bigint[]): string {
    return parts.map((part, i) => valueText(this.keyTypes[i] as ValueType, part)).join(' . ');
  }

  /** The parts of the value of an element of a map. */
  valuesOf({ value = '' }: Element): readonly bigint[] {
    return value.split(' . ').map((part, i) => parseValue(this.valueTypes?.[i] as ValueType, part) as bigint);
  }

  #store(element: Element, ranges: readonly Range[] | undefined): void {
    this.#elements.set(element.key, { element, ranges, expiresAt: this.#expiry(element) });
  }

  #expiry({ timeout }: Element): number | undefined {
    return timeout === undefined ? undefined : this.#now() + timeout * 1000;
  }

  #live(key: string): Stored | undefined {
    const stored = this.#elements.get(key);
    if (stored?.expiresAt === undefined || stored.expiresAt > this.#now()) return stored;
    this.#elements.delete(key);
    return undefined;
  }

  get #isFull(): boolean {
    const size = this.definition.size ?? (this.#has('dynamic') ? dynamicSize : Infinity);
    return this.#elements.size >= size && this.elements.length >= size;
  }

  #has(flag: 'dynamic' | 'timeout' | 'interval'): boolean {
    return this.definition.flags?.includes(flag) ?? false;
  }

  #overlapping(ranges: readonly Range[]): boolean {
    return this.#elements
      .values()
      .some((stored) => stored.ranges?.every((range, i) => rangesOverlap(range, ranges[i] as Range)) ?? false);
  }

  #parse(element: Element): { key: string; ranges: readonly Range[] | undefined } {
    const parts = element.key.split(' . ');
    const refuse = () => this.#refuse('Invalid', `not a key of type ${this.definition.key}`, element);
    if (parts.length !== this.keyTypes.length) throw refuse();
    if (!this.#has('interval'))
      return { key: this.keyText(parsedParts(this.keyTypes, parts, refuse)), ranges: undefined };
    const ranges = parts.map((part, i) => {
      const range = parseRange(this.keyTypes[i] as ValueType, part);
      if (!range) throw refuse();
      return range;
    });
    return { key: ranges.map((range, i) => rangeText(this.keyTypes[i] as ValueType, range)).join(' . '), ranges };
  }

  #parsedValue(element: Element): string | undefined {
    const { value } = element;
    const refuse = () => this.#refuse('Invalid', `not a value of type ${this.definition.value ?? 'nothing'}`, element);
    if ((value !== undefined) !== this.isMap) throw refuse();
    if (value === undefined) return undefined;
    const types = this.valueTypes;
    if (types === undefined) {
      if (!/^(accept|drop|return|continue|(goto|jump) [\w-]+)$/.test(value)) throw refuse();
      return value;
    }
    const parts = value.split(' . ');
    if (parts.length !== types.length) throw refuse();
    return parsedParts(types, parts, refuse)
      .map((part, i) => valueText(types[i] as ValueType, part))
      .join(' . ');
  }

  #refuse(reason: 'Invalid' | 'Exists' | 'NotFound' | 'Failed', why: string, element: Element): NftError {
    return new NftError(reason, why, {
      element: { set: this.definition.name, key: element.key, value: element.value },
    });
  }
}

const matches = (ranges: readonly Range[], parts: readonly bigint[]): boolean =>
  ranges.length === parts.length && ranges.every((range, i) => inRange(parts[i] as bigint, range));

function parsedParts(types: readonly ValueType[], parts: readonly string[], refuse: () => NftError): bigint[] {
  return parts.map((part, i) => {
    const value = parseValue(types[i] as ValueType, part);
    if (value === undefined) throw refuse();
    return value;
  });
}

function understood(typeof_: string): readonly ValueType[] {
  const types = typesOf(typeof_);
  if (types) return types;
  throw new NftError('Invalid', `nftables in memory does not understand "typeof ${typeof_}"`);
}
