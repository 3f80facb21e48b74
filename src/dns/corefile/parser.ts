// Words → server blocks. A block is a line of keys and then, in braces, lines of directives, each of which may have a block
// of properties in turn. The braces of a server block may be left out: then the rest of the file belongs to it.

import { type Position, problemAt } from './corefile-error.ts';
import { isBrace } from './imports.ts';
import type { Token } from './lexer.ts';

/** A directive, or one of its properties. */
export interface Statement extends Position {
  readonly name: string;
  readonly args: readonly string[];
  /** Undefined without braces. */
  readonly block?: readonly Statement[] | undefined;
}

export interface ServerBlock extends Position {
  /** At least one. */
  readonly keys: readonly Key[];
  readonly directives: readonly Statement[];
}

/** What a server block is for, as it is written. */
export interface Key extends Position {
  readonly text: string;
}

/** Directive, property, property of a property: no directive has more. */
const maxNesting = 8;

/** Throws CorefileError. */
export function parseBlocks(tokens: readonly Token[]): ServerBlock[] {
  const parser = new Parser(tokens);
  const blocks: ServerBlock[] = [];
  while (!parser.isAtEnd) blocks.push(parser.serverBlock());
  return blocks;
}

class Parser {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#tokens.length;
  }

  get #next(): Token | undefined {
    return this.#tokens[this.#at];
  }

  #nextIs(brace: '{' | '}'): boolean {
    return this.#next !== undefined && isBrace(this.#next, brace);
  }

  serverBlock(): ServerBlock {
    const { file, line } = this.#next as Token;
    const keys = this.#keys();
    return { file, line, keys, directives: this.#nextIs('{') ? this.#block(0) : this.#rest() };
  }

  /** A comma promises another one, maybe in the next line. */
  #keys(): Key[] {
    const keys: Key[] = [];
    for (let goesOn = true; goesOn; ) {
      const token = this.#next;
      const last = this.#tokens[this.#at - 1];
      if (!token) throw problemAt(last as Token, `a comma promises another zone: "${last?.text}"`);
      if (isBrace(token, '}')) throw problemAt(token, '"}" closes nothing');
      if (isBrace(token, '{')) throw problemAt(token, 'a zone is missing before "{": the root zone is "."');
      const text = token.text.replace(/,$/, '');
      keys.push({ text, file: token.file, line: token.line });
      this.#at++;
      const following = this.#next;
      const hasComma = text !== token.text;
      goesOn = hasComma || (following !== undefined && !following.startsLine && !this.#nextIs('{'));
    }
    return keys;
  }

  #block(nesting: number): Statement[] {
    const opening = this.#next as Token;
    if (nesting > maxNesting) throw problemAt(opening, `blocks are nested more than ${maxNesting} deep`);
    const statements: Statement[] = [];
    for (this.#at++; !this.#nextIs('}'); ) {
      if (this.isAtEnd) throw problemAt(opening, 'the block that begins here is not closed: "}" is missing');
      statements.push(this.#statement(nesting));
    }
    this.#at++;
    return statements;
  }

  #rest(): Statement[] {
    const statements: Statement[] = [];
    while (!this.isAtEnd) statements.push(this.#statement(0));
    return statements;
  }

  #statement(nesting: number): Statement {
    const { text: name, file, line } = this.#takeWord();
    const args: string[] = [];
    while (this.#goesOn && !this.#nextIs('{')) args.push(this.#takeWord().text);
    return { name, args, block: this.#goesOn ? this.#block(nesting + 1) : undefined, file, line };
  }

  get #goesOn(): boolean {
    return this.#next !== undefined && !this.#next.startsLine && !this.#nextIs('}');
  }

  #takeWord(): Token {
    const token = this.#next as Token;
    if (isBrace(token, '}')) throw problemAt(token, '"}" closes nothing');
    if (isBrace(token, '{')) throw problemAt(token, '"{" belongs at the end of the line before it');
    this.#at++;
    return token;
  }
}
