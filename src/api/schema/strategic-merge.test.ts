import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ApiError } from '../errors.ts';
import { Deployment } from './apps.ts';
import type { Message } from './dsl.ts';
import { Node } from './node.ts';
import { Pod } from './pod.ts';
import { Service } from './service.ts';
import { strategicMerge } from './strategic-merge.ts';

const pod = (...containers: object[]) => ({ spec: { containers } });
const a = { name: 'a', image: 'a:1' };
const b = { name: 'b', image: 'b:1' };
const c = { name: 'c', image: 'c:1' };

const merges: { name: string; message?: Message; live: unknown; patch: unknown; want: unknown }[] = [
  {
    name: 'maps merge, null deletes, scalars replace',
    live: { metadata: { labels: { a: '1', b: '2' }, name: 'x' }, spec: { hostname: 'h' } },
    patch: { metadata: { labels: { a: null, c: '3' } }, spec: { hostname: 'i' } },
    want: { metadata: { labels: { b: '2', c: '3' }, name: 'x' }, spec: { hostname: 'i' } },
  },
  {
    name: 'list items merge by key',
    live: pod(a, b),
    patch: pod({ name: 'b', image: 'b:2', tty: true }),
    want: pod(a, { name: 'b', image: 'b:2', tty: true }),
  },
  { name: 'a new list item comes first, as upstream has it', live: pod(a, b), patch: pod(c), want: pod(c, a, b) },
  {
    name: 'the order of the patch wins',
    live: pod(a, b, c),
    patch: pod({ name: 'c' }, { name: 'a' }),
    want: pod(b, c, a),
  },
  {
    name: 'nested lists merge by their own key',
    live: pod({ ...a, ports: [{ containerPort: 80, name: 'http' }], env: [{ name: 'A', value: '1' }] }),
    patch: pod({ name: 'a', ports: [{ containerPort: 80, hostPort: 8080 }], env: [{ name: 'A', value: null }] }),
    want: pod({ ...a, ports: [{ containerPort: 80, name: 'http', hostPort: 8080 }], env: [{ name: 'A' }] }),
  },
  {
    name: 'embedded structs have merge keys too',
    live: { spec: { ephemeralContainers: [{ name: 'd', env: [{ name: 'A', value: '1' }] }] } },
    patch: { spec: { ephemeralContainers: [{ name: 'd', env: [{ name: 'B', value: '2' }] }] } },
    want: {
      spec: {
        ephemeralContainers: [
          {
            name: 'd',
            env: [
              { name: 'B', value: '2' },
              { name: 'A', value: '1' },
            ],
          },
        ],
      },
    },
  },
  {
    name: 'atomic lists are replaced, without nulls',
    live: pod({ ...a, command: ['x', 'y'] }),
    patch: pod({ name: 'a', command: ['z', null] }),
    want: pod({ ...a, command: ['z'] }),
  },
  {
    name: '$patch: delete in a list item',
    live: pod(a, b, c),
    patch: pod({ name: 'b', $patch: 'delete' }),
    want: pod(a, c),
  },
  {
    name: '$patch: delete of what is not there',
    live: pod(a),
    patch: pod({ name: 'z', $patch: 'delete' }),
    want: pod(a),
  },
  {
    name: '$patch: replace as a list item',
    live: pod(a, b),
    patch: pod({ $patch: 'replace' }, { ...c, tty: null }),
    want: pod(c),
  },
  {
    name: '$patch: replace in a map',
    live: { metadata: { labels: { a: '1' }, name: 'x' } },
    patch: { metadata: { labels: { $patch: 'replace', b: '2' } } },
    want: { metadata: { labels: { b: '2' }, name: 'x' } },
  },
  {
    name: '$patch: delete in a map',
    live: { spec: { securityContext: { runAsUser: 1 }, hostname: 'h' } },
    patch: { spec: { securityContext: { $patch: 'delete' } } },
    want: { spec: { hostname: 'h' } },
  },
  {
    name: '$patch: merge is the default',
    live: pod(a),
    patch: {
      $patch: 'merge',
      spec: {
        containers: [
          { $patch: 'merge', name: 'a', tty: true },
          { ...b, $patch: 'merge' },
        ],
      },
    },
    want: pod({ ...a, tty: true }, b),
  },
  {
    name: 'scalars with merge strategy are a set',
    live: { metadata: { finalizers: ['x', 'y'] } },
    patch: { metadata: { finalizers: ['y', 'z'] } },
    want: { metadata: { finalizers: ['x', 'y', 'z'] } },
  },
  {
    name: '$deleteFromPrimitiveList, alone and with additions',
    live: { metadata: { finalizers: ['x', 'y'] } },
    patch: { metadata: { '$deleteFromPrimitiveList/finalizers': ['x'], finalizers: ['w'] } },
    want: { metadata: { finalizers: ['w', 'y'] } },
  },
  {
    name: '$setElementOrder of scalars',
    live: { metadata: { finalizers: ['x', 'y', 'z'] } },
    patch: { metadata: { '$setElementOrder/finalizers': ['z', 'x'] } },
    want: { metadata: { finalizers: ['y', 'z', 'x'] } },
  },
  {
    name: '$setElementOrder of maps: patched items in its order, live-only ones in place',
    live: pod(a, c),
    patch: {
      spec: {
        '$setElementOrder/containers': [{ name: 'b' }, { name: 'a' }],
        containers: [{ name: 'a', tty: true }, b],
      },
    },
    want: pod(b, { ...a, tty: true }, c),
  },
  {
    name: '$setElementOrder without a list reorders only',
    live: pod(a, b),
    patch: { spec: { '$setElementOrder/containers': [{ name: 'b' }, { name: 'a' }] } },
    want: pod(b, a),
  },
  {
    name: 'what kubectl apply sends for one removed and one added container',
    live: pod(a, b),
    patch: {
      spec: {
        '$setElementOrder/containers': [{ name: 'a' }, { name: 'c' }],
        containers: [c, { $patch: 'delete', name: 'b' }],
      },
    },
    want: pod(a, c),
  },
  {
    name: '$retainKeys in a map',
    message: Deployment,
    live: { spec: { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1 } } } },
    patch: { spec: { strategy: { $retainKeys: ['type'], type: 'Recreate' } } },
    want: { spec: { strategy: { type: 'Recreate' } } },
  },
  {
    name: '$retainKeys in a list item',
    live: { spec: { volumes: [{ name: 'v', emptyDir: {} }] } },
    patch: { spec: { volumes: [{ $retainKeys: ['name', 'hostPath'], name: 'v', hostPath: { path: '/' } }] } },
    want: { spec: { volumes: [{ name: 'v', hostPath: { path: '/' } }] } },
  },
  {
    name: 'duplicate keys in the live list: the first merges',
    message: Service,
    live: {
      spec: {
        ports: [
          { port: 53, protocol: 'UDP' },
          { port: 53, protocol: 'TCP' },
        ],
      },
    },
    patch: { spec: { ports: [{ port: 53, nodePort: 30053 }] } },
    want: {
      spec: {
        ports: [
          { port: 53, protocol: 'UDP', nodePort: 30053 },
          { port: 53, protocol: 'TCP' },
        ],
      },
    },
  },
  {
    name: 'taints are replaced',
    message: Node,
    live: { spec: { taints: [{ key: 'a' }], podCIDRs: ['10.0.0.0/24'] } },
    patch: { spec: { taints: [{ key: 'b' }], podCIDRs: ['fd00::/64'] } },
    want: { spec: { taints: [{ key: 'b' }], podCIDRs: ['fd00::/64', '10.0.0.0/24'] } },
  },
  {
    name: 'new maps lose their nulls and directives',
    live: {},
    patch: {
      spec: { containers: [{ name: 'a', image: null, '$setElementOrder/env': [{ name: 'A' }], env: [{ name: 'A' }] }] },
    },
    want: { spec: { containers: [{ name: 'a', env: [{ name: 'A' }] }] } },
  },
  {
    name: 'unknown fields stay for checkFields to report',
    live: {},
    patch: { spec: { foo: { bar: [1] } }, baz: 1 },
    want: { spec: { foo: { bar: [1] } }, baz: 1 },
  },
];
for (const { name, message = Pod, live, patch, want } of merges) {
  test(`strategicMerge: ${name}`, () => {
    const before = structuredClone([live, patch]);
    assert.deepEqual(strategicMerge(message, live, patch), want);
    assert.deepEqual([live, patch], before, 'the inputs are untouched');
  });
}

