// Bodies for requests that write: good objects, good objects spoilt, patches, and bytes that are nothing at all.

import { stringify as toYaml } from 'yaml';
import { copyJson, isObject } from '#api/schema/json.ts';
import type { Json } from '../in-process-suite.ts';
import { encodeMessage, envelope } from './protobuf-suite.ts';
import type { Random } from './random-suite.ts';
import type { Route } from './routes-suite.ts';
import { anyValue, fittingValue, oddTexts, spoilt } from './values-suite.ts';

export interface Body {
  readonly type: string;
  readonly bytes: Uint8Array;
}
export interface Material {
  readonly route: Route;
  readonly random: Random;
  /** What is stored at the place the request is about. */
  readonly live: Json;
  /** What would be accepted there. */
  readonly good: Json;
}

const json = 'application/json';
const patchTypes = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  apply: 'application/apply-patch+yaml',
} as const;
const oddTypes = [
  '',
  'text/plain',
  'application/xml',
  'application/json;charset=utf-16',
  'application/json, application/yaml',
  'application/json; ;;=',
  'APPLICATION/JSON',
  '*/*',
  ';',
  'application/cbor',
  'multipart/form-data; boundary=x',
  'application/vnd.kubernetes.protobuf',
];

export function bodyOf(material: Material): Body | undefined {
  const { route, random } = material;
  if (route.method === 'GET') return random.percent(5) ? { type: json, bytes: Buffer.from('{"a":1}') } : undefined;
  if (!route.body) return random.percent(50) ? undefined : { type: json, bytes: random.bytes(random.below(50)) };
  if (route.method === 'DELETE' && random.percent(50)) return undefined;
  const body = route.verb === 'patch' ? patchOf(material) : objectBody(material, objectOf(material));
  return damaged(body, random);
}

/** Mostly right, sometimes spoilt in a few places, sometimes made of chance. */
function objectOf({ route, random, live, good }: Material): unknown {
  const schema = route.body?.schema;
  const base = route.verb === 'update' && live && random.percent(80) ? live : good;
  const kind = { kind: route.body?.kind, apiVersion: route.body?.apiVersion };
  if (random.percent(35)) return { ...copyJson(base), ...kind };
  if (schema && random.percent(15))
    return { ...kind, ...(fittingValue(schema, random) as object), metadata: base?.metadata };
  return spoilt({ ...copyJson(base), ...kind }, schema, random);
}

function objectBody({ route, random }: Material, object: unknown): Body {
  const { apiVersion = '', kind = '', schema } = route.body ?? {};
  if (schema && random.percent(20)) {
    const raw = encodeMessage(schema, object);
    return {
      type: 'application/vnd.kubernetes.protobuf',
      bytes: envelope(apiVersion, kind, damagedProtobuf(raw, random)),
    };
  }
  if (random.percent(15)) return { type: 'application/yaml', bytes: Buffer.from(yamlOf(object, random)) };
  return { type: json, bytes: Buffer.from(textOf(object, random)) };
}

