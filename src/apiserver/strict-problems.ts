// What `fieldValidation` has to say of a body (api.md §9): unknown and repeated fields, in upstream's words and order. A
// JSON body's come as they stand in its text; those of YAML and of patches, which pass through Go maps there, begin with
// what is repeated and go on by name.

import { isObject } from '#api/schema/json.ts';
import { fieldPositions } from '#api/schema/parse-json.ts';

export interface Findings {
  /** Paths of fields that the schema does not know. */
  readonly unknown: readonly string[];
  /** Paths of fields that were given twice. */
  readonly duplicates: readonly string[];
}
/** Where the findings were made, as far as it matters to how they are told. */
export interface Source {
  /** The text of a JSON body. */
  readonly json?: string | undefined;
  /** What was found in a patch, which is no object itself: said already. */
  readonly said?: readonly string[] | undefined;
  /** What the parser of a YAML body says of `duplicates`. */
  readonly lines?: readonly string[] | undefined;
}

/** Each problem by itself, as warnings have them. */
export function eachProblem({ unknown, duplicates }: Findings, { json, said, lines }: Source): string[] {
  const unknownText = (path: string) => `unknown field ${JSON.stringify(path)}`;
  const repeatedText = (path: string) => `duplicate field ${JSON.stringify(path)}`;
  if (json === undefined) {
    return [...(said ?? lines ?? duplicates.map(repeatedText)), ...[...unknown].sort().map(unknownText)];
  }
  // What is below an unknown field is nobody's business, and it is told once.
  const repeated = duplicates.filter((path) => !unknown.some((above) => isWithin(path, above)));
  const texts = [...unknown.map(unknownText), ...repeated.map(repeatedText)];
  if (unknown.length === 0 || repeated.length === 0) return texts;
  const at = fieldPositions(json, { first: new Set(unknown), second: new Set(repeated) });
  const places = [...unknown.map((path) => at.first.get(path)), ...repeated.map((path) => at.second.get(path))];
  return texts
    .map((text, index) => ({ text, place: places[index] ?? json.length }))
    .sort((a, b) => a.place - b.place)
    .map(({ text }) => text);
}

const isWithin = (path: string, above: string): boolean =>
  path === above || path.startsWith(`${above}.`) || path.startsWith(`${above}[`);

/** All of them, as a refusal has them. */
export function strictError(findings: Findings, source: Source): string | undefined {
  const problems = eachProblem(findings, source);
  if (problems.length === 0) return undefined;
  const lines = source.lines?.length ?? 0;
  const yaml = `yaml: unmarshal errors:\n${problems
    .slice(0, lines)
    .map((line) => `  ${line}`)
    .join('\n')}`;
  const texts = lines > 0 ? [yaml, ...problems.slice(lines)] : problems;
  return `strict decoding error: ${texts.join(', ')}`;
}

const operationFields = ['op', 'path', 'from', 'value'];

/** The same of the operations of a JSON patch. */
export function jsonPatchProblems(operations: unknown, duplicates: readonly string[]): string[] {
  const list: unknown[] = Array.isArray(operations) ? operations : [];
  const unknown = list.flatMap((operation, index) =>
    Object.keys(isObject(operation) ? operation : {})
      .filter((name) => !operationFields.includes(name))
      .map((name) => `[${index}].${name}`),
  );
  // What is inside of a value is the document's matter.
  const repeated = duplicates.filter((path) => /^\[\d+\]\.[a-z]+$/.test(path) && !unknown.includes(path));
  return [
    ...unknown.map((path) => `json patch unknown field ${JSON.stringify(path)}`),
    ...repeated.map((path) => `json patch duplicate field ${JSON.stringify(path)}`),
  ].slice(0, maxProblems);
}

/** Nobody reads more. */
const maxProblems = 100;
