// `import`: in its place come the words of a snippet, `(name) { … }` further up, or of files by name or pattern. It works on
// words and not on blocks, since what is imported may be a directive, a property or whole server blocks.

import { glob, readFile } from 'node:fs/promises';
import { dirname, isAbsolute, join } from 'node:path';
import { formatPosition, type Position, problemAt } from './corefile-error.ts';
import { type Environment, lex, type Token } from './lexer.ts';

/** How far imports lead from one to the next, how many there are in all, and how many words come of them. */
const maxDepth = 32;
const maxImports = 1000;
const maxWords = 100_000;
/** Of a file: what Kubernetes lets a ConfigMap have. */
const maxSize = 1 << 20;

interface Snippet {
  readonly position: Position;
  readonly body: readonly Token[];
}

export const isBrace = ({ text, quoted }: Token, brace: '{' | '}'): boolean => text === brace && !quoted;

/** Throws CorefileError. */
export async function expandImports(tokens: readonly Token[], env: Environment): Promise<Token[]> {
  const expansion = new Expansion(env);
  await expansion.add(tokens, 0);
  return expansion.words;
}

/** Throws CorefileError; `at` is who asks for the file. */
export async function readWords(file: string, env: Environment, at: Position): Promise<Token[]> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    const why = error.code === 'ENOENT' ? 'there is no such file' : error.message;
    throw problemAt(at, `cannot read ${file}: ${why}`);
  });
  if (text.length > maxSize) throw problemAt(at, `${file} is larger than 1 MiB`);
  return lex(text, file, env);
}

class Expansion {
  readonly words: Token[] = [];
  readonly #env: Environment;
  readonly #snippets = new Map<string, Snippet>();
  #imports = 0;
  /** How many braces are open. */
  #level = 0;

  constructor(env: Environment) {
    this.#env = env;
  }

  /** @param depth how many imports led here */
  async add(tokens: readonly Token[], depth: number): Promise<void> {
    for (let at = 0; at < tokens.length; ) {
      const token = tokens[at] as Token;
      if (depth > maxDepth) throw problemAt(token, `imports lead more than ${maxDepth} deep: do they go in a circle?`);
      const before = tokens[at - 1];
      const begins = token.startsLine || !before || isBrace(before, '{') || isBrace(before, '}');
      if (begins && !token.quoted && token.text === 'import') {
        const end = endOfLine(tokens, at + 1);
        await this.add(await this.#imported(token, tokens.slice(at + 1, end)), depth + 1);
        at = end;
      } else if (begins && this.#level === 0 && isSnippet(token, tokens[at + 1])) {
        at = this.#define(tokens, at);
      } else {
        this.#push(token, begins);
        at++;
      }
    }
  }

  #push(token: Token, startsLine: boolean): void {
    if (this.words.length === maxWords) throw problemAt(token, `with its imports it has more than ${maxWords} words`);
    if (isBrace(token, '{')) this.#level++;
    if (isBrace(token, '}')) this.#level--;
    this.words.push(startsLine === token.startsLine ? token : { ...token, startsLine });
  }

  /** The index after the snippet's closing brace. */
  #define(tokens: readonly Token[], at: number): number {
    const name = tokens[at] as Token;
    const earlier = this.#snippets.get(name.text);
    if (earlier) throw problemAt(name, `snippet ${name.text} is defined already: ${formatPosition(earlier.position)}`);
    let level = 0;
    for (let end = at + 1; end < tokens.length; end++) {
      const token = tokens[end] as Token;
      if (isBrace(token, '{')) level++;
      if (isBrace(token, '}')) level--;
      if (level > 0) continue;
      this.#snippets.set(name.text, { position: name, body: tokens.slice(at + 2, end) });
      return end + 1;
    }
    throw problemAt(name, `snippet ${name.text} is not closed: "}" is missing`);
  }

  async #imported(position: Position, args: readonly Token[]): Promise<readonly Token[]> {
    const what = args[0]?.text;
    if (!what || args.length > 1)
      throw problemAt(position, 'import needs one argument: a snippet, a file or a pattern');
    if (++this.#imports > maxImports) throw problemAt(position, `there are more than ${maxImports} imports in all`);
    const snippet = this.#snippets.get(`(${what})`);
    if (snippet) return snippet.body;
    const words = [];
    for (const file of await filesOf(position, what)) words.push(...(await readWords(file, this.#env, position)));
    return words;
  }
}

const isSnippet = (name: Token, next: Token | undefined): boolean =>
  !name.quoted && /^\(.*\)$/.test(name.text) && next !== undefined && isBrace(next, '{');

function endOfLine(tokens: readonly Token[], from: number): number {
  const ends = (token: Token) => token.startsLine || isBrace(token, '{') || isBrace(token, '}');
  let end = from;
  while (end < tokens.length && !ends(tokens[end] as Token)) end++;
  return end;
}

/** Relative to the file that imports. A pattern may match nothing: clusters import what an operator may add later. */
async function filesOf(position: Position, pattern: string): Promise<string[]> {
  const path = isAbsolute(pattern) ? pattern : join(dirname(position.file), pattern);
  if (!/[*?]/.test(path)) return [path];
  if (path.split('*').length > 2 || path.split('?').length > 2) {
    throw problemAt(position, `import "${pattern}": a pattern may have one "*" and one "?"`);
  }
  return (await Array.fromAsync(glob(path))).sort();
}
