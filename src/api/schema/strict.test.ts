import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ApiError } from '../errors.ts';
import { Deployment } from './apps.ts';
import { Lease } from './coordination.ts';
import { ConfigMap, Secret } from './core.ts';
import { EndpointSlice } from './discovery.ts';
import type { Message } from './dsl.ts';
import { Pod } from './pod.ts';
import { Service } from './service.ts';
import { checkFields, parseJson, prune } from './strict.ts';

const duplicates: { name: string; text: string; want: string[] }[] = [
  { name: 'none', text: '{"a":{"b":1},"c":[{"b":1},{"b":2}]}', want: [] },
  { name: 'field', text: '{"spec":{"paused":true,"paused":false}}', want: ['spec.paused'] },
  { name: 'in a list', text: '{"c":[1,{"x":1,"y":"},{","x":2}]}', want: ['c[1].x'] },
  { name: 'reported once', text: '{"a":1,"a":2,"a":3}', want: ['a'] },
  { name: 'escaped spelling', text: '{"a":1,"\\u0061":2}', want: ['a'] },
  { name: 'quotes and brackets in strings', text: '{"a\\"]":"\\\\","b":"{\\"a\\":1,","a":[]}', want: [] },
  { name: 'backslashes at the ends of strings', text: '{"a":"\\\\\\\\","b\\\\":"\\\\\\"","b\\\\":1}', want: ['b\\'] },
  { name: 'values are not keys', text: '{"a":"b","b":"a"}', want: [] },
  { name: '__proto__', text: '{"__proto__":1,"__proto__":2}', want: ['__proto__'] },
];
for (const { name, text, want } of duplicates) {
  test(`parseJson duplicates: ${name}`, () => assert.deepEqual(parseJson(text).duplicates, want));
}

test('parseJson gives what JSON.parse gives, and finds no duplicates in what has none', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.nat(3), (value, indent) => {
      const text = JSON.stringify(value, undefined, indent);
      assert.deepEqual(parseJson(text), { value: JSON.parse(text), duplicates: [] });
    }),
  );
});

test('parseJson keeps __proto__ an ordinary key', () => {
  const { value } = parseJson('{"__proto__":{"admin":true}}');
  assert.deepEqual(Object.keys(value as object), ['__proto__']);
  assert.equal((value as { admin?: boolean }).admin, undefined);
});

test('parseJson refuses what is not JSON, and what is too deep, however deep', () => {
  assert.throws(
    () => parseJson('{"a":'),
    (error) => error instanceof ApiError && error.code === 400,
  );
  for (const depth of [1001, 1_000_000]) {
    assert.throws(() => parseJson('['.repeat(depth) + ']'.repeat(depth)), /nested more than 1000/);
  }
  assert.deepEqual(parseJson('['.repeat(1000) + ']'.repeat(1000)).duplicates, []);
});

const container = (fields: object) => ({ spec: { template: { spec: { containers: [{ name: 'c', ...fields }] } } } });
const quantityText = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
const at = (place: string, type: string, found: string) =>
  `json: cannot unmarshal ${found} into Go struct field ${place} of type ${type}`;

