// Requests that are wrong in ways that a fuzz run has found to be told badly, or to leave something behind: each with the
// answer that it must get. What is refused is not done.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Kind } from '#api/index.ts';
import { controllerRevisionKind } from '#api/kinds/controller-revision.ts';
import { kinds } from '#api/kinds/index.ts';
import { serviceKind } from '#api/kinds/service.ts';
import { configMap, jsonPatch, mergePatch, pod, type SendOptions, service, startServer } from './in-process-suite.ts';
import { sampleOf } from './samples-suite.ts';

const namespace = '/api/v1/namespaces/default';
const cms = `${namespace}/configmaps`;
const yaml = { headers: { 'content-type': 'application/yaml' } };
const applyPatch = { headers: { 'content-type': 'application/apply-patch+yaml' } };
const revision = sampleOf(controllerRevisionKind as unknown as Kind);
const accepting = (accept: string): SendOptions => ({ headers: { accept } });
const table = 'application/json;as=Table;v=v1;g=meta.k8s.io';

/** One patch more: what is at /data/a goes into a new object, which takes its place. */
const deeper = [
  { op: 'add', path: '/data/b', value: {} },
  { op: 'move', from: '/data/a', path: '/data/b/a' },
  { op: 'move', from: '/data/b', path: '/data/a' },
];

const finalizers = (...names: string[]) => ({ metadata: { name: 'default' }, spec: { finalizers: names } });

interface Case {
  readonly name: string;
  readonly ask: readonly [method: string, url: string, body?: unknown, options?: SendOptions];
  readonly want: readonly [status: number, message: RegExp];
}

