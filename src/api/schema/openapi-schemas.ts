// Messages as OpenAPI v3 schemas, under the names and with the extensions that kubectl looks for (api.md §3):
// patch strategies for `apply`, list and map topology for server-side apply, descriptions for `explain`.

import type { Field, MergeRules, Message, Scalar, Type } from './dsl.ts';
import { fieldsOf } from './fields.ts';

export type Schema = Readonly<Record<string, unknown>>;

const meta = 'io.k8s.apimachinery.pkg.apis.meta.v1';

/** The schema name of a message: `core.v1.ServicePort` is `io.k8s.api.core.v1.ServicePort`. */
export const schemaName = ({ name }: Message): string =>
  name.startsWith('meta.v1.') ? `${meta}.${name.slice('meta.v1.'.length)}` : `io.k8s.api.${name}`;

const schemaRoot = '#/components/schemas/';
export const refTo = (name: string): Schema => ({ $ref: `${schemaRoot}${name}` });
/** The name of the schema that a $ref leads to. */
export const referenceTarget = ($ref: string): string => $ref.slice(schemaRoot.length);

/** Scalars that upstream gives a named schema of their own. */
const named: Partial<Record<Scalar['scalar'], { name: string; schema: Schema }>> = {
  time: {
    name: `${meta}.Time`,
    schema: { type: 'string', format: 'date-time', description: 'A point in time as RFC 3339 text, to the second.' },
  },
  microTime: {
    name: `${meta}.MicroTime`,
    schema: {
      type: 'string',
      format: 'date-time',
      description: 'A point in time as RFC 3339 text, to the microsecond.',
    },
  },
  quantity: {
    name: 'io.k8s.apimachinery.pkg.api.resource.Quantity',
    schema: {
      oneOf: [{ type: 'string' }, { type: 'number' }],
      description: 'An amount of a resource: a number with an optional suffix, such as 100m, 1.5, 64Mi or 2e3.',
    },
  },
  intOrString: {
    name: 'io.k8s.apimachinery.pkg.util.intstr.IntOrString',
    schema: {
      oneOf: [{ type: 'integer' }, { type: 'string' }],
      format: 'int-or-string',
      description: 'A number, or a text such as the name of a port or a percentage.',
    },
  },
  fieldsV1: {
    name: `${meta}.FieldsV1`,
    schema: { type: 'object', description: 'A set of fields as a trie, in the notation of server-side apply.' },
  },
  rawExtension: {
    name: 'io.k8s.apimachinery.pkg.runtime.RawExtension',
    schema: { type: 'object', description: 'An object of any kind.' },
  },
};

const plain: Partial<Record<Scalar['scalar'], Schema>> = {
  string: { type: 'string' },
  bool: { type: 'boolean' },
  int32: { type: 'integer', format: 'int32' },
  int64: { type: 'integer', format: 'int64' },
  bytes: { type: 'string', format: 'byte' },
};

/** Collects the schemas of messages and of all they refer to. */
export class SchemaCollection {
  readonly #schemas = new Map<string, Schema>();

  /** Adds the message; `extensions` go on its schema, even if it is there already. Returns a reference to it. */
  add(message: Message, extensions: Schema = {}): Schema {
    const name = schemaName(message);
    if (!this.#schemas.has(name)) {
      // Reserves the place first, so that a message that contains itself would end here.
      this.#schemas.set(name, {});
      this.#schemas.set(name, this.#objectSchema(message));
    }
    this.#schemas.set(name, { ...this.#schemas.get(name), ...extensions });
    return refTo(name);
  }

  addNamed(name: string, schema: Schema): Schema {
    this.#schemas.set(name, schema);
    return refTo(name);
  }

  toJSON(): Record<string, Schema> {
    return Object.fromEntries([...this.#schemas].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  #objectSchema(message: Message): Schema {
    const fields = [...fieldsOf(message)];
    const required = fields.filter(([, field]) => isMandatory(field)).map(([name]) => name);
    return {
      ...(message.doc && { description: message.doc }),
      type: 'object',
      ...(message.atomic && { 'x-kubernetes-map-type': 'atomic' }),
      properties: Object.fromEntries(fields.map(([name, field]) => [name, this.#property(field)])),
      ...(required.length > 0 && { required }),
    };
  }

  #property({ of, presence, doc, rules }: Field): Schema {
    const described = { ...(doc && { description: doc }), ...extensionsOf(of, rules) };
    const schema = this.#typeSchema(of);
    // Nothing may stand beside a $ref, so it goes into an allOf, which kubectl knows to look through.
    if (!('$ref' in schema)) return { ...described, ...schema };
    return { ...described, ...(presence !== 'pointer' && of.is === 'message' && { default: {} }), allOf: [schema] };
  }

  #typeSchema(type: Type): Schema {
    switch (type.is) {
      case 'message':
        return this.add(type);
      case 'list':
        return { type: 'array', items: this.#itemSchema(type.of) };
      case 'map':
        return { type: 'object', additionalProperties: this.#itemSchema(type.of) };
      case 'scalar': {
        const own = named[type.scalar];
        return own ? this.addNamed(own.name, own.schema) : (plain[type.scalar] ?? {});
      }
    }
  }

  #itemSchema(type: Type): Schema {
    const schema = this.#typeSchema(type);
    return '$ref' in schema ? { allOf: [schema], ...(type.is === 'message' && { default: {} }) } : schema;
  }
}

/** Whether a user must give the field. Structs may always be left out: they are empty then. */
const isMandatory = ({ presence, of, rules }: Field): boolean =>
  presence === 'required' && of.is !== 'message' && !rules.omittable;

function extensionsOf(of: Type, rules: MergeRules): Schema {
  const strategies = [
    ...(rules.merge ? ['merge'] : []),
    ...(rules.retainKeys ? ['retainKeys'] : []),
    ...(rules.replace ? ['replace'] : []),
  ];
  return {
    ...(strategies.length > 0 && { 'x-kubernetes-patch-strategy': strategies.join(',') }),
    ...(rules.mergeKey && { 'x-kubernetes-patch-merge-key': rules.mergeKey }),
    ...(of.is === 'list' && { 'x-kubernetes-list-type': rules.listType ?? 'atomic' }),
    ...(rules.listMapKeys && { 'x-kubernetes-list-map-keys': rules.listMapKeys }),
    ...(rules.mapType && { 'x-kubernetes-map-type': rules.mapType }),
    ...(rules.default !== undefined && { default: rules.default }),
  };
}
