// The bodies are real ones, as kubectl 1.32 sends them.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiError } from '../errors.ts';
import { Deployment } from './apps.ts';
import { Lease } from './coordination.ts';
import { ConfigMap, Event, Secret } from './core.ts';
import type { Message } from './dsl.ts';
import { Pod } from './pod.ts';
import { decodeProtobuf, isProtobuf } from './protobuf.ts';
import { Service } from './service.ts';

const messages: Record<string, Message> = { Deployment, ConfigMap, Secret, Service, Event, Lease, Pod };
const messageFor = (_apiVersion: string, kind: string): Message | undefined =>
  Object.hasOwn(messages, kind) ? messages[kind] : undefined;
const decode = (body: Uint8Array) => decodeProtobuf(body, messageFor);

const bodies = {
  deployment:
    'azhzAAoVCgdhcHBzL3YxEgpEZXBsb3ltZW50ErgBCh8KA3dlYhIAGgAiACoAMgA4AEIAWgoKA2FwcBIDd2ViEoYBCAASDAoKCgNhcHASA3dlYhpsChwKABIAGgAiACoAMgA4AEIAWgoKA2FwcBIDd2ViEkwSLgoFbmdpbngSBW5naW54KgAyCgoAEAAYUCIAKgBCAGoAcgCAAQCIAQCQAQCiAQAaADIAQgBKAFIAWABgAGgAggEAigEAmgEAwgEAIgIKACgAOAAaDAgAEAAYACAAKAA4ABoAIgA=',
  secret: 'azhzAAoMCgJ2MRIGU2VjcmV0Eh0KEQoBcxIAGgAiACoAMgA4AEIAEgYKAWESAWIaABoAIgA=',
  configMap: 'azhzAAoPCgJ2MRIJQ29uZmlnTWFwEhsKEQoBYxIAGgAiACoAMgA4AEIAEgYKAWESAWIaACIA',
  service:
    'azhzAAoNCgJ2MRIHU2VydmljZRJiChsKAW4SABoAIgAqADIAOABCAFoICgNhcHASAW4SPwobCgc4MC04MDgwEgNUQ1AYUCIHCAAQkD8aACgAEggKA2FwcBIBbhoAIghOb2RlUG9ydDoAQgBSAFoAYABoABoCCgAaACIA',
};
const body = (name: keyof typeof bodies): Buffer => Buffer.from(bodies[name], 'base64');

/** Bytes of a protobuf message out of [field number, value] pairs: numbers become varints, the rest is delimited. */
function encode(...fields: [number, number | bigint | string | Uint8Array][]): Uint8Array {
  const varint = (value: bigint): number[] =>
    value < 128n ? [Number(value)] : [Number(value & 127n) | 128, ...varint(value >> 7n)];
  return Buffer.concat(
    fields.map(([number, value]) => {
      const tag = BigInt(number) << 3n;
      if (typeof value === 'number' || typeof value === 'bigint') {
        return Buffer.from([...varint(tag), ...varint(BigInt.asUintN(64, BigInt(value)))]);
      }
      const data = Buffer.from(value as string);
      return Buffer.concat([Buffer.from([...varint(tag | 2n), ...varint(BigInt(data.length))]), data]);
    }),
  );
}
const envelope = (apiVersion: string, kind: string, raw: Uint8Array, ...more: [number, string][]): Uint8Array =>
  Buffer.concat([Buffer.from('k8s\0'), encode([1, encode([1, apiVersion], [2, kind])], [2, raw], ...more)]);

const reason = (pattern: RegExp) => (error: unknown) =>
  error instanceof ApiError && error.code === 400 && pattern.test(error.message);

test('isProtobuf knows the envelope from JSON and from nothing', () => {
  assert.equal(isProtobuf(body('secret')), true);
  assert.equal(isProtobuf(Buffer.from('{"kind":"Secret"}')), false);
  assert.equal(isProtobuf(Buffer.from('k8s')), false);
});

test('kubectl create deployment --port=80 --replicas=0', () => {
  assert.deepEqual(decode(body('deployment')), {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', labels: { app: 'web' } },
    spec: {
      replicas: 0,
      selector: { matchLabels: { app: 'web' } },
      template: {
        metadata: { labels: { app: 'web' } },
        spec: { containers: [{ name: 'nginx', image: 'nginx', ports: [{ containerPort: 80 }], resources: {} }] },
      },
      strategy: {},
    },
    status: {},
  });
});

test('kubectl create secret generic', () => {
  assert.deepEqual(decode(body('secret')), {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 's' },
    data: { a: 'Yg==' },
  });
});

test('kubectl create configmap', () => {
  assert.deepEqual(decode(body('configMap')), {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'c' },
    data: { a: 'b' },
  });
});

test('kubectl create service nodeport', () => {
  assert.deepEqual(decode(body('service')), {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'n', labels: { app: 'n' } },
    spec: {
      ports: [{ name: '80-8080', protocol: 'TCP', port: 80, targetPort: 8080 }],
      selector: { app: 'n' },
      type: 'NodePort',
    },
    status: { loadBalancer: {} },
  });
});

