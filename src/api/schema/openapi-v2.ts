// The OpenAPI v2 (Swagger 2.0) document of all kinds (api.md §3): what openapi.ts says of them, put where the older format
// has it. kubectl checks the objects of a `kind: List` against it before it sends them; kubectl before 1.29 needs it for
// every `apply`.

import type { Kind } from '../kind.ts';
import { describeKinds, type PathItem } from './openapi.ts';
import { referenceTarget, type Schema } from './openapi-schemas.ts';

export interface OpenApiV2 {
  readonly swagger: '2.0';
  readonly info: { readonly title: string; readonly version: string };
  readonly paths: Readonly<Record<string, PathItem>>;
  readonly definitions: Readonly<Record<string, Schema>>;
}

/** The document that `/openapi/v2` answers. */
export function openApiV2(kinds: readonly Kind[]): OpenApiV2 {
  const { info, paths, schemas } = describeKinds(kinds);
  return {
    swagger: '2.0',
    info,
    paths: mapValues(paths, (path) => toPathItem(path as Record<string, Operation | Parameter[]>)),
    definitions: mapValues(schemas, toDefinition),
  };
}

interface Parameter {
  readonly schema: Schema;
}
interface Content {
  readonly content: Readonly<Record<string, { readonly schema: Schema }>>;
}
interface Operation {
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: Content & { readonly required: boolean };
  readonly responses: Readonly<Record<string, Partial<Content>>>;
}

const toPathItem = (item: Readonly<Record<string, Operation | readonly Parameter[]>>): PathItem =>
  mapValues(item, (value) => ('responses' in value ? toOperation(value) : value.map(toParameter)));

function toOperation({ parameters = [], requestBody, responses, ...rest }: Operation): PathItem {
  const answers = Object.values(responses).find((response) => response.content)?.content ?? {};
  const all = [...(requestBody ? [bodyParameter(requestBody)] : []), ...parameters.map(toParameter)];
  return {
    ...rest,
    ...(requestBody && { consumes: Object.keys(requestBody.content) }),
    produces: Object.keys(answers),
    ...(all.length > 0 && { parameters: all }),
    responses: mapValues(responses, toResponse),
  };
}

/** A parameter has its type itself, not in a schema. */
const toParameter = ({ schema, ...rest }: Parameter): Schema => ({ ...rest, ...schema });

/** The body is one of the parameters; its media types are the operation's. */
const bodyParameter = ({ required, content }: Content & { readonly required: boolean }): Schema => ({
  name: 'body',
  in: 'body',
  ...(required && { required }),
  schema: schemaOf(content),
});

const toResponse = ({ content, ...rest }: Partial<Content>): Schema => ({
  ...rest,
  ...(content && { schema: schemaOf(content) }),
});

/** The schema of a body is the same in all its media types. */
const schemaOf = (content: Content['content']): Schema => toDefinition(Object.values(content)[0]?.schema ?? {});

interface SchemaParts extends Schema {
  readonly $ref?: string;
  readonly allOf?: readonly [Schema];
  readonly oneOf?: readonly Schema[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema;
}

function toDefinition(schema: Schema): Schema {
  // Defaults are of version 3 only, as upstream.
  const { $ref, allOf, oneOf, items, properties, additionalProperties, default: _, ...rest } = schema as SchemaParts;
  if (allOf) return toDefinition({ ...rest, ...allOf[0] });
  if ($ref) return reference($ref, rest);
  return {
    ...rest,
    // There are no alternatives in this format. Those that we have are texts that may be numbers, and kubectl lets
    // numbers pass as strings.
    ...(oneOf && { type: 'string' }),
    ...(items && { items: toDefinition(items) }),
    ...(properties && { properties: mapValues(properties, toDefinition) }),
    ...(additionalProperties && { additionalProperties: toDefinition(additionalProperties) }),
  };
}

/** Here description and extensions do stand beside a $ref, where `explain` and `apply` look for them. */
const reference = ($ref: string, rest: Schema): Schema => ({
  ...rest,
  $ref: `#/definitions/${referenceTarget($ref)}`,
});

const mapValues = <T, R>(record: Readonly<Record<string, T>>, change: (value: T) => R): Record<string, R> =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
