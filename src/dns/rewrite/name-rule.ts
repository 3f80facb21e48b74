// One rule for names: what it makes of the question's name, and what turns names of the response back (CoreDNS's plugin
// rewrite, field `name`). Texts are names in presentation form, with the final dot.

import type { NameMatch, RewriteRule } from '../config/settings.ts';

export type Rename = (text: string) => string;

/** For a name that a record belongs to, or one that it leads to. */
export interface Reversal {
  readonly of: 'name' | 'value';
  readonly rename: Rename;
}

export interface Rewritten {
  readonly to: string;
  /** To be applied in this order. */
  readonly reversals: readonly Reversal[];
}

/** Undefined when the rule does not fit. @param name in lower case. */
export function rewritten({ match, answers }: RewriteRule, name: string): Rewritten | undefined {
  const to = renamedBy(match, name);
  if (to === undefined) return undefined;
  const explicit = answers.flatMap((answer): Reversal[] =>
    answer.type === 'auto'
      ? []
      : [{ of: answer.type, rename: (text) => replaced(answer.from, answer.to, text) ?? text }],
  );
  // A name that is exchanged for exactly one other is always turned back.
  const isAutomatic = match.type === 'exact' || answers.some(({ type }) => type === 'auto');
  return { to, reversals: [...explicit.reverse(), ...(isAutomatic ? automatic(match, name, to) : [])] };
}

function renamedBy(match: NameMatch, name: string): string | undefined {
  const { from, to } = match;
  switch (match.type) {
    case 'exact':
      return name === from ? to : undefined;
    case 'prefix':
      return name.startsWith(match.from) ? to + name.slice(match.from.length) : undefined;
    case 'suffix':
      return withoutSuffix(name, match.from, to);
    case 'substring':
      return name.includes(match.from) ? name.replaceAll(match.from, () => to) : undefined;
    case 'regex':
      return replaced(match.from, to, name);
  }
}

function automatic(match: NameMatch, asked: string, to: string): Reversal[] {
  const rename: Rename =
    match.type === 'suffix'
      ? (text) => withoutSuffix(text, match.to, match.from) ?? text
      : (text) => (text === to ? asked : (withoutSuffix(text, `.${to}`, `.${asked}`) ?? text));
  return [
    { of: 'value', rename },
    { of: 'name', rename },
  ];
}

const withoutSuffix = (text: string, suffix: string, instead: string): string | undefined =>
  text.endsWith(suffix) ? text.slice(0, text.length - suffix.length) + instead : undefined;

/** The whole text becomes `to`, in which `{1}` is the first group. Undefined when the pattern is not found. */
function replaced(pattern: RegExp, to: string, text: string): string | undefined {
  const groups = pattern.exec(text);
  if (!groups) return undefined;
  return to.replace(/\{(\d{1,3})\}/g, (all, digits) => (Number(digits) < groups.length ? (groups[digits] ?? '') : all));
}
