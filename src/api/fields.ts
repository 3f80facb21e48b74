// Field selectors (api.md §7): `k=v`, `k==v`, `k!=v`, joined by commas, with `\` before a literal `\`, `,` or `=`.
// Parsing only; which fields a kind can be selected by is its `selectableFields`.

import { badRequest } from './errors.ts';

export interface FieldRequirement {
  readonly field: string;
  readonly op: '=' | '!=';
  readonly value: string;
}

/** Throws 400 when `text` is no field selector. An empty one has no requirements. */
export function parseFieldSelector(text: string): FieldRequirement[] {
  return splitTerms(text)
    .filter((term) => term !== '')
    .map((term) => parseTerm(text, term));
}

function splitTerms(text: string): string[] {
  const terms: string[] = [''];
  for (const part of text.match(/\\.|./gs) ?? []) {
    if (part === ',') terms.push('');
    else terms[terms.length - 1] += part;
  }
  return terms;
}

function parseTerm(selector: string, term: string): FieldRequirement {
  const match = /^([^!=]*)(!=|==|=)(.*)$/s.exec(term);
  if (!match) throw badRequest(`invalid selector: '${selector}'; can't understand '${term}'`);
  const [, field = '', operator, value = ''] = match;
  return { field, op: operator === '!=' ? '!=' : '=', value: unescaped(value) };
}

function unescaped(value: string): string {
  const wrong = /\\([^\\,=]|$)/.exec(value.replaceAll(/\\[\\,=]/g, ''));
  if (wrong) throw badRequest(`invalid field selector: invalid escape sequence: ${wrong[0]}`);
  if (value.replaceAll(/\\./gs, '').includes('=')) {
    throw badRequest('invalid field selector: unescaped character in value: =');
  }
  return value.replaceAll(/\\(.)/gs, '$1');
}
