// A rule's text as words, with a place in it.

import { NftError } from '../errors.ts';

export class Tokens {
  readonly #text: string;
  readonly #words: readonly string[];
  #at = 0;

  constructor(text: string) {
    this.#text = text;
    this.#words = text.match(/"[^"]*"|[{},]|[^\s{},]+/g) ?? [];
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#words.length;
  }

  /** The word some places ahead; empty after the end. */
  peek(ahead = 0): string {
    return this.#words[this.#at + ahead] ?? '';
  }

  next(): string {
    if (this.isAtEnd) throw this.error('it ends too early');
    return this.#words[this.#at++] as string;
  }

  /** Takes these words if they come next. */
  take(...words: readonly string[]): boolean {
    if (!words.every((word, i) => this.peek(i) === word)) return false;
    this.#at += words.length;
    return true;
  }

  /** Takes the next word if it is one of these. */
  takeOne<const T extends string>(words: readonly T[]): T | undefined {
    const found = words.find((word) => word === this.peek());
    if (found !== undefined) this.#at++;
    return found;
  }

  expect(...words: readonly string[]): void {
    if (!this.take(...words)) throw this.error(`expected "${words.join(' ')}"`);
  }

  number(): bigint {
    const word = this.next();
    if (!/^(0x[0-9a-f]+|\d+)$/i.test(word)) throw this.error(`"${word}" is no number`);
    return BigInt(word);
  }

  /** Of what the packet walker cannot follow; it must not be passed over. */
  error(why: string): NftError {
    const place = this.isAtEnd ? 'at its end' : `at "${this.#words.slice(this.#at, this.#at + 4).join(' ')}"`;
    return new NftError('Invalid', `cannot walk through the rule "${this.#text}": ${why}, ${place}`);
  }
}
