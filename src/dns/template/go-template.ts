// The part of Go's text/template (https://pkg.go.dev/text/template) that puts fields of a question into a text.

/** What a template may name. */
export interface TemplateFields {
  /** Of the question, with its final dot. */
  readonly Name: string;
  readonly Zone: string;
  readonly Class: string;
  readonly Type: string;
  /** The client's address. */
  readonly Remote: string;
  /** What the pattern matched: the whole, then each group. */
  readonly Match: readonly string[];
  /** Groups that have a name. */
  readonly Group: Readonly<Record<string, string>>;
}

export type Template = (fields: TemplateFields) => string;

export class TemplateError extends Error {
  override name = 'TemplateError';
}

const plain = ['Name', 'Zone', 'Class', 'Type', 'Remote'] as const;

/** Throws TemplateError for what is not understood. */
export function compileTemplate(text: string): Template {
  const pieces = text.split(/\{\{-?\s*(.*?)\s*-?\}\}/s);
  const parts = pieces.map((piece, i) => (i % 2 === 0 ? () => piece : compileAction(piece)));
  if (pieces.some((piece, i) => i % 2 === 0 && /\{\{|\}\}/.test(piece))) {
    throw new TemplateError(`"${text}": {{ and }} do not match`);
  }
  return (fields) => parts.map((part) => part(fields)).join('');
}

function compileAction(action: string): Template {
  const name = plain.find((field) => action === `.${field}`);
  if (name) return (fields) => fields[name];
  const [, group] = /^(?:\.Group\.(\w+))$/.exec(action) ?? /^index \.Group "(\w+)"$/.exec(action) ?? [];
  if (group) return ({ Group }) => Group[group] ?? '';
  const [, at] = /^index \.Match (\d{1,3})$/.exec(action) ?? [];
  if (at) return ({ Match }) => Match[Number(at)] ?? '';
  const known = [...plain.map((field) => `.${field}`), '.Group.NAME', 'index .Match N'].join(', ');
  throw new TemplateError(`"{{ ${action} }}" is not understood; there are ${known}`);
}
