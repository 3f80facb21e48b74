// YAML of a request to the JSON that it stands for. YAML lets a small text ask for much work: nesting, aliases, errors that
// come by the million. So its tokens are counted while they come, and what is too much is refused before anything is built
// of them. Most YAML that clients send is JSON, kubectl's apply patches among it, and read as such.

import {
  Composer,
  type CST,
  type Document,
  isCollection,
  isMap,
  isScalar,
  isSeq,
  Lexer,
  LineCounter,
  Parser,
  type Node as YamlNode,
} from 'yaml';
import { ApiError, badRequest } from '#api/index.ts';
import { parseJson } from '#api/schema/strict.ts';
import type { Parsed } from './body.ts';

/** Words, spaces, line ends and signs: a manifest of 40,000 lines has fewer. */
const maxTokens = 300_000;
/** Collections inside each other. */
const maxDepth = 200;
/** Enough for anchors that people write, too few to blow up memory. */
const maxAliases = 100;
/** Nobody reads more; upstream stops there too. */
const maxDuplicates = 100;
const longestPath = 1024;

const options = { uniqueKeys: false, merge: true, prettyErrors: false, logLevel: 'error' } as const;

/** One document, read as kubectl does. Throws 400 for what is not YAML, or too much of it. */
export const parseYaml = (text: string): Parsed => jsonOf(text) ?? parseDocument(text);

/** Undefined when it is not JSON, or has fields repeated: for the YAML parser to explain. */
function jsonOf(text: string): Parsed | undefined {
  if (!/^\s*\{/.test(text)) return undefined;
  try {
    const parsed = parseJson(text);
    return parsed.duplicates.length === 0 ? { ...parsed, source: { lines: [] } } : undefined;
  } catch {
    return undefined;
  }
}

function parseDocument(text: string): Parsed {
  const lines = new LineCounter();
  const lineOf = (at: number): number => lines.linePos(at).line;
  const [document, second] = [...new Composer(options).compose(tokensOf(text, lines), true, text.length)];
  if (!document) throw notYaml('there is no document');
  const [error] = document.errors;
  if (error) throw notYaml(error.message, lineOf(error.pos[0]));
  if (second) throw notYaml('there is more than one document', lineOf(second.range[0]));
  const found: Repeated[] = [];
  findDuplicates(document.contents, '', found, lineOf);
  const duplicates = found.map(({ path }) => path);
  const source = {
    lines: found.map(({ key, at }) => `line ${lineOf(at)}: key ${JSON.stringify(key)} already set in map`),
  };
  return { value: parseJson(toJson(document)).value, duplicates, source };
}

function* tokensOf(text: string, lines: LineCounter): Generator<CST.Token> {
  const parser = new Parser(lines.addNewLine);
  lines.addNewLine(0);
  let count = 0;
  let aliases = 0;
  const refuse = (why: string): never => {
    throw notYaml(why, lines.linePos(parser.offset).line);
  };
  for (const word of new Lexer().lex(text)) {
    if (++count > maxTokens) refuse(`there are more than ${maxTokens} words and signs; JSON may have more`);
    if (word.startsWith('*') && ++aliases > maxAliases) refuse(`there are more than ${maxAliases} aliases`);
    for (const token of parser.next(word)) {
      if (token.type === 'error') throw notYaml(token.message, lines.linePos(token.offset).line);
      yield token;
    }
    if (parser.stack.length > maxDepth) refuse(`it is nested more than ${maxDepth} deep`);
  }
  yield* parser.end();
}

function toJson(document: Document): string {
  try {
    return JSON.stringify(document.toJS({ maxAliasCount: maxAliases }), refuseInfinite) ?? 'null';
  } catch (error) {
    if (error instanceof ApiError) throw error;
    throw notYaml(error instanceof TypeError ? 'an anchor is inside itself' : (error as Error).message);
  }
}

function refuseInfinite(_key: string, value: unknown): unknown {
  if (typeof value === 'number' && !Number.isFinite(value)) throw notYaml(`JSON has no number ${value}`);
  return value;
}

const notYaml = (why: string, line?: number): ApiError =>
  badRequest(`error converting YAML to JSON: yaml: ${line === undefined ? '' : `line ${line}: `}${why}`);

interface Repeated {
  readonly path: string;
  readonly key: string;
  /** Where in the text it stands again. */
  readonly at: number;
}

function findDuplicates(node: YamlNode | null, path: string, found: Repeated[], lineOf: (at: number) => number): void {
  if (isSeq(node)) {
    for (const [index, item] of node.items.entries())
      findDuplicates(item as YamlNode, `${path}[${index}]`, found, lineOf);
  } else if (isMap(node)) {
    const seen = new Set<string>();
    for (const { key, value } of node.items) {
      if (isCollection(key)) throw notYaml('a map or a list cannot be a key', lineOf(key.range?.[0] ?? 0));
      const name = isScalar(key) ? String(key.value) : '';
      const inner = (path ? `${path}.${name}` : name).slice(0, longestPath);
      if (seen.has(name) && found.length < maxDuplicates) {
        found.push({ path: inner, key: name.slice(0, longestPath), at: isScalar(key) ? (key.range?.[0] ?? 0) : 0 });
      }
      seen.add(name);
      findDuplicates(value as YamlNode | null, inner, found, lineOf);
    }
  }
}