const checks: { name: string; message: Message; value: unknown; unknown?: string[]; typeError?: string }[] = [
  { name: 'a fine object', message: Deployment, value: { ...container({ image: 'x' }), status: {} } },
  {
    name: 'unknown fields, in order',
    message: Deployment,
    value: { foo: 1, ...container({ foo: 2, ports: [{ containerPort: 1 }, { bar: 1 }] }) },
    unknown: ['foo', 'spec.template.spec.containers[0].foo', 'spec.template.spec.containers[0].ports[1].bar'],
  },
  { name: 'names are case-sensitive', message: Deployment, value: { Spec: {} }, unknown: ['Spec'] },
  {
    name: '__proto__ and inherited names are unknown',
    message: Pod,
    value: JSON.parse('{"__proto__":{},"constructor":1,"spec":{"toString":1}}'),
    unknown: ['__proto__', 'constructor', 'spec.toString'],
  },
  { name: 'null is absent', message: Deployment, value: { spec: null, metadata: { labels: null, name: null } } },
  {
    name: 'string for int32',
    message: Deployment,
    value: { spec: { replicas: '3' } },
    typeError: at('DeploymentSpec.spec.replicas', 'int32', 'string'),
  },
  {
    name: 'number for string, deep in lists',
    message: Deployment,
    value: container({ env: [{ name: 'A', value: 1 }] }),
    typeError: at('EnvVar.spec.template.spec.containers.env.value', 'string', 'number'),
  },
  {
    name: 'fraction for int32',
    message: Deployment,
    value: { spec: { replicas: 1.5 } },
    typeError: at('DeploymentSpec.spec.replicas', 'int32', 'number 1.5'),
  },
  {
    name: 'overflow',
    message: Service,
    value: { spec: { ports: [{ port: 2 ** 31 }] } },
    typeError: at('ServicePort.spec.ports.port', 'int32', 'number 2147483648'),
  },
  {
    name: 'bool in labels',
    message: Service,
    value: { metadata: { labels: { a: true } } },
    typeError: at('ObjectMeta.metadata.labels', 'string', 'bool'),
  },
  {
    name: 'list for map',
    message: Service,
    value: { spec: { selector: [] } },
    typeError: at('ServiceSpec.spec.selector', 'map[string]string', 'array'),
  },
  {
    name: 'map for list',
    message: Service,
    value: { spec: { ports: {} } },
    typeError: at('ServiceSpec.spec.ports', '[]v1.ServicePort', 'object'),
  },
  {
    name: 'an item that is no struct, after one that is',
    message: Service,
    value: { spec: { ports: [{ port: 1 }, 80] } },
    typeError: at('ServiceSpec.spec.ports', 'v1.ServicePort', 'number'),
  },
  {
    name: 'string for struct',
    message: Service,
    value: { spec: 'x' },
    typeError: at('Service.spec', 'v1.ServiceSpec', 'string'),
  },
  {
    name: 'the first type error, all unknown fields',
    message: Service,
    value: { spec: { type: 5, ports: 'x', foo: 1 } },
    unknown: ['spec.foo'],
    typeError: at('ServiceSpec.spec.type', 'v1.ServiceType', 'number'),
  },
  {
    name: 'an item of a list of a type with a name',
    message: Service,
    value: { spec: { ipFamilies: ['IPv4', 6] } },
    typeError: at('ServiceSpec.spec.ipFamilies', 'v1.IPFamily', 'number'),
  },
  {
    name: 'no list of a type with a name',
    message: Service,
    value: { spec: { ipFamilies: 'IPv4' } },
    typeError: at('ServiceSpec.spec.ipFamilies', '[]v1.IPFamily', 'string'),
  },
  {
    name: 'a map with a name',
    message: Deployment,
    value: container({ resources: { limits: [] } }),
    typeError: at('ResourceRequirements.spec.template.spec.containers.resources.limits', 'v1.ResourceList', 'array'),
  },
  {
    name: 'a type with a name in a struct that is embedded',
    message: Pod,
    value: { spec: { volumes: [{ name: 'v', hostPath: { path: '/', type: 1 } }], restartPolicy: 1 } },
    typeError: at('HostPathVolumeSource.spec.volumes.hostPath.type', 'v1.HostPathType', 'number'),
  },
  {
    name: 'not an object',
    message: Service,
    value: [],
    typeError: 'json: cannot unmarshal array into Go value of type v1.Service',
  },
  {
    name: 'int or string',
    message: Service,
    value: { spec: { ports: [{ port: 1, targetPort: 'http' }, { port: 1, targetPort: 80 }, { targetPort: true }] } },
    typeError: 'json: cannot unmarshal bool into Go value of type int32',
  },
  { name: 'quantities', message: Pod, value: { spec: { overhead: { a: '1.5Gi', b: 2, c: '1e3', d: '-.5' } } } },
  { name: 'bad quantity', message: Pod, value: { spec: { overhead: { cpu: 'much' } } }, typeError: quantityText },
  { name: 'bool quantity', message: Pod, value: { spec: { overhead: { cpu: true } } }, typeError: quantityText },
  {
    name: 'bad suffix',
    message: Pod,
    value: { spec: { overhead: { cpu: '1mm' } } },
    typeError: "unable to parse quantity's suffix",
  },
  { name: 'base64', message: Secret, value: { data: { a: 'Yg==', b: '', c: 'YWJj\nYWJj' } } },
  {
    name: 'bad base64',
    message: Secret,
    value: { data: { a: 'Yg=' } },
    typeError: 'illegal base64 data at input byte 2',
  },
  { name: 'times', message: Pod, value: { metadata: { creationTimestamp: '2024-02-29T23:59:59.5+02:00' } } },
  {
    name: 'bad time',
    message: Pod,
    value: { metadata: { creationTimestamp: '2023-02-29T00:00:00Z' } },
    typeError: 'parsing time "2023-02-29T00:00:00Z": day out of range',
  },
];
for (const { name, message, value, unknown = [], typeError } of checks) {
  test(`checkFields: ${name}`, () => {
    assert.deepEqual(checkFields(message, value), { unknown, ...(typeError && { typeError }) });
  });
}

