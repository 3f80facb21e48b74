// A directive or one of its properties while it is read: how many words it may have, and how to complain of them. What
// every directive's reader works with.

import { CorefileError, type Position, problemAt, type Statement } from '../corefile/index.ts';
import { closest } from './closest.ts';

export class Line implements Position {
  readonly file: string;
  readonly line: number;
  readonly name: string;
  readonly args: readonly string[];
  readonly #block: readonly Statement[];
  readonly #directive: string;
  /** `cache`, or `cache: prefetch`. */
  readonly #path: string;

  /** @param directive whose property it is; absent for a directive itself. */
  constructor(statement: Statement, directive?: string) {
    this.file = statement.file;
    this.line = statement.line;
    this.name = statement.name;
    this.args = statement.args;
    this.#block = statement.block ?? [];
    this.#directive = directive ?? statement.name;
    this.#path = directive === undefined ? statement.name : `${directive}: ${statement.name}`;
  }

  /** `Corefile:7: forward: policy "foo" must be random, round_robin or sequential` */
  mustBe(value: string, what: string): CorefileError {
    return problemAt(this, `${this.#path} ${JSON.stringify(value)} must be ${what}`);
  }

  /** `Corefile:7: forward: ` and the text. */
  problem(text: string): CorefileError {
    return problemAt(this, `${this.#directive}: ${text}`);
  }

  noArguments(): void {
    if (this.args.length > 0) throw problemAt(this, `${this.#path} takes no arguments`);
  }

  /** @param what names it in the message: `a duration`. */
  oneArgument(what: string): string {
    if (this.args.length !== 1) throw problemAt(this, `${this.#path} needs one argument, ${what}`);
    return this.args[0] as string;
  }

  someArguments(what: string): readonly [string, ...string[]] {
    if (this.args.length === 0) throw problemAt(this, `${this.#path} needs arguments: ${what}`);
    return this.args as [string, ...string[]];
  }

  upToArguments(count: number, what: string): readonly string[] {
    if (this.args.length > count) {
      throw problemAt(
        this,
        `${this.#path} takes no more than ${count === 1 ? 'one argument' : `${count} arguments`}: ${what}`,
      );
    }
    return this.args;
  }

  /**
   * Reads the block line by line, each with the reader of its name; later lines may overrule earlier ones.
   * @param otherwise is asked about names without a reader: whether it has read the line.
   */
  readProperties(readers: Readonly<Record<string, (property: Line) => void>>, otherwise = (_: Line) => false): void {
    attemptAll(this.properties(), (property) => {
      const reader = Object.hasOwn(readers, property.name) ? readers[property.name] : undefined;
      if (reader) reader(property);
      else if (!otherwise(property)) throw this.#unknown(property, Object.keys(readers));
    });
  }

  noProperties(): void {
    this.readProperties({});
  }

  /** The block's lines as they are. */
  properties(): Line[] {
    return attemptAll(this.#block, (property) => {
      if (property.block) throw problemAt(property, `${this.#directive}: ${property.name} takes no block`);
      return new Line(property, this.name);
    });
  }

  #unknown(property: Line, known: readonly string[]): CorefileError {
    const guess = closest(property.name, known);
    const hint = guess === undefined ? '' : `; did you mean ${JSON.stringify(guess)}?`;
    return property.problem(`unknown property ${JSON.stringify(property.name)}${hint}`);
  }
}

/** The results for all; when some throw CorefileErrors, one with the problems of them all. */
export function attemptAll<T, R>(items: readonly T[], attempt: (item: T) => R): R[] {
  const problems: string[] = [];
  const results: R[] = [];
  for (const item of items) {
    try {
      results.push(attempt(item));
    } catch (error) {
      if (!(error instanceof CorefileError)) throw error;
      problems.push(...error.problems);
    }
  }
  if (problems.length > 0) throw new CorefileError(problems);
  return results;
}
