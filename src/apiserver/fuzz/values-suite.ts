// Values that fit a wire type, and values that fit nothing: objects are filled from the message tables and then spoilt.

import type { Message, Type } from '#api/schema/dsl.ts';
import { fieldsOf } from '#api/schema/fields.ts';
import { copyJson, isObject, put } from '#api/schema/json.ts';
import type { Random } from './random-suite.ts';

const ordinaryTexts = [
  '',
  'a',
  'x',
  'default',
  'TCP',
  'UDP',
  'Always',
  'ClusterIP',
  'NodePort',
  'LoadBalancer',
  'ExternalName',
  'None',
  '10.96.0.7',
  'fd00::1',
  '10.0.0.0/8',
  'example.com/thing',
  'Cluster',
  'Local',
  'Exact',
  'Pod',
  'apps/v1',
  '50%',
  '/etc',
  'IPv4',
  'ReadWriteOnce',
  '*/5 * * * *',
];
export const oddTexts = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  '..',
  '.',
  '../../etc/passwd',
  'a/b',
  'A_B',
  '-',
  '%00',
  'a\u0000b',
  'a\r\nb: c',
  '\ud800',
  '\udfff\ud800',
  '\u202e\ufeff',
  '🧭'.repeat(40),
  'é'.repeat(130),
  'a'.repeat(254),
  'a.'.repeat(200),
  '-'.repeat(3000),
  'x'.repeat(20_000),
  '1e999',
  '-1',
  '0x10',
  '1e10000',
  '9'.repeat(400),
  '$(id)',
  '{{.}}',
  '$patch',
  '<script>',
  '"',
  '\\',
  '0001-01-01T00:00:00Z',
  '9999-12-31T23:59:60Z',
  '300.1.1.1',
  '010.0.0.1',
  '::ffff:10.0.0.1',
  '10.0.0.0/33',
  '101%',
  '-5%',
];
const numbers = [
  0,
  1,
  2,
  80,
  443,
  65535,
  65536,
  -1,
  30000,
  32767,
  2 ** 31 - 1,
  2 ** 31,
  -(2 ** 31) - 1,
  2 ** 53,
  1e21,
  0.5,
];

export const textOf = (random: Random): string => random.pick(random.percent(70) ? ordinaryTexts : oddTexts);

/** A value of the type, as JSON has it; fields are there by chance, the deeper the rarer. */
export function fittingValue(type: Type, random: Random, depth = 0): unknown {
  switch (type.is) {
    case 'message': {
      const object: Record<string, unknown> = {};
      const share = depth === 0 ? 60 : depth < 4 ? 35 : depth < 8 ? 15 : 0;
      for (const [name, { of }] of fieldsOf(type)) {
        if (random.percent(share)) object[name] = fittingValue(of, random, depth + 1);
      }
      return object;
    }
    case 'list':
      return random.times(random.below(3), () => fittingValue(type.of, random, depth + 1));
    case 'map': {
      const map: Record<string, unknown> = {};
      for (let left = random.below(3); left > 0; left--)
        put(map, textOf(random), fittingValue(type.of, random, depth + 1));
      return map;
    }
    case 'scalar':
      return scalarOf(type.scalar, random);
  }
}

function scalarOf(scalar: string, random: Random): unknown {
  switch (scalar) {
    case 'bool':
      return random.percent(50);
    case 'int32':
    case 'int64':
      return random.pick(numbers.slice(0, 9));
    case 'bytes':
      return Buffer.from(textOf(random)).toString('base64');
    case 'time':
      return random.pick(['2026-01-01T00:00:00Z', '2026-01-01T00:00:00.5+02:00', '0001-01-01T00:00:00Z']);
    case 'microTime':
      return '2026-01-01T00:00:00.123456Z';
    case 'quantity':
      return random.pick(['1', '100m', '1Gi', '0', '-1', '1e3', 0.5, 7]);
    case 'intOrString':
      return random.percent(50) ? random.pick(numbers.slice(0, 7)) : textOf(random);
    case 'fieldsV1':
      return { 'f:metadata': { 'f:labels': { '.': {}, 'f:a': {} } }, 'k:{"port":80}': {}, 'v:1': {} };
    case 'rawExtension':
      return { a: { [textOf(random)]: [textOf(random)] } };
    default:
      return textOf(random);
  }
}

const nested = (depth: number, random: Random): unknown => {
  let value: unknown = 1;
  for (let left = depth; left > 0; left--) value = random.percent(50) ? [value] : { a: value };
  return value;
};

/** Anything that JSON can say. */
export function anyValue(random: Random): unknown {
  switch (random.below(9)) {
    case 0:
      return null;
    case 1:
      return random.pick(numbers);
    case 2:
      return random.percent(50);
    case 3:
      return [];
    case 4:
      return {};
    case 5:
      return random.times(random.pick([1, 3, 300]), () => random.pick([null, 'a', 1, {}, []]));
    case 6:
      return nested(random.pick([3, 50, 900, 1100]), random);
    case 7: {
      const object: Record<string, unknown> = {};
      for (let left = 3; left > 0; left--)
        put(object, random.pick(oddTexts), random.pick(['', 1, null, { polluted: true }]));
      return object;
    }
    default:
      return random.pick(oddTexts);
  }
}

/** A copy with a few things changed, each at a place found by chance. */
export function spoilt(
  value: unknown,
  message: Message | undefined,
  random: Random,
  changes = 1 + random.below(3),
): unknown {
  let result = copyJson(value);
  for (let left = changes; left > 0; left--) result = changedSomewhere(result, message, random);
  return result;
}

function changedSomewhere(value: unknown, type: Type | undefined, random: Random): unknown {
  if (Array.isArray(value) && value.length > 0 && random.percent(80)) {
    const at = random.below(value.length);
    const of = type?.is === 'list' ? type.of : undefined;
    value[at] = changedSomewhere(value[at], of, random);
    if (random.percent(15)) value.push(copyJson(value[at]));
    return value;
  }
  if (isObject(value) && random.percent(85)) {
    const fields = type?.is === 'message' ? fieldsOf(type) : undefined;
    const known = fields ? [...fields.keys()] : [];
    const names = [...Object.keys(value), ...(random.percent(40) ? known : [])];
    if (names.length === 0 || random.percent(8)) {
      put(value, random.pick(oddTexts), anyValue(random));
      return value;
    }
    const name = random.pick(names);
    const below = fields?.get(name)?.of ?? (type?.is === 'map' ? type.of : undefined);
    if (random.percent(8)) delete value[name];
    else if (Object.hasOwn(value, name)) put(value, name, changedSomewhere(value[name], below, random));
    else if (below) put(value, name, fittingValue(below, random, 2));
    return value;
  }
  return type && random.percent(50) ? fittingValue(type, random, 2) : anyValue(random);
}
