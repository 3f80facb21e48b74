// Holds a decoded JSON value against its message: which fields nobody knows, and the first value of a wrong type, in
// the words of Go's decoder, because people search for them (api.md §9). Null is the same as absent, as in Go.

import type { Message, Scalar, Type } from './dsl.ts';
import { fieldsOf, shortName } from './fields.ts';
import { goName } from './go-names.ts';
import { isObject, jsonType } from './json.ts';
import { quantityError } from './quantity.ts';
import { timeError } from './time.ts';

export { type ParsedJson, parseJson } from './parse-json.ts';
export { prune } from './prune.ts';

/** Nobody reads more; upstream stops there too. */
const maxUnknown = 100;
const longestPath = 1024;

export interface FieldCheck {
  /** Paths such as `spec.template.spec.containers[0].foo`, in order of appearance. */
  readonly unknown: string[];
  readonly typeError?: string;
}

export function checkFields(message: Message, value: unknown): FieldCheck {
  if (!isObject(value)) {
    return {
      unknown: [],
      typeError: `json: cannot unmarshal ${jsonType(value)} into Go value of type ${goType(message)}`,
    };
  }
  const checker = new Checker();
  checker.check(message, value);
  return { unknown: checker.unknown, ...(checker.typeError !== undefined && { typeError: checker.typeError }) };
}

class Checker {
  readonly unknown: string[] = [];
  typeError: string | undefined;
  /** Every step from the root: `.spec`, `[0]`. */
  readonly #path: string[] = [];
  /** Only the names of fields, which is what Go's decoder reports. */
  readonly #fields: string[] = [];
  /** The innermost message that is looked into. */
  #message: Message | undefined;

  check(type: Type, value: unknown): void {
    if (value === null || value === undefined) return;
    switch (type.is) {
      case 'message':
        if (isObject(value)) this.#checkMessage(type, value);
        else this.#mismatch(type, jsonType(value));
        break;
      case 'list':
        if (Array.isArray(value)) for (const [at, item] of value.entries()) this.#step(`[${at}]`, type.of, item);
        else this.#mismatch(type, jsonType(value));
        break;
      case 'map':
        if (isObject(value)) for (const key of Object.keys(value)) this.#step(`.${key}`, type.of, value[key]);
        else this.#mismatch(type, jsonType(value));
        break;
      case 'scalar':
        if (this.typeError === undefined) this.#checkScalar(type, value);
    }
  }

  #checkMessage(message: Message, value: Record<string, unknown>): void {
    const fields = fieldsOf(message);
    const outer = this.#message;
    for (const key of Object.keys(value)) {
      const field = fields.get(key);
      if (field) {
        this.#message = message;
        this.#fields.push(key);
        this.#step(`.${key}`, field.of, value[key]);
        this.#fields.pop();
      } else if (this.unknown.length < maxUnknown) {
        this.unknown.push([...this.#path, `.${key}`].join('').slice(1, longestPath));
      }
    }
    this.#message = outer;
  }

  #step(step: string, type: Type, value: unknown): void {
    this.#path.push(step);
    this.check(type, value);
    this.#path.pop();
  }

  #checkScalar(type: Scalar, value: unknown): void {
    const found = jsonType(value);
    switch (type.scalar) {
      case 'string':
      case 'bool':
        if (found !== type.scalar) this.#mismatch(type, found);
        break;
      case 'int32':
      case 'int64':
        if (found !== 'number') this.#mismatch(type, found);
        else if (!isInteger(type.scalar, value as number)) this.#mismatch(type, `number ${value}`);
        break;
      case 'bytes':
        if (typeof value !== 'string') this.#mismatch(type, found);
        else this.#fail(base64Error(value));
        break;
      case 'time':
      case 'microTime':
        this.#fail(typeof value === 'string' ? timeError(value) : bareMismatch(found, 'string'));
        break;
      case 'quantity':
        // The decoder reads numbers by their text, and refuses everything else by the same rule as bad text.
        this.#fail(quantityError(typeof value === 'string' ? value : JSON.stringify(value)));
        break;
      case 'intOrString':
        if (typeof value !== 'string' && !isInteger('int32', value)) {
          this.#fail(bareMismatch(found === 'number' ? `number ${value}` : found, 'int32'));
        }
        break;
      case 'fieldsV1':
      case 'rawExtension':
        break;
    }
  }

  #mismatch(type: Type, found: string): void {
    if (this.typeError !== undefined) return;
    const struct = this.#message ? shortName(this.#message) : '';
    const name = this.#message && goName(this.#message, this.#fields.at(-1) ?? '');
    this.#fail(
      `json: cannot unmarshal ${found} into Go struct field ${struct}.${this.#fields.join('.')} of type ${goType(type, name)}`,
    );
  }

  #fail(text: string | undefined): void {
    this.typeError ??= text;
  }
}

const bareMismatch = (found: string, goName: string): string =>
  `json: cannot unmarshal ${found} into Go value of type ${goName}`;

const isInteger = (size: 'int32' | 'int64', value: unknown): boolean =>
  size === 'int64' ? Number.isSafeInteger(value) : Number.isInteger(value) && value === ((value as number) | 0);

function base64Error(text: string): string | undefined {
  const dense = text.replaceAll(/[\r\n]/g, '');
  const end = dense.search(/[^A-Za-z0-9+/]/);
  if (end < 0 && dense.length % 4 === 0) return undefined;
  const padding = end < 0 ? '' : dense.slice(end);
  if ((padding === '=' || padding === '==') && dense.length % 4 === 0) return undefined;
  return `illegal base64 data at input byte ${end < 0 ? dense.length : end}`;
}

const goScalars: Record<Scalar['scalar'], string> = {
  string: 'string',
  bool: 'bool',
  int32: 'int32',
  int64: 'int64',
  bytes: '[]uint8',
  time: 'v1.Time',
  microTime: 'v1.MicroTime',
  quantity: 'resource.Quantity',
  intOrString: 'intstr.IntOrString',
  fieldsV1: 'v1.FieldsV1',
  rawExtension: 'runtime.RawExtension',
};

/** @param name of a type that has one of its own: a string's, or a map's of amounts */
function goType(type: Type, name?: string): string {
  switch (type.is) {
    case 'scalar':
      return name ?? goScalars[type.scalar];
    case 'list':
      return `[]${goType(type.of, name)}`;
    case 'map':
      return name === 'v1.ResourceList' ? name : `map[string]${goType(type.of, name)}`;
    case 'message':
      return type.name.split('.').slice(-2).join('.');
  }
}