test('checkFields stops collecting after 100 unknown fields', () => {
  const many = Object.fromEntries(Array.from({ length: 500 }, (_, n) => [`x${n}`, n]));
  assert.equal(checkFields(Pod, many).unknown.length, 100);
});

const pruned: { name: string; message: Message; value: unknown; want: unknown }[] = [
  {
    name: 'unknown fields, nulls and zero optionals go; explicit zeros of pointers stay',
    message: Deployment,
    value: {
      foo: 1,
      metadata: { name: 'x', labels: {}, uid: null },
      spec: { replicas: 0, paused: false, strategy: {} },
    },
    want: { metadata: { name: 'x' }, spec: { replicas: 0, template: {}, strategy: {} } },
  },
  {
    name: 'required fields get their zero value',
    message: EndpointSlice,
    value: { endpoints: [{ conditions: { ready: false } }], ports: null },
    want: { metadata: {}, addressType: '', endpoints: [{ addresses: [], conditions: { ready: false } }], ports: [] },
  },
  {
    name: 'null in a map or list is a zero value',
    message: Service,
    value: { metadata: { labels: { a: null, b: '' } }, spec: { externalIPs: [null, '1.2.3.4'], ports: [null] } },
    want: { metadata: { labels: { a: '', b: '' } }, spec: { ports: [{ port: 0 }], externalIPs: ['', '1.2.3.4'] } },
  },
  {
    name: 'times in UTC',
    message: Lease,
    value: {
      metadata: { creationTimestamp: '2024-01-01T01:00:00.9+01:00' },
      spec: { renewTime: '2024-01-01T00:00:00.5Z' },
    },
    want: {
      metadata: { creationTimestamp: '2024-01-01T00:00:00Z' },
      spec: { renewTime: '2024-01-01T00:00:00.500000Z' },
    },
  },
  {
    name: 'embedded structs are flat',
    message: Pod,
    value: { spec: { volumes: [{ name: 'v', configMap: { name: 'c', optional: false } }], containers: [] } },
    want: {
      metadata: {},
      spec: { volumes: [{ name: 'v', configMap: { optional: false, name: 'c' } }], containers: [] },
    },
  },
];
for (const { name, message, value, want } of pruned) {
  test(`prune: ${name}`, () => {
    const before = structuredClone(value);
    assert.deepEqual(prune(message, value), want);
    assert.deepEqual(value, before, 'the input is untouched');
    assert.deepEqual(checkFields(message, prune(message, value)), { unknown: [] });
  });
}

test('prune gives equal bytes for equal objects, whatever the order of keys', () => {
  const one = prune(ConfigMap, { metadata: { name: 'c', namespace: 'n' }, data: { a: '1', b: '2' } });
  const other = prune(ConfigMap, { data: { b: '2', a: '1' }, metadata: { namespace: 'n', name: 'c' } });
  assert.equal(JSON.stringify(one), JSON.stringify(other));
});

test('prune keeps a label called __proto__ a label', () => {
  const { metadata } = prune(Service, JSON.parse('{"metadata":{"labels":{"__proto__":"x"}}}'));
  assert.deepEqual(Object.entries(metadata.labels ?? {}), [['__proto__', 'x']]);
});
