// What is wrong with a Corefile, line by line: `Corefile:12: unknown directive "rewrit"`.

import { UserError } from '#lib/user-error.ts';

/** A line of the configuration. */
export interface Position {
  /** As the user named it; of an imported file, the path that its import led to. */
  readonly file: string;
  /** Counted from 1. */
  readonly line: number;
}

export const formatPosition = ({ file, line }: Position): string => `${file}:${line}`;

export class CorefileError extends UserError {
  override name = 'CorefileError';
  /** The message has each of them in a line of its own. */
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.problems = problems;
  }
}

export const problemAt = (position: Position, text: string): CorefileError =>
  new CorefileError([`${formatPosition(position)}: ${text}`]);
