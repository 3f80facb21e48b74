// Corefile text → words. A word ends at white space or a comment; in quotes it may have both, line breaks too, and `\"` is a
// quote while every other backslash stays what it is (coredns/caddy caddyfile, which CoreDNS reads its Corefile with).

import { type Position, problemAt } from './corefile-error.ts';

export interface Token extends Position {
  readonly text: string;
  /** Quoted words are never braces, `import` or names of snippets. */
  readonly quoted: boolean;
  readonly startsLine: boolean;
}

export type Environment = Readonly<Record<string, string | undefined>>;

// Every character is matched by one of these.
const lexeme =
  /(?<newline>\n)|[^\S\n]+|#[^\n]*|"(?<quoted>(?:\\.|[^"\\])*)"|(?<unclosed>".*)|(?<word>[^\s#"][^\s#]*)/gs;

/** @param file what messages call it. Throws CorefileError. */
export function lex(text: string, file: string, env: Environment): Token[] {
  const tokens: Token[] = [];
  let line = 1;
  let startsLine = true;
  for (const { groups = {} } of text.replace(/^\uFEFF/, '').matchAll(lexeme)) {
    const { newline, quoted, unclosed, word } = groups;
    if (unclosed !== undefined) throw problemAt({ file, line }, 'the quote that begins here is not closed');
    if (newline !== undefined) {
      line++;
      startsLine = true;
    } else if (word !== undefined || quoted !== undefined) {
      const raw = word ?? unescapeQuotes(quoted ?? '');
      tokens.push({ text: substitute(raw, env), quoted: word === undefined, file, line, startsLine });
      startsLine = false;
      line += raw.split('\n').length - 1;
    }
  }
  return tokens;
}

const unescapeQuotes = (quoted: string): string =>
  quoted.replace(/\\(.)/gs, (pair, escaped: string) => (escaped === '"' ? '"' : pair));

/** `{$NAME}` and `{%NAME%}`; a variable that is not set is empty text. */
const substitute = (text: string, env: Environment): string =>
  text.replace(
    /\{%([^{}%]+)%\}|\{\$([^{}]+)\}/g,
    (_, windows?: string, unix?: string) => env[(windows ?? unix) as string] ?? '',
  );
