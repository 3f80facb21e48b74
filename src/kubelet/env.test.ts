import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Container, Pod } from '#api/index.ts';
import { ConfigError } from './config-error.ts';
import { commandLine, containerEnvironment, expand } from './env.ts';

const values = new Map([
  ['A', '1'],
  ['B', 'two'],
]);
for (const [text, want] of [
  ['$(A)-$(B)', '1-two'],
  ['$(MISSING)', '$(MISSING)'],
  ['$$(A)', '$(A)'],
  ['$$$(A)', '$1'],
  ['cost $5 $', 'cost $5 $'],
  ['$(A', '$(A'],
  ['$A', '$A'],
] as const) {
  test(`expand: ${text}`, () => assert.equal(expand(text, values), want));
}

const pod: Pod = {
  metadata: { name: 'web', namespace: 'shop', uid: 'u-1', labels: { app: 'web' }, annotations: { 'a/b': 'c' } },
  spec: { nodeName: 'n1', containers: [{ name: 'other', resources: { requests: { cpu: '2' } } }] },
};
const sources = {
  configMap: (name: string) => (name === 'settings' ? { metadata: {}, data: { COLOR: 'red', SIZE: 'xl' } } : undefined),
  secret: (name: string) =>
    name === 'keys' ? { metadata: {}, data: { TOKEN: Buffer.from('s3cret').toString('base64') } } : undefined,
};
const environmentOf = (container: Partial<Container>) =>
  containerEnvironment({
    pod,
    container: { name: 'c', ...container },
    place: {
      podIPs: ['10.0.0.5', 'fd00::5'],
      hostIPs: ['192.168.0.2', 'fd00:1::2'],
      allocatable: { cpu: '4', memory: '8Gi' },
    },
    services: new Map([['DB_SERVICE_HOST', '172.30.0.3']]),
    sources,
  });

const cases: { name: string; container: Partial<Container>; want: Record<string, string> }[] = [
  {
    name: 'values refer to Services and earlier variables',
    container: {
      env: [
        { name: 'HOST', value: 'db at $(DB_SERVICE_HOST)' },
        { name: 'TEXT', value: '$(HOST), $(LATER)' },
        { name: 'LATER', value: 'x' },
      ],
    },
    want: {
      DB_SERVICE_HOST: '172.30.0.3',
      HOST: 'db at 172.30.0.3',
      TEXT: 'db at 172.30.0.3, $(LATER)',
      LATER: 'x',
    },
  },
  {
    name: 'env wins over envFrom, which wins over Services',
    container: {
      envFrom: [{ configMapRef: { name: 'settings' } }, { prefix: 'DB_SERVICE_', secretRef: { name: 'keys' } }],
      env: [
        { name: 'COLOR', value: 'blue' },
        { name: 'DB_SERVICE_HOST', value: '' },
      ],
    },
    want: { DB_SERVICE_HOST: '', COLOR: 'blue', SIZE: 'xl', DB_SERVICE_TOKEN: 's3cret' },
  },
  {
    name: 'fields',
    container: {
      env: [
        'metadata.name',
        'metadata.namespace',
        'metadata.uid',
        "metadata.labels['app']",
        "metadata.annotations['a/b']",
        'spec.nodeName',
        'status.podIP',
        'status.podIPs',
        'status.hostIP',
        'status.hostIPs',
      ].map((fieldPath, i) => ({ name: `F${i}`, valueFrom: { fieldRef: { fieldPath } } })),
    },
    want: {
      DB_SERVICE_HOST: '172.30.0.3',
      F0: 'web',
      F1: 'shop',
      F2: 'u-1',
      F3: 'web',
      F4: 'c',
      F5: 'n1',
      F6: '10.0.0.5',
      F7: '10.0.0.5,fd00::5',
      F8: '192.168.0.2',
      F9: '192.168.0.2,fd00:1::2',
    },
  },
  {
    name: 'amounts of this container, of another, of the node',
    container: {
      resources: { limits: { memory: '64Mi' } },
      env: [
        { name: 'MEMORY', valueFrom: { resourceFieldRef: { resource: 'limits.memory', divisor: '1Mi' } } },
        { name: 'CPU', valueFrom: { resourceFieldRef: { resource: 'limits.cpu' } } },
        { name: 'OTHER', valueFrom: { resourceFieldRef: { resource: 'requests.cpu', containerName: 'other' } } },
      ],
    },
    want: { DB_SERVICE_HOST: '172.30.0.3', MEMORY: '64', CPU: '4', OTHER: '2' },
  },
  {
    name: 'optional things that are missing stay unset',
    container: {
      envFrom: [{ configMapRef: { name: 'none', optional: true } }],
      env: [
        { name: 'X', valueFrom: { configMapKeyRef: { name: 'settings', key: 'NONE', optional: true } } },
        { name: 'Y', valueFrom: { secretKeyRef: { name: 'none', key: 'NONE', optional: true } } },
        { name: 'Z', valueFrom: { secretKeyRef: { name: 'keys', key: 'TOKEN' } } },
      ],
    },
    want: { DB_SERVICE_HOST: '172.30.0.3', Z: 's3cret' },
  },
];
for (const { name, container, want } of cases) {
  test(`containerEnvironment: ${name}`, () => assert.deepEqual(Object.fromEntries(environmentOf(container)), want));
}

const refusals: { container: Partial<Container>; want: RegExp }[] = [
  { container: { envFrom: [{ configMapRef: { name: 'none' } }] }, want: /^configmap "none" not found/ },
  {
    container: { env: [{ name: 'X', valueFrom: { secretKeyRef: { name: 'none', key: 'k' } } }] },
    want: /^secret "none" not found/,
  },
  {
    container: { env: [{ name: 'X', valueFrom: { configMapKeyRef: { name: 'settings', key: 'k' } } }] },
    want: /^couldn't find key k in ConfigMap shop\/settings/,
  },
  { container: { env: [{ name: 'X', valueFrom: { fieldRef: { fieldPath: 'spec.x' } } }] }, want: /unsupported/ },
  {
    container: {
      env: [{ name: 'X', valueFrom: { resourceFieldRef: { resource: 'limits.cpu', containerName: 'none' } } }],
    },
    want: /^container none not found/,
  },
];
for (const { container, want } of refusals) {
  test(`containerEnvironment refuses: ${want.source}`, () => {
    assert.throws(
      () => environmentOf(container),
      (error: unknown) => error instanceof ConfigError && want.test(error.message),
    );
  });
}

test('commandLine joins command and args and resolves references', () => {
  assert.deepEqual(commandLine({ name: 'c', command: ['sh', '-c'], args: ['echo $(A) $HOME'] }, values), [
    'sh',
    '-c',
    'echo 1 $HOME',
  ]);
});