test('leaf messages: times, quantities, named ports, negative numbers, packed lists, inline handlers', () => {
  const probe = encode([1, encode([2, encode([2, encode([1, 1], [3, 'http'])])])], [2, 7]);
  const memory = encode([1, 'memory'], [2, encode([1, '1024Mi'])]);
  const container = encode([1, 'c'], [8, encode([1, memory])], [11, probe]);
  const security = encode([2, -1], [4, Uint8Array.from([1, 0x80, 1])]);
  const owner = encode([8, encode([1, 1_700_000_000], [2, 5])], [17, encode([7, encode([1, '{"f:x":{}}'])])]);
  const pod = decode(envelope('v1', 'Pod', encode([1, owner], [2, encode([2, container], [14, security])])));
  assert.deepEqual(pod, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { creationTimestamp: '2023-11-14T22:13:20Z', managedFields: [{ fieldsV1: { 'f:x': {} } }] },
    spec: {
      containers: [
        {
          name: 'c',
          resources: { limits: { memory: '1Gi' } },
          readinessProbe: { initialDelaySeconds: 7, httpGet: { port: 'http' } },
        },
      ],
      securityContext: { runAsUser: -1, supplementalGroups: [1, 128] },
    },
  });
});

test('microTime has six digits', () => {
  const spec = encode([4, encode([1, 1_700_000_000], [2, 12_345_000])]);
  const lease = decode(envelope('coordination.k8s.io/v1', 'Lease', encode([2, spec])));
  assert.deepEqual((lease as Lease).spec, { renewTime: '2023-11-14T22:13:20.012345Z' });
});

test('unknown field numbers of every wire type are skipped', () => {
  const odd = Buffer.concat([
    encode([100, 5], [101, 'text']),
    Buffer.from([0xc9, 6, 1, 2, 3, 4, 5, 6, 7, 8, 0xcd, 6, 1, 2, 3, 4]),
    encode([2, encode([1, 'k'], [2, 'v'])]),
  ]);
  assert.deepEqual((decode(envelope('v1', 'ConfigMap', odd)) as ConfigMap).data, { k: 'v' });
});

test('a map key may be called __proto__', () => {
  const { data } = decode(envelope('v1', 'ConfigMap', encode([2, encode([1, '__proto__'], [2, 'v'])]))) as ConfigMap;
  assert.deepEqual(Object.keys(data ?? {}), ['__proto__']);
  assert.equal(Object.getPrototypeOf(data), Object.prototype);
});

const decodesOrRefuses = (bytes: Uint8Array, what: string): void => {
  try {
    decode(bytes);
  } catch (error) {
    assert.ok(error instanceof ApiError && error.code === 400, `${what}: ${error}`);
  }
};

test('every truncation of a body is a bad request or a smaller object, never a crash', () => {
  for (const name of Object.keys(bodies) as (keyof typeof bodies)[]) {
    for (let length = 0; length < body(name).length; length++) {
      decodesOrRefuses(body(name).subarray(0, length), `${name} cut to ${length}`);
    }
  }
  assert.throws(() => decode(body('secret').subarray(0, 50)), reason(/ends in the middle/));
});

test('every corruption of one byte is a bad request or some object, never a crash', () => {
  for (let at = 0; at < body('deployment').length; at++) {
    for (const value of [0x00, 0x07, 0x7f, 0x80, 0xff]) {
      const bad = body('deployment');
      bad[at] = value;
      decodesOrRefuses(bad, `byte ${at} = ${value}`);
    }
  }
});

const hostile: { name: string; body: Uint8Array; says: RegExp }[] = [
  { name: 'JSON', body: Buffer.from('{}'), says: /prefix/ },
  { name: 'unknown kind', body: envelope('v1', 'Gadget', encode()), says: /no kind "Gadget".*version "v1"/ },
  { name: 'encoded content', body: envelope('v1', 'Pod', encode(), [3, 'gzip']), says: /content encoding/ },
  { name: 'huge length', body: Buffer.from('k8s\0\x12\xff\xff\xff\xff\x0f', 'latin1'), says: /middle of a field/ },
  { name: 'endless varint', body: Buffer.from(`k8s\0${'\xff'.repeat(11)}`, 'latin1'), says: /more than 10 bytes/ },
  { name: 'group', body: envelope('v1', 'Pod', Buffer.from([0xf3, 0x06])), says: /wire type 3/ },
  {
    name: 'number for text',
    body: envelope('v1', 'Pod', encode([1, encode([1, 5])])),
    says: /wire type 0 instead of 2/,
  },
  { name: 'far time', body: envelope('v1', 'Pod', encode([1, encode([8, encode([1, 10n ** 15n])])])), says: /years/ },
  {
    name: 'a time that is text',
    body: envelope('v1', 'Pod', encode([1, encode([8, encode([1, 'noon'])])])),
    says: /a time that is text/,
  },
  {
    name: 'bad quantity',
    body: envelope('v1', 'Pod', encode([2, encode([32, encode([1, 'cpu'], [2, encode([1, 'much'])])])])),
    says: /quantities must match/,
  },
];
for (const { name, body: bytes, says } of hostile) {
  test(`refused: ${name}`, () => assert.throws(() => decode(bytes), reason(says)));
}
