// rewrite [stop|continue] name [MATCH] FROM TO [answer …]: another name is looked up than the client asked for.

import { groupsOf } from '../go-regexp.ts';
import type { Line } from '../line.ts';
import type { NameMatch, RewriteRule } from '../settings.ts';
import { oneOf, regExp } from '../values.ts';
import { each } from './reader.ts';

type Answer = RewriteRule['answers'][number];

export const rewrite = each((line): RewriteRule => {
  // The words of a block are the rule's own, one after the other.
  const words = [...line.args, ...line.properties().flatMap(({ name, args }) => [name, ...args])];
  const next = words[0] === 'continue' || words[0] === 'stop' ? words.shift() : 'stop';
  const field = oneOf(line, (words.shift() ?? '').toLowerCase(), ['name']);
  const type = words.length === 2 ? 'exact' : oneOf(line, (words.shift() ?? '').toLowerCase(), matchTypes);
  const [from, to, ...answers] = words;
  if (from === undefined || to === undefined) throw line.problem('a name to match and one to look up are needed');
  return {
    field,
    match: matchOf(line, type, from, to),
    answers: answersOf(line, answers),
    next: next as RewriteRule['next'],
  };
});

const matchTypes = ['exact', 'prefix', 'suffix', 'substring', 'regex'] as const;

/** The reference ends every text but a regular expression with a dot, that of a prefix too. */
const normalized = (name: string): string => name.toLowerCase().replace(/\.?$/, '.');

const matchOf = (line: Line, type: NameMatch['type'], from: string, to: string): NameMatch =>
  type === 'regex' ? { type, ...replacementOf(line, from, to) } : { type, from: normalized(from), to: normalized(to) };

function replacementOf(line: Line, pattern: string, to: string): { from: RegExp; to: string } {
  const from = regExp(line, pattern);
  const used = Math.max(0, ...[...to.matchAll(/\{(\d{1,3})\}/g)].map(([, number]) => Number(number)));
  const groups = groupsOf(from);
  if (used > groups) throw line.problem(`"${to}" uses group ${used}, but "${pattern}" has ${groups}`);
  return { from, to: normalized(to) };
}

/** answer auto | [answer] name FROM TO | [answer] value FROM TO, in any number. */
function answersOf(line: Line, words: string[]): Answer[] {
  const answers: Answer[] = [];
  if (words.length > 0) oneOf(line, words[0] as string, ['answer']);
  for (let at = 0; at < words.length; ) {
    if (words[at] === 'answer') at++;
    const type = oneOf(line, words[at++] ?? '', ['auto', 'name', 'value']);
    if (type === 'auto') {
      answers.push({ type });
      continue;
    }
    const [from, to] = words.slice(at, at + 2);
    if (from === undefined || to === undefined)
      throw line.problem(`answer ${type} needs a regular expression and a name`);
    answers.push({ type, ...replacementOf(line, from, to) });
    at += 2;
  }
  if (answers.some(({ type }) => type === 'auto') && answers.some(({ type }) => type === 'name')) {
    throw line.problem('answer auto and answer name exclude each other');
  }
  return answers;
}
