// What a directive's file exports: how its lines become its settings.

import { formatPosition } from '../../corefile/index.ts';
import type { Name } from '../../wire/index.ts';
import { attemptAll, type Line } from '../line.ts';

/** What a directive knows of the server block that it stands in. */
export interface Block {
  /** Of all its keys: what a directive is for that names no zones itself. At least one. */
  readonly zones: readonly Name[];
  /** The path of a file: relative ones begin at `root`. */
  readonly pathOf: (file: string) => string;
}

/** Of all lines that a block has of the directive. Throws CorefileError. */
export type Reader<T> = (lines: readonly [Line, ...Line[]], block: Block) => T;

export const once =
  <T>(read: (line: Line, block: Block) => T): Reader<T> =>
  ([line, second], block) => {
    if (second) throw second.problem(`a server block has it once, and has it already: ${formatPosition(line)}`);
    return read(line, block);
  };

/** As often as one likes. */
export const each =
  <T>(read: (line: Line, block: Block) => T): Reader<T[]> =>
  (lines, block) =>
    attemptAll(lines, (line) => read(line, block));

/** There or not, without arguments or properties; said twice it is still there. */
export const present: Reader<true> = (lines) => {
  attemptAll(lines, (line) => {
    line.noArguments();
    line.noProperties();
  });
  return true;
};

/** Settings while their properties are read: what was not said stays as it is by default. */
export type Draft<T> = { -readonly [K in keyof T]: T[K] };
