// Holds an applied configuration against the schema as far as merging needs it, in the words of upstream's typed values:
// fields that are not declared, values that cannot be what they should be, items of lists that cannot be told apart.

import type { Message, Scalar, Type } from '../dsl.ts';
import { fieldsOf } from '../fields.ts';
import { goText } from '../go-text.ts';
import { isObject, type JsonObject } from '../json.ts';
import { formatElement } from './path-element.ts';
import { keyOfItem, type Shape, shapeBelow, shapeOf, shapeOfField } from './shape.ts';

/** Nobody reads more. */
const maxErrors = 100;

/** Undefined when all is well. */
export function checkApplied(message: Message, config: unknown): string | undefined {
  const errors: string[] = [];
  check({ type: message, shape: shapeOf(message) }, config, '', errors);
  if (errors.length <= 1) return errors[0];
  return ['errors:', ...errors.slice(0, maxErrors).map((error) => `  ${error}`)].join('\n');
}

interface Place {
  readonly type: Type;
  readonly shape: Shape | undefined;
}

function check(place: Place, value: unknown, path: string, errors: string[]): void {
  const { type } = place;
  if (value === null || value === undefined || errors.length >= maxErrors) return;
  const fail = (text: string): number => errors.push(path ? `${path}: ${text}` : text);
  switch (type.is) {
    case 'message':
      if (isObject(value)) checkMessage(type, value, path, errors);
      else fail(`expected map, got ${goValue(value)}`);
      break;
    case 'map':
      if (isObject(value)) {
        for (const key of Object.keys(value).sort())
          check(placeBelow(place, key), value[key], `${path}.${key}`, errors);
      } else fail(`expected map, got ${goValue(value)}`);
      break;
    case 'list':
      if (Array.isArray(value)) checkItems(place, type.of, value, path, errors);
      else fail(`expected list, got ${goValue(value)}`);
      break;
    case 'scalar': {
      const wrong = scalarError(type, value);
      if (wrong) fail(wrong);
    }
  }
}

const placeBelow = ({ type, shape }: Place, key: string): Place => ({
  type: type.is === 'map' ? type.of : type,
  shape: shape && shapeBelow(shape, `f:${key}`),
});

function checkMessage(message: Message, value: JsonObject, path: string, errors: string[]): void {
  const fields = fieldsOf(message);
  for (const key of Object.keys(value).sort()) {
    const field = fields.get(key);
    if (!field) {
      errors.push(`${path}.${key}: field not declared in schema`);
      return;
    }
    check({ type: field.of, shape: shapeOfField(field) }, value[key], `${path}.${key}`, errors);
  }
}

function checkItems({ shape }: Place, of: Type, items: unknown[], path: string, errors: string[]): void {
  const seen = new Set<string>();
  for (const [index, item] of items.entries()) {
    let step = `[${index}]`;
    if (shape?.is === 'keyed' || shape?.is === 'set') {
      const element = shape.is === 'set' ? memberOf(item) : itemOf(shape, item);
      if (element.error !== undefined) {
        errors.push(`${path}: element ${index}: ${element.error}`);
        return;
      }
      step = formatElement(element.text);
      if (seen.has(element.text)) errors.push(`${path}: duplicate entries for key ${step}`);
      seen.add(element.text);
    }
    check({ type: of, shape: of.is === 'message' ? shapeOf(of) : undefined }, item, `${path}${step}`, errors);
  }
}

type Element = { readonly text: string; readonly error?: undefined } | { readonly error: string };

function itemOf(shape: Extract<Shape, { is: 'keyed' }>, item: unknown): Element {
  if (item === null) return { error: 'associative list with keys may not have a null element' };
  if (!isObject(item)) return { error: 'associative list with keys may not have non-map elements' };
  const text = keyOfItem(shape, item);
  if (text !== undefined) return { text };
  const names = shape.keys.map(({ name }) => JSON.stringify(name)).join(' ');
  return {
    error: `associative list with keys has an element that omits all key fields [${names}] (and doesn't have default values for any key fields)`,
  };
}

function memberOf(item: unknown): Element {
  if (item === null) return { error: "associative list without keys has an element that's an explicit null" };
  if (Array.isArray(item)) return { error: 'not supported: associative list with lists as elements' };
  if (isObject(item)) return { error: "associative list without keys has an element that's a map type" };
  return { text: `v:${JSON.stringify(item)}` };
}

function scalarError({ scalar }: Scalar, value: unknown): string | undefined {
  const isContainer = typeof value === 'object';
  switch (scalar) {
    case 'string':
    case 'bytes':
      return typeof value === 'string' ? undefined : `expected string, got ${goSyntax(value)}`;
    case 'bool':
      return typeof value === 'boolean' ? undefined : `expected boolean, got ${goValue(value)}`;
    case 'int32':
    case 'int64':
      return typeof value === 'number' ? undefined : `expected numeric (int or float), got ${goType(value)}`;
    case 'fieldsV1':
    case 'rawExtension':
      return isContainer && !Array.isArray(value) ? undefined : `expected map, got ${goValue(value)}`;
    default:
      return isContainer ? `expected any scalar, got ${goValue(value)}` : undefined;
  }
}

/** As Go prints a pointer to a struct that holds the value. */
const goValue = (value: unknown): string => `&{${goText(value)}}`;
const goSyntax = (value: unknown): string => `&value.valueUnstructured{Value:${goLiteral(value)}}`;

function goLiteral(value: unknown): string {
  if (Array.isArray(value)) return `[]interface {}{${value.map(goLiteral).join(', ')}}`;
  if (!isObject(value)) return value === null ? 'interface {}(nil)' : JSON.stringify(value);
  const keys = Object.keys(value).sort();
  return `map[string]interface {}{${keys.map((key) => `${JSON.stringify(key)}:${goLiteral(value[key])}`).join(', ')}}`;
}

function goType(value: unknown): string {
  if (Array.isArray(value)) return '[]interface {}';
  if (isObject(value)) return 'map[string]interface {}';
  return typeof value === 'boolean' ? 'bool' : typeof value === 'string' ? 'string' : 'int64';
}
