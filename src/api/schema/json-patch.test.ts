import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ApiError } from '../errors.ts';
import { applyJsonPatch } from './json-patch.ts';

const document = { spec: { replicas: 1, ports: [{ port: 80 }, { port: 443 }] }, metadata: { labels: { 'a/b': 'c' } } };

const patches: { name: string; patch: unknown; want: unknown }[] = [
  { name: 'replace', patch: [{ op: 'replace', path: '/spec/replicas', value: 3 }], want: { replicas: 3 } },
  {
    name: 'insert',
    patch: [{ op: 'add', path: '/spec/ports/1', value: 1 }],
    want: { ports: [{ port: 80 }, 1, { port: 443 }] },
  },
  {
    name: 'append',
    patch: [{ op: 'add', path: '/spec/ports/-', value: 1 }],
    want: { ports: [{ port: 80 }, { port: 443 }, 1] },
  },
  { name: 'remove', patch: [{ op: 'remove', path: '/spec/ports/0' }], want: { ports: [{ port: 443 }] } },
  {
    name: 'move',
    patch: [{ op: 'move', from: '/spec/ports/0/port', path: '/spec/replicas' }],
    want: { replicas: 80, ports: [{}, { port: 443 }] },
  },
  { name: 'copy', patch: [{ op: 'copy', from: '/metadata/labels/a~1b', path: '/spec/x' }], want: { x: 'c' } },
  { name: 'test', patch: [{ op: 'test', path: '/spec/ports', value: [{ port: 80 }, { port: 443 }] }], want: {} },
  { name: 'nothing', patch: [], want: {} },
];
for (const { name, patch, want } of patches) {
  test(`applyJsonPatch: ${name}`, () => {
    const before = structuredClone([document, patch]);
    assert.deepEqual(applyJsonPatch(document, patch), { ...document, spec: { ...document.spec, ...(want as object) } });
    assert.deepEqual([document, patch], before);
  });
}

const inherited = '/constructor/prototype/polluted';
const refused: { name: string; patch: unknown; code: number }[] = [
  { name: 'no list', patch: { op: 'add' }, code: 400 },
  { name: 'no object', patch: [1], code: 400 },
  { name: 'too many', patch: new Array(10_001).fill({ op: 'test', path: '/spec/replicas', value: 1 }), code: 413 },
  { name: 'no such operation', patch: [{ op: 'toString', path: '/spec' }], code: 422 },
  { name: 'library-internal operation', patch: [{ op: '_get', path: '/spec' }], code: 422 },
  { name: 'no path', patch: [{ op: 'remove' }], code: 422 },
  { name: 'no value', patch: [{ op: 'add', path: '/spec/x' }], code: 422 },
  { name: 'remove what is not there', patch: [{ op: 'remove', path: '/spec/x' }], code: 422 },
  { name: 'replace what is not there', patch: [{ op: 'replace', path: '/spec/x', value: 1 }], code: 422 },
  { name: 'add below what is not there', patch: [{ op: 'add', path: '/spec/x/y', value: 1 }], code: 422 },
  { name: 'beyond the end', patch: [{ op: 'add', path: '/spec/ports/3', value: 1 }], code: 422 },
  { name: 'failed test', patch: [{ op: 'test', path: '/spec/replicas', value: 2 }], code: 422 },
  { name: 'copy of nothing', patch: [{ op: 'copy', from: '/spec/x', path: '/spec/y' }], code: 422 },
  { name: 'copy of what is inherited', patch: [{ op: 'copy', from: '/constructor', path: '/spec/y' }], code: 422 },
  { name: 'move into itself', patch: [{ op: 'move', from: '/spec', path: '/spec/replicas/x' }], code: 422 },
  { name: '__proto__', patch: [{ op: 'add', path: '/__proto__/polluted', value: 1 }], code: 422 },
  { name: '__proto__ as source', patch: [{ op: 'copy', from: '/__proto__', path: '/spec/y' }], code: 422 },
  { name: 'the prototype by its constructor', patch: [{ op: 'add', path: inherited, value: 1 }], code: 422 },
  { name: 'a method of Object', patch: [{ op: 'replace', path: '/constructor/keys', value: 1 }], code: 422 },
  {
    name: 'copies that double and double',
    patch: Array.from({ length: 60 }, (_, n) => ({ op: 'copy', from: '', path: `/metadata/labels/x${n}` })),
    code: 422,
  },
];
for (const { name, patch, code } of refused) {
  test(`applyJsonPatch refuses with ${code}: ${name}`, () => {
    const before = structuredClone(document);
    assert.throws(
      () => applyJsonPatch(document, patch),
      (error) => error instanceof ApiError && error.code === code,
    );
    assert.deepEqual(document, before);
    assert.equal(({} as { polluted?: number }).polluted, undefined);
    assert.equal(typeof Object.keys, 'function');
  });
}

test('a failed operation says what upstream says, and keeps the reason as cause', () => {
  assert.throws(
    () => applyJsonPatch(document, [{ op: 'remove', path: '/spec/x' }]),
    (error: unknown) => {
      assert.ok(error instanceof ApiError);
      assert.equal(error.reason, 'Invalid');
      assert.equal(error.message, 'the server rejected our request due to an error in our request');
      assert.match((error.cause as Error).message, /operation 0 \(remove \/spec\/x\)/);
      return true;
    },
  );
});

test('whatever the patch is, the answer is a document or an ApiError, and the input is untouched', () => {
  const step = fc.constantFrom(
    'spec',
    'ports',
    '0',
    '-',
    'port',
    'metadata',
    'labels',
    '__proto__',
    'constructor',
    '~1',
    '',
  );
  const pointer = fc.array(step, { maxLength: 4 }).map((steps) => steps.map((s) => `/${s}`).join(''));
  const op = fc.constantFrom('add', 'remove', 'replace', 'move', 'copy', 'test', 'valueOf', '');
  const operation = fc.record(
    { op, path: pointer, from: pointer, value: fc.jsonValue() },
    { requiredKeys: ['op'], noNullPrototype: true },
  );
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 5 }), (patch) => {
      const before = structuredClone([document, patch]);
      try {
        applyJsonPatch(document, patch);
      } catch (error) {
        assert.ok(error instanceof ApiError, String(error));
      }
      assert.deepEqual([document, patch], before);
    }),
  );
});
