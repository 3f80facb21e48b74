// The little language in which the wire types are declared. One declaration is the single source of a kind's TypeScript
// type, its protobuf field numbers, its unknown-field and type checks, its strategic-merge keys and its OpenAPI schema.
// Pure data; what is done with it lives in the other files of this folder.

/** How a value is written in JSON and, for the scalars, on the protobuf wire (spec/api.md §4). */
export type ScalarName =
  | 'string'
  | 'bool'
  | 'int32'
  | 'int64'
  /** Base64 text in JSON, raw octets on the wire. */
  | 'bytes'
  /** RFC 3339 text in JSON with whole seconds; message {1 seconds, 2 nanos} on the wire. */
  | 'time'
  /** RFC 3339 text in JSON with microseconds; same message on the wire. */
  | 'microTime'
  /** `"100m"`; message {1 string} on the wire. */
  | 'quantity'
  /** Number or string; message {1 type, 2 int, 3 string} on the wire. */
  | 'intOrString'
  /** metav1.FieldsV1: any JSON object; message {1 raw JSON} on the wire. */
  | 'fieldsV1'
  /** runtime.RawExtension: any JSON value; message {1 raw JSON} on the wire. */
  | 'rawExtension';

export interface Scalar<T = unknown> {
  readonly is: 'scalar';
  readonly scalar: ScalarName;
  readonly type?: T;
}
export interface List<T = unknown> {
  readonly is: 'list';
  readonly of: Type;
  readonly type?: T;
}
export interface StringMap<T = unknown> {
  readonly is: 'map';
  readonly of: Type;
  readonly type?: T;
}
export interface Message<T = unknown> {
  readonly is: 'message';
  /** Group package and Go name, for example `core.v1.ServicePort`. */
  readonly name: string;
  readonly doc: string;
  readonly fields: Readonly<Record<string, Field>>;
  readonly inlines: readonly Inline[];
  /** Server-side apply: owned as a whole, wherever it is a field. */
  readonly atomic?: boolean;
  readonly type?: T;
}
export type Type = Scalar | List | StringMap | Message;

/** Presence of a field: `required` is always written, `optional` is left out when zero, `pointer` keeps an explicit zero. */
export type Presence = 'required' | 'optional' | 'pointer';

export interface MergeRules {
  /** Strategic merge: lists merge instead of being replaced, by `mergeKey` or, without one, as a set of scalars. */
  readonly merge?: boolean;
  readonly mergeKey?: string;
  /** Strategic merge: `$retainKeys` applies. */
  readonly retainKeys?: boolean;
  /** Strategic merge: the whole map is replaced. */
  readonly replace?: boolean;
  /** Server-side apply topology of a list; lists are atomic when this is absent. */
  readonly listType?: 'atomic' | 'set' | 'map';
  readonly listMapKeys?: readonly string[];
  readonly mapType?: 'atomic' | 'granular';
  /** What the field counts as where it is left out of an item's keys; OpenAPI says it, too. */
  readonly default?: string | number;
  /** Of a `required` field: OpenAPI does not demand it, for the server writes it when a user has left it out. */
  readonly omittable?: boolean;
}

export interface Field<T = unknown, P extends Presence = Presence> {
  readonly number: number;
  readonly of: Type;
  readonly presence: P;
  readonly doc: string;
  readonly rules: MergeRules;
  readonly type?: T;
}

/** A Go-embedded struct: a nested message on the protobuf wire, flattened into its parent in JSON. */
export interface Inline<T = unknown> {
  readonly number: number;
  readonly of: Message<T>;
}

/** The TypeScript type of a declared message. */
export type Infer<M> = M extends { readonly type?: infer T } ? NonNullable<T> : never;

type Simplify<T> = { [K in keyof T]: T[K] } & {};
type ShapeOf<F> = Simplify<
  {
    [K in keyof F as F[K] extends Field<unknown, 'required'> ? K : never]: F[K] extends Field<infer T> ? T : never;
  } & {
    [K in keyof F as F[K] extends Field<unknown, 'required'> ? never : K]?: F[K] extends Field<infer T> ? T : never;
  }
>;
type InlineShape<I extends readonly Inline[]> = I extends readonly [Inline<infer A>, ...infer R extends Inline[]]
  ? A & InlineShape<R>
  : unknown;

const scalar = <T>(name: ScalarName): Scalar<T> => ({ is: 'scalar', scalar: name });
export const string = scalar<string>('string');
export const bool = scalar<boolean>('bool');
export const int32 = scalar<number>('int32');
export const int64 = scalar<number>('int64');
export const bytes = scalar<string>('bytes');
export const time = scalar<string>('time');
export const microTime = scalar<string>('microTime');
export const quantity = scalar<string>('quantity');
export const intOrString = scalar<number | string>('intOrString');
export const fieldsV1 = scalar<Record<string, unknown>>('fieldsV1');
export const rawExtension = scalar<unknown>('rawExtension');

export const list = <T>(of: { readonly type?: T } & Type): List<NonNullable<T>[]> => ({ is: 'list', of });
export const map = <T>(of: { readonly type?: T } & Type): StringMap<Record<string, NonNullable<T>>> => ({
  is: 'map',
  of,
});

type Rules = MergeRules & { readonly doc?: string };
function field<T, P extends Presence>(
  number: number,
  of: { readonly type?: T } & Type,
  presence: P,
  { doc = '', ...rules }: Rules,
): Field<NonNullable<T>, P> {
  return { number, of, presence, doc, rules };
}
/** A field that is always present in JSON. */
export const required = <T>(number: number, of: { readonly type?: T } & Type, rules: Rules = {}) =>
  field(number, of, 'required', rules);
/** A field that is left out of JSON when it has its zero value. */
export const optional = <T>(number: number, of: { readonly type?: T } & Type, rules: Rules = {}) =>
  field(number, of, 'optional', rules);
/** A field whose absence differs from its zero value. */
export const pointer = <T>(number: number, of: { readonly type?: T } & Type, rules: Rules = {}) =>
  field(number, of, 'pointer', rules);
export const inline = <T>(number: number, of: Message<T>): Inline<T> => ({ number, of });

export function message<F extends Record<string, Field>, const I extends readonly Inline[] = []>(
  name: string,
  doc: string,
  fields: F,
  inlines?: I,
): Message<Simplify<ShapeOf<F> & InlineShape<I>>> {
  return { is: 'message', name, doc, fields, inlines: inlines ?? [] };
}

/** A struct that is owned as a whole: changing a part of it is changing it. */
export const atomic = <T>(of: Message<T>): Message<T> => ({ ...of, atomic: true });
