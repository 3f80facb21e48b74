// The door of the Corefile reader: text → server blocks of directives, each with its line. It knows no directive.

import { createHash } from 'node:crypto';
import { expandImports, readWords } from './imports.ts';
import type { Environment, Token } from './lexer.ts';
import { parseBlocks, type ServerBlock } from './parser.ts';

export { CorefileError, formatPosition, type Position, problemAt } from './corefile-error.ts';
export type { Environment } from './lexer.ts';
export type { Key, ServerBlock, Statement } from './parser.ts';

export interface Corefile {
  /** In the order of the file. */
  readonly blocks: readonly ServerBlock[];
  /** Changes when the words do, those of imported files and of the environment too; comments do not count. */
  readonly digest: string;
}

/** Reads the file and what it imports. Throws CorefileError with the first thing that is wrong. */
export async function readCorefile(file: string, env: Environment): Promise<Corefile> {
  const tokens = await expandImports(await readWords(file, env, { file, line: 1 }), env);
  return { blocks: parseBlocks(tokens), digest: digestOf(tokens) };
}

function digestOf(tokens: readonly Token[]): string {
  const hash = createHash('sha256');
  for (const { text, quoted, startsLine } of tokens) hash.update(JSON.stringify([text, quoted, startsLine]));
  return hash.digest('hex');
}