const refused: Case[] = [
  {
    name: 'a create whose answer cannot be given is not made',
    ask: ['POST', cms, configMap('new'), accepting('image/png')],
    want: [406, /^only the following media types are accepted/],
  },
  {
    name: 'nor is a delete',
    ask: ['DELETE', `${cms}/there`, undefined, accepting('application/json;q=0')],
    want: [406, /^only the following media types are accepted/],
  },
  {
    name: 'nor a create to be shown in a table of an unknown sort',
    ask: ['POST', `${cms}?includeObject=All`, configMap('new'), accepting(table)],
    want: [400, /"All".*includeObject: must be None, Metadata or Object/],
  },
  {
    name: 'a kind that is an object',
    ask: ['POST', cms, { ...configMap('new'), kind: { toString: 1 } }],
    want: [400, /json: cannot unmarshal object into Go struct field \.kind of type string/],
  },
  {
    name: 'an apiVersion that is a list',
    ask: ['PUT', `${cms}/there`, { ...configMap('there'), apiVersion: [] }],
    want: [400, /json: cannot unmarshal array into Go struct field \.apiVersion of type string/],
  },
  {
    name: 'apply: a kind that is an object',
    ask: ['PATCH', `${cms}/there?fieldManager=m`, 'apiVersion: v1\nkind: {}\n', applyPatch],
    want: [400, /^invalid object type: \/v1, Kind=$/],
  },
  {
    name: 'apply: an apiVersion that is a number',
    ask: ['PATCH', `${cms}/there?fieldManager=m`, 'apiVersion: 1\nkind: ConfigMap\n', applyPatch],
    want: [400, /^invalid object type: \/, Kind=ConfigMap$/],
  },
  {
    name: 'apply: a name that is an object',
    ask: [
      'PATCH',
      `${cms}/there?fieldManager=m`,
      'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: {}}\n',
      applyPatch,
    ],
    want: [400, /^failed to create typed patch object \(\/; \/v1, Kind=ConfigMap\): \.metadata\.name: expected string/],
  },
  {
    name: 'YAML: keys that are no text',
    ask: ['POST', cms, 'metadata: {name: new}\n? {a: b}\n: c\n', yaml],
    want: [400, /yaml: line 2: a map or a list cannot be a key/],
  },
  {
    name: 'JSON patch: a whole that is moved into its part',
    ask: ['PATCH', `${cms}/there`, [{ op: 'move', from: '', path: '/metadata/labels' }], jsonPatch],
    want: [422, /^the server rejected our request due to an error in our request$/],
  },
  {
    name: 'JSON patch: one that builds deeper than any body may be',
    ask: [
      'PATCH',
      `${namespace.replace('/api/v1', '/apis/apps/v1')}/controllerrevisions/x`,
      [{ op: 'add', path: '/data/a', value: {} }, ...Array.from({ length: 1500 }, () => deeper).flat()],
      jsonPatch,
    ],
    want: [400, /^the JSON patch makes an object that is nested more than 1000 deep$/],
  },
  {
    name: 'a binding to what can be no node',
    ask: ['POST', `${namespace}/pods/there/binding`, { target: { kind: 'Pod', name: 'Not A Node' } }],
    want: [
      422,
      /target\.kind: Unsupported value: "Pod": supported values: "<empty>", "Node", target\.name: Invalid value: "Not A Node"/,
    ],
  },
  {
    name: 'finalize: a finalizer that is no name',
    ask: ['PUT', '/api/v1/namespaces/default/finalize', finalizers('kubernetes', '9999-12-31T23:59:60Z')],
    want: [
      422,
      /^Namespace "default" is invalid: \[spec\.finalizers\[1\]: Invalid value: "9999.*60Z": name part must consist/,
    ],
  },
  {
    name: 'finalize: one without a domain that is none of the standard ones',
    ask: ['PUT', '/api/v1/namespaces/default/finalize', finalizers('ExternalName')],
    want: [
      422,
      /^Namespace "default" is invalid: spec\.finalizers\[0\]: Invalid value: "ExternalName": name is neither a standard finalizer name nor is it fully qualified$/,
    ],
  },
  {
    name: 'a new Namespace with such a one',
    ask: ['POST', '/api/v1/namespaces', { metadata: { name: 'new' }, spec: { finalizers: ['ExternalName'] } }],
    want: [
      422,
      /^Namespace "new" is invalid: spec\.finalizers: Invalid value: "ExternalName": name is neither a standard/,
    ],
  },
];

describe('refused, and nothing is done', () => {
  for (const { name, ask, want } of refused) {
    test(name, async () => {
      const api = await startServer();
      await api.send('POST', cms, configMap('there'));
      await api.send('POST', `${namespace}/pods`, pod('there'));
      await api.send('POST', '/apis/apps/v1/namespaces/default/controllerrevisions', revision);
      const before = api.store.revision;
      const { status, json } = await api.send(...ask);
      assert.equal(status, want[0], JSON.stringify(json));
      assert.match(json.message, want[1]);
      assert.equal(json.code, want[0]);
      assert.equal(api.store.revision, before);
    });
  }
});

test('finalizers of a Namespace that are names are kept, and so are those that an earlier version has stored', async () => {
  const api = await startServer();
  const put = async (...names: string[]) =>
    (await api.send('PUT', '/api/v1/namespaces/default/finalize', finalizers(...names))).json.spec;
  const good = ['kubernetes', 'orphan', 'foregroundDeletion', 'example.com/x'];
  assert.deepEqual(await put(...good), { finalizers: good });
  const old = { metadata: { name: 'old', uid: 'old' }, spec: { finalizers: ['kubernetes', 'Bare'] } };
  await api.store.put('/registry/core/namespaces/old', 0, (revision) =>
    Buffer.from(
      JSON.stringify({
        kind: 'Namespace',
        apiVersion: 'v1',
        ...old,
        metadata: { ...old.metadata, resourceVersion: `${revision}` },
      }),
    ),
  );
  const finalize = { metadata: { name: 'old' }, spec: { finalizers: ['Bare'] } };
  const answer = await api.send('PUT', '/api/v1/namespaces/old/finalize', finalize);
  assert.deepEqual(answer.json.spec, { finalizers: ['Bare'] });
  const labelled = await api.send('PATCH', '/api/v1/namespaces/old', { metadata: { labels: { a: 'b' } } }, mergePatch);
  assert.equal(labelled.status, 200, labelled.text);
});

test('a plain watch takes no notice of how a table would show its objects', async () => {
  const api = await startServer();
  const stop = new AbortController();
  const events = await api.watch(`${cms}?watch=true&includeObject=All`, stop.signal);
  await api.send('POST', cms, configMap('a'));
  assert.equal((await events.next()).value.object.metadata.name, 'a');
  stop.abort();
});

describe('a write to the status leaves nothing out that every object of its kind has', () => {
  for (const kind of kinds.filter(({ hasStatus }) => hasStatus)) {
    test(kind.kind, async () => {
      // A namespace must say that it is there.
      const phase = kind.kind === 'Namespace' ? 'Active' : null;
      const emptied = { metadata: { labels: null, annotations: null }, status: { phase, loadBalancer: null } };
      const api = await startServer();
      const sample = sampleOf(kind);
      const root = kind.group ? `/apis/${kind.group}/${kind.version}` : `/api/${kind.version}`;
      const collection = kind.namespaced ? `${root}/namespaces/default/${kind.resource}` : `${root}/${kind.resource}`;
      assert.equal((await api.send('POST', collection, sample)).status, 201);
      const one = `${collection}/${sample.metadata.name}`;
      const written = await api.send('PATCH', `${one}/status`, emptied, mergePatch);
      assert.equal(written.status, 200, written.text);
      // So an ordinary write has nothing to fill in.
      const { json } = await api.send('PUT', one, written.json);
      assert.deepEqual(json, written.json);
    });
  }
});

test(`the status of a ${serviceKind.kind} always has a load balancer`, async () => {
  const api = await startServer();
  await api.send('POST', `${namespace}/services`, service('s'));
  const { json } = await api.send(
    'PATCH',
    `${namespace}/services/s/status`,
    { status: { loadBalancer: null } },
    mergePatch,
  );
  assert.deepEqual(json.status, { loadBalancer: {} });
});
