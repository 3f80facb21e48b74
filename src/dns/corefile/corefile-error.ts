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

/** So many problems are told; who has more has misunderstood something. */
const maxTold = 50;

export class CorefileError extends UserError {
  override name = 'CorefileError';
  /** The message has each of them in a line of its own, up to a limit. */
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    const more = problems.length - maxTold;
    super([...problems.slice(0, maxTold), ...(more > 0 ? [`… and ${more} more`] : [])].join('\n'));
    this.problems = problems;
  }
}

export const problemAt = (position: Position, text: string): CorefileError =>
  new CorefileError([`${formatPosition(position)}: ${text}`]);