/** JSON, with what JSON.stringify never writes. */
function textOf(value: unknown, random: Random): string {
  const text = JSON.stringify(value) ?? 'null';
  if (random.percent(75)) return text;
  const insertions = [
    '"__proto__":{"polluted":true},',
    '"constructor":{"prototype":{"polluted":true}},',
    '"metadata":{"name":"twice"},',
    '"a":1e999,',
    '"a":-1e999,',
    '"a":123456789012345678901234567890,',
    '"\\ud800":"\\udc00",',
    '"\\u0000":1,',
    '"metadata":null,',
    `"a":${'['.repeat(1200)}${']'.repeat(1200)},`,
    `${'"a":1,'.repeat(500)}`,
    ',',
    '//\n',
    "'a':1,",
    'NaN',
  ];
  const braces = [...text.matchAll(/\{(?=")/g)].map(({ index }) => index + 1);
  const at = braces.length > 0 ? random.pick(braces) : 0;
  return text.slice(0, at) + random.pick(insertions) + text.slice(at);
}

function yamlOf(value: unknown, random: Random): string {
  if (random.percent(50)) {
    try {
      return toYaml(value);
    } catch {
      return JSON.stringify(value);
    }
  }
  const odd = [
    'a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nd: [*c, *c]\n',
    'a: &a\n  b: *a\n',
    '<<: {a: 1}\n<<: [1]\n',
    '!!python/object:os.system\na: 1\n',
    '!!binary aGk=\n',
    '--- {a: 1}\n--- {b: 2}\n',
    '%YAML 9.9\n---\na: 1\n',
    '? {a: b}\n: c\n',
    'metadata: {name: !!int "x"}\n',
    'metadata:\n\tname: x\n',
    '{metadata: {name: a, name: b}, __proto__: {polluted: true}}\n',
    'data: {a: 0x1F, b: 1_000, c: .inf, d: ~, e: 2001-01-01, f: 012, g: yes}\n',
    `a: ${'['.repeat(300)}`,
    `${'a: &x 1\nb: *x\n'.repeat(150)}`,
    '*unknown\n',
    '\u0000',
    '"\\ud800"',
  ];
  return random.percent(50) ? random.pick(odd) : `${toYaml({ metadata: { name: 'x' } })}${random.pick(odd)}`;
}

function patchOf(material: Material): Body {
  const { random, route, good, live } = material;
  const base = live ?? good;
  switch (random.pick(['json', 'merge', 'strategic', 'apply'] as const)) {
    case 'json':
      return { type: patchTypes.json, bytes: Buffer.from(JSON.stringify(operationsFor(base, random))) };
    case 'merge':
      return { type: patchTypes.merge, bytes: Buffer.from(textOf(partOf(base, material), random)) };
    case 'strategic': {
      const patch = partOf(base, material);
      return { type: patchTypes.strategic, bytes: Buffer.from(textOf(withDirectives(patch, random), random)) };
    }
    default: {
      const { apiVersion, kind } = route.body ?? {};
      const config = { apiVersion, kind, ...(partOf(good, material) as object) } as Json;
      if (random.percent(70)) config.metadata = { name: base?.metadata?.name, labels: { a: random.pick(['1', '2']) } };
      if (random.percent(10)) config.metadata = { ...config.metadata, managedFields: anyValue(random) };
      return {
        type: patchTypes.apply,
        bytes: Buffer.from(random.percent(70) ? textOf(config, random) : yamlOf(config, random)),
      };
    }
  }
}

/** Some of the top of an object, as it is or spoilt; sometimes with owners of its fields made up. */
function partOf(base: Json, { random, route }: Material): unknown {
  if (random.percent(4)) return anyValue(random);
  const part: Json = {};
  for (const name of Object.keys(base ?? {})) if (random.percent(50)) part[name] = copyJson(base[name]);
  if (random.percent(40))
    part.metadata = { labels: { [random.pick(['a', 'b', ...oddTexts])]: random.pick(['1', null, {}]) } };
  if (random.percent(8))
    part.metadata = { managedFields: random.pick([[], [{}], [brokenOwner(random)], anyValue(random)]) };
  if (random.percent(8))
    part.metadata = { finalizers: random.pick([['example.com/f'], [], ['x'], ['orphan', 'foregroundDeletion']]) };
  if (random.percent(10))
    part.metadata = { ...part.metadata, resourceVersion: random.pick(['0', '1', 'x', '', null, 7]) };
  return random.percent(55) ? part : spoilt(part, route.body?.schema, random);
}

const brokenOwner = (random: Random) => ({
  manager: random.pick(['m', '', '\u0000', 'x'.repeat(200)]),
  operation: random.pick(['Apply', 'Update', 'Steal', '']),
  apiVersion: random.pick(['v1', 'v9', '']),
  fieldsType: random.pick(['FieldsV1', 'FieldsV2']),
  fieldsV1: random.pick([
    {},
    { 'f:data': {} },
    { x: 1 },
    { 'k:{': {} },
    { 'v:[': {} },
    { 'i:x': {} },
    { 'f:__proto__': { '.': {} } },
    7,
  ]),
});

const directives = [
  '$patch',
  '$retainKeys',
  '$setElementOrder/finalizers',
  '$setElementOrder/ports',
  '$deleteFromPrimitiveList/finalizers',
];

function withDirectives(value: unknown, random: Random): unknown {
  if (Array.isArray(value)) {
    const items = value.map((item) => withDirectives(item, random));
    return random.percent(10)
      ? [...items, random.pick([{ $patch: 'replace' }, { $patch: 'delete' }, { $patch: 7 }, null])]
      : items;
  }
  if (!isObject(value)) return value;
  const result: Record<string, unknown> = Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, withDirectives(item, random)]),
  );
  if (random.percent(8)) {
    result[random.pick(directives)] = random.pick([
      'delete',
      'replace',
      'merge',
      'x',
      [],
      ['a'],
      [{}],
      [{ port: 80 }],
      7,
      null,
      {},
    ]);
  }
  return result;
}

function pointersOf(value: unknown, at = ''): string[] {
  const steps = Array.isArray(value)
    ? value.map((_, index) => String(index))
    : isObject(value)
      ? Object.keys(value)
      : [];
  return [
    at,
    ...steps.flatMap((step) =>
      pointersOf((value as Json)[step], `${at}/${step.replaceAll('~', '~0').replaceAll('/', '~1')}`),
    ),
  ];
}

const oddPointers = [
  '',
  '/',
  '//',
  '/metadata/labels/-',
  '/spec/ports/-',
  '/spec/ports/99999999',
  '/spec/ports/01',
  '/spec/ports/-1',
  '/spec/ports/1e3',
  '/metadata/labels/__proto__',
  '/__proto__/polluted',
  '/constructor/prototype/polluted',
  '/metadata/~2',
  'metadata',
  '/metadata/managedFields/0/fieldsV1',
  `/${'a/'.repeat(500)}`,
];

function operationsFor(base: Json, random: Random): unknown {
  if (random.percent(3))
    return random.pick([{}, null, 'x', [null], [[]], [{}], [{ op: 'add' }], [{ op: 'x', path: '/a' }]]);
  if (random.percent(1)) return random.times(10_001, () => ({ op: 'test', path: '/kind', value: 'x' }));
  const pointers = pointersOf(base ?? {});
  const pointer = () => (random.percent(75) ? random.pick(pointers) : random.pick(oddPointers));
  return random.times(random.pick([1, 1, 2, 5, 40]), () => {
    const op = random.pick(['add', 'add', 'replace', 'remove', 'move', 'copy', 'test']);
    const path = random.percent(30) ? random.pick(['/metadata/labels', '/metadata/annotations', '/data']) : pointer();
    const value = random.percent(50) ? { a: '1' } : anyValue(random);
    if (op === 'move' || op === 'copy')
      return { op, from: pointer(), path: random.percent(20) ? `${pointer()}/a` : path };
    return op === 'remove' ? { op, path } : { op, path, value };
  });
}

function damagedProtobuf(raw: Buffer, random: Random): Buffer {
  if (random.percent(50) || raw.length === 0) return raw;
  const bytes = Buffer.from(raw);
  for (let left = random.pick([1, 1, 4, 20]); left > 0; left--) bytes[random.below(bytes.length)] = random.below(256);
  return random.percent(30) ? bytes.subarray(0, random.below(bytes.length)) : bytes;
}

function damaged(body: Body, random: Random): Body {
  const { type, bytes } = body;
  switch (random.percent(80) ? -1 : random.below(8)) {
    case 0:
      return { type, bytes: bytes.subarray(0, random.below(bytes.length + 1)) };
    case 1:
      return { type: random.pick([...oddTypes, ...Object.values(patchTypes)]), bytes };
    case 2:
      return { type, bytes: random.bytes(random.pick([1, 10, 1000])) };
    case 3:
      return { type, bytes: Buffer.concat([bytes, random.bytes(1 + random.below(5))]) };
    case 4: {
      const copy = Buffer.from(bytes);
      if (copy.length > 0) copy[random.below(copy.length)] = random.pick([0, 0x80, 0xc3, 0xff, 0x22, 0x7b]);
      return { type, bytes: copy };
    }
    case 5:
      return { type, bytes: Buffer.from(random.pick(['', 'null', '[]', 'true', '"x"', '0', ' ', '\ufeff{}', '{}{}'])) };
    case 6:
      return { type, bytes: Buffer.from(JSON.stringify(anyValue(random)) ?? '') };
    default:
      return body;
  }
}
