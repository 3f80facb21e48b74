import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Kind } from '../kind.ts';
import type { ObjectMeta } from '../schema/meta.ts';
import { configMapKind } from './config-map.ts';
import { kindFor, kinds } from './index.ts';
import { validateMetadata, validateMetadataUpdate } from './metadata.ts';
import { namespaceKind } from './namespace.ts';
import { texts } from './testing.ts';

const configMap = configMapKind as unknown as Kind;
const good = { name: 'a', namespace: 'default' };
const errorsOf = (metadata: ObjectMeta, kind = configMap): string[] => texts(validateMetadata(kind, { metadata }));
const owner = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'rs', uid: '1' };

test('good metadata has no errors', () => {
  for (const metadata of [
    good,
    { ...good, name: 'a.b-c.0' },
    { ...good, generateName: 'a-' },
    {
      ...good,
      labels: { 'app.kubernetes.io/name': 'web', a: '' },
      annotations: { 'Example.com/X': 'anything at all' },
    },
    { ...good, finalizers: ['example.com/f', 'orphan'] },
    {
      ...good,
      ownerReferences: [
        { ...owner, controller: true },
        { ...owner, uid: '2' },
      ],
    },
  ]) {
    assert.deepEqual(errorsOf(metadata), [], JSON.stringify(metadata));
  }
  assert.deepEqual(errorsOf({ name: 'a' }, namespaceKind as unknown as Kind), []);
});

test('every rule of metadata names its field', () => {
  const table: [string, ObjectMeta, RegExp][] = [
    ['no name', { namespace: 'default' }, /^metadata\.name: Required value: name or generateName is required$/],
    ['no namespace', { name: 'a' }, /^metadata\.namespace: Required value$/],
    [
      'upper case',
      { ...good, name: 'POD-B' },
      /^metadata\.name: Invalid value: "POD-B": a lowercase RFC 1123 subdomain must consist/,
    ],
    ['too long', { ...good, name: 'a'.repeat(254) }, /must be no more than 253 characters$/],
    ['a bad prefix', { ...good, generateName: 'A-' }, /^metadata\.generateName: Invalid value: "A-"/],
    [
      'a label key',
      { ...good, labels: { '-a': 'b' } },
      /^metadata\.labels: Invalid value: "-a": name part must consist/,
    ],
    [
      'a label prefix',
      { ...good, labels: { 'A/b': 'b' } },
      /^metadata\.labels: Invalid value: "A\/b": prefix part a lowercase/,
    ],
    [
      'a label value',
      { ...good, labels: { a: 'b c' } },
      /^metadata\.labels: Invalid value: "b c": a valid label must be/,
    ],
    ['an annotation key', { ...good, annotations: { 'a b': '' } }, /^metadata\.annotations: Invalid value: "a b"/],
    [
      'big annotations',
      { ...good, annotations: { a: 'x'.repeat(262144) } },
      /^metadata\.annotations: Too long: may not be more than 262144 bytes$/,
    ],
    ['a finalizer', { ...good, finalizers: ['a/b/c'] }, /^metadata\.finalizers: Invalid value: "a\/b\/c"/],
    [
      'finalizers that exclude each other',
      { ...good, finalizers: ['orphan', 'foregroundDeletion'] },
      /finalizer orphan and foregroundDeletion cannot be both set$/,
    ],
    [
      'an owner without uid',
      { ...good, ownerReferences: [{ ...owner, uid: '' }] },
      /^metadata\.ownerReferences\.uid: Invalid value: ""/,
    ],
    [
      'two controllers',
      {
        ...good,
        ownerReferences: [
          { ...owner, controller: true },
          { ...owner, uid: '2', controller: true },
        ],
      },
      /Only one reference can have Controller set to true\. Found "true" in references for ReplicaSet\/rs and ReplicaSet\/rs$/,
    ],
  ];
  for (const [name, metadata, want] of table) {
    const errors = errorsOf(metadata);
    assert.equal(errors.length, 1, name);
    assert.match(errors[0] ?? '', want, name);
  }
  assert.deepEqual(errorsOf(good, namespaceKind as unknown as Kind), [
    'metadata.namespace: Forbidden: not allowed on this type',
  ]);
});

test('an object that is being deleted takes no new finalizers', () => {
  const old = { metadata: { ...good, deletionTimestamp: '2026-01-01T00:00:00Z', finalizers: ['a/b'] } };
  assert.deepEqual(validateMetadataUpdate({ metadata: good }, old), []);
  const [error] = texts(validateMetadataUpdate({ metadata: { ...good, finalizers: ['a/b', 'c/d'] } }, old));
  assert.match(
    error ?? '',
    /^metadata\.finalizers: Forbidden: no new finalizers can be added if the object is being deleted/,
  );
});

test('a kind is found by apiVersion and kind', () => {
  assert.equal(kindFor('v1', 'ConfigMap')?.resource, 'configmaps');
  assert.equal(kindFor('apps/v1', 'Deployment')?.resource, 'deployments');
  assert.equal(kindFor('v1', 'Deployment'), undefined);
});

test('every kind has a Name column, a schema of its name, and facts that fit together', () => {
  for (const kind of kinds) {
    assert.equal(kind.schema.name.split('.').at(-1), kind.kind);
    assert.ok(
      kind.columns.some(({ name, format }) => name === 'Name' && format === 'name'),
      kind.kind,
    );
    assert.equal('status' in kind.schema.fields, kind.hasStatus === true, kind.kind);
    for (const { name, description } of kind.columns) assert.notEqual(description, '', `${kind.kind} ${name}`);
  }
});
