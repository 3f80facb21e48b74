// The OpenAPI v2 document as protobuf: message `openapi.v2.Document` of gnostic, the only form in which kubectl and client-go
// read it (api.md §3). The tables below are the part of that format that our document has; the numbers are the format's.

import type { OpenApiV2 } from './openapi-v2.ts';
import { WireWriter } from './wire-writer.ts';

/** Writes a value of the JSON document as a field of that number. */
type Write = (writer: WireWriter, number: number, value: unknown) => void;

/** JSON name to number and form. `extensions` is the number under which the `x-…` properties are. */
interface Fields {
  readonly extensions?: number;
  readonly of: Readonly<Record<string, readonly [number: number, write: Write]>>;
}

export function openApiV2Protobuf(document: OpenApiV2): Uint8Array {
  const writer = new WireWriter();
  writeFields(writer, documentFields, document);
  return writer.finish();
}

const text: Write = (writer, number, value) => writer.text(number, value as string);
const bool: Write = (writer, number, value) => writer.bool(number, value as boolean);

/** A repeated field. */
const each =
  (write: Write): Write =>
  (writer, number, values) => {
    for (const value of values as unknown[]) write(writer, number, value);
  };

/** A message that exists only to hold one field: gnostic has them for alternatives, maps and lists. */
const within =
  (write: Write, inner = 1): Write =>
  (writer, number, value) =>
    writer.nested(number, (message) => write(message, inner, value));

/** A map: a repeated message {1 name, 2 value}. */
const entries =
  (write: Write): Write =>
  (writer, number, map) => {
    for (const [name, value] of Object.entries(map as object)) {
      writer.nested(number, (entry) => {
        entry.text(1, name);
        write(entry, 2, value);
      });
    }
  };

const message =
  (fields: Fields): Write =>
  (writer, number, value) =>
    writer.nested(number, (inner) => writeFields(inner, fields, value as object));

/** Any other value, as YAML text: readers unmarshal that. JSON is YAML. */
const any: Write = within((writer, number, value) => writer.text(number, JSON.stringify(value)), 2);

function writeFields(writer: WireWriter, { of, extensions }: Fields, value: object): void {
  for (const [name, property] of Object.entries(value)) {
    const field = Object.hasOwn(of, name) ? of[name] : undefined;
    if (field) field[1](writer, field[0], property);
    else if (extensions && name.startsWith('x-')) entries(any)(writer, extensions, { [name]: property });
    else throw new Error(`Cannot write the OpenAPI document as protobuf: no field number is known for "${name}"`);
  }
}

// Schemas are within schemas, so their table is reached by a function.
const schema: Write = (writer, number, value) => message(schemaFields)(writer, number, value);
const schemaFields: Fields = {
  of: {
    $ref: [1, text],
    format: [2, text],
    description: [4, text],
    required: [19, each(text)],
    additionalProperties: [21, within(schema)],
    type: [22, within(text)],
    items: [23, within(schema)],
    properties: [25, within(entries(schema))],
  },
  extensions: 31,
};

const bodyFields: Fields = {
  of: { description: [1, text], name: [2, text], in: [3, text], required: [4, bool], schema: [5, schema] },
};
const queryFields: Fields = {
  of: {
    required: [1, bool],
    in: [2, text],
    description: [3, text],
    name: [4, text],
    type: [6, text],
    format: [7, text],
    uniqueItems: [20, bool],
  },
};
const pathFields: Fields = { of: { ...queryFields.of, type: [5, text], format: [6, text], uniqueItems: [19, bool] } };

/** Alternatives in three layers: parameter or reference, body or not, in which part of the URL. */
const parameter: Write = (writer, number, value) => {
  const place = (value as { readonly in: string }).in;
  if (place === 'body') within(within(message(bodyFields)))(writer, number, value);
  else if (place === 'query') within(within(within(message(queryFields), 3), 2))(writer, number, value);
  else if (place === 'path') within(within(within(message(pathFields), 4), 2))(writer, number, value);
  else throw new Error(`Cannot write the OpenAPI document as protobuf: there are no parameters in "${place}"`);
};

const response: Write = message({ of: { description: [1, text], schema: [2, within(schema)] } });

const operation: Write = message({
  of: {
    tags: [1, each(text)],
    description: [3, text],
    operationId: [5, text],
    produces: [6, each(text)],
    consumes: [7, each(text)],
    parameters: [8, each(parameter)],
    responses: [9, within(entries(within(response)))],
  },
  extensions: 13,
});

const pathItem: Write = message({
  of: {
    get: [2, operation],
    put: [3, operation],
    post: [4, operation],
    delete: [5, operation],
    patch: [8, operation],
    parameters: [9, each(parameter)],
  },
});

const documentFields: Fields = {
  of: {
    swagger: [1, text],
    info: [2, message({ of: { title: [1, text], version: [2, text] } })],
    paths: [8, within(entries(pathItem), 2)],
    definitions: [9, within(entries(schema))],
  },
};