const refused: { name: string; patch: unknown; code: number; says: RegExp }[] = [
  { name: 'a list', patch: [], code: 400, says: /must be an object/ },
  {
    name: 'map from string',
    patch: { metadata: { labels: 'invalid' } },
    code: 422,
    says: /cannot restore map from string/,
  },
  { name: 'slice from map', patch: { spec: { containers: {} } }, code: 422, says: /cannot restore slice from map/ },
  { name: 'struct from a number', patch: { spec: 1 }, code: 422, says: /cannot restore struct from: number/ },
  {
    name: 'no merge key',
    patch: pod({ image: 'x' }),
    code: 400,
    says: /map: map\[image:x\] does not contain declared merge key: name/,
  },
  { name: 'unknown $patch in a map', patch: { spec: { $patch: 'x' } }, code: 400, says: /unrecognized .* \$patch/ },
  {
    name: 'unknown $patch in a list',
    patch: pod({ name: 'a', $patch: 'x' }),
    code: 400,
    says: /unrecognized .* \$patch/,
  },
  { name: '$retainKeys no list', patch: { spec: { $retainKeys: 'x' } }, code: 400, says: /must be a list/ },
  {
    name: '$retainKeys forgets',
    patch: { spec: { $retainKeys: [], hostname: 'x' } },
    code: 400,
    says: /lacks hostname/,
  },
  {
    name: '$setElementOrder forgets',
    patch: { spec: { '$setElementOrder/containers': [], containers: [a] } },
    code: 400,
    says: /lacks name "a"/,
  },
];
for (const { name, patch, code, says } of refused) {
  test(`strategicMerge refuses: ${name}`, () => {
    assert.throws(
      () => strategicMerge(Pod, pod(b), patch),
      (error) => error instanceof ApiError && error.code === code && says.test(error.message),
    );
  });
}

test('applying a patch twice is applying it once', () => {
  const name = fc.constantFrom('a', 'b', 'c', 'd');
  const env = fc.uniqueArray(fc.record({ name, value: fc.string({ maxLength: 3 }) }), { selector: (e) => e.name });
  const containers = fc.uniqueArray(fc.record({ name, env }, { requiredKeys: ['name'] }), { selector: (e) => e.name });
  const finalizers = fc.uniqueArray(name);
  const object = fc.record({ metadata: fc.record({ finalizers }), spec: fc.record({ containers }) });
  fc.assert(
    fc.property(object, object, (live, patch) => {
      const once = strategicMerge(Pod, live, patch);
      assert.deepEqual(strategicMerge(Pod, once, patch), once);
      const names = (once.spec as { containers: { name: string }[] }).containers.map((item) => item.name);
      assert.deepEqual(new Set(names), new Set([...live.spec.containers, ...patch.spec.containers].map((i) => i.name)));
      assert.equal(names.length, new Set(names).size);
    }),
  );
});

test('strategicMerge does not reach prototypes', () => {
  const merged = strategicMerge(Pod, {}, JSON.parse('{"metadata":{"labels":{"__proto__":"x"}},"__proto__":{"y":1}}'));
  assert.deepEqual(Object.keys(merged).sort(), ['__proto__', 'metadata']);
  assert.equal(({} as { y?: number }).y, undefined);
});
