// Verbs × behaviours, in-process (api.md §6-§12). One server for each case; namespace default unless said.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { MemoryStore } from '#storage/index.ts';
import {
  admin,
  configMap,
  deployment,
  type Json,
  jsonPatch,
  mergePatch,
  pod,
  type SendOptions,
  service,
  startServer,
  strategicPatch,
  type TestServer,
  tableV1,
} from './in-process-suite.ts';

const ns = '/api/v1/namespaces/default';
const cms = `${ns}/configmaps`;
const pods = `${ns}/pods`;
const deployments = '/apis/apps/v1/namespaces/default/deployments';

interface Case {
  readonly name: string;
  readonly given?: readonly [string, string, unknown?, SendOptions?][];
  readonly send: readonly [string, string, unknown?, SendOptions?];
  readonly status: number;
  /** Of the Status of a refusal. */
  readonly reason?: string;
  readonly message?: RegExp | string;
  readonly check?: (json: Json, headers: Readonly<Record<string, string>>) => void;
}

function run(title: string, cases: readonly Case[]): void {
  describe(title, () => {
    for (const { name, given = [], send, status, reason, message, check } of cases) {
      test(name, async () => {
        const api = await startServer();
        for (const step of given) {
          const answer = await api.send(...step);
          assert.ok(answer.status < 300, `given ${step[0]} ${step[1]}: ${answer.text}`);
        }
        const answer = await api.send(...send);
        assert.equal(answer.status, status, answer.text);
        if (reason) assert.equal(answer.json.reason, reason);
        if (typeof message === 'string') assert.equal(answer.json.message, message);
        else if (message) assert.match(answer.json?.message ?? answer.text, message);
        if (reason)
          assert.deepEqual([answer.json.kind, answer.json.status, answer.json.code], ['Status', 'Failure', status]);
        check?.(answer.json, answer.headers);
      });
    }
  });
}

run('create', [
  {
    name: 'the server owns uid, times and versions',
    send: [
      'POST',
      deployments,
      {
        ...deployment('a'),
        metadata: { name: 'a', uid: 'x', generation: 9, deletionTimestamp: '2020-01-01T00:00:00Z' },
      },
    ],
    status: 201,
    check: ({ metadata, kind, apiVersion }) => {
      assert.match(metadata.uid, /^[0-9a-f-]{36}$/);
      assert.match(metadata.creationTimestamp, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
      assert.match(metadata.resourceVersion, /^\d+$/);
      assert.deepEqual(
        [metadata.generation, metadata.deletionTimestamp, metadata.namespace],
        [1, undefined, 'default'],
      );
      assert.deepEqual([kind, apiVersion], ['Deployment', 'apps/v1']);
    },
  },
  {
    name: 'generateName',
    send: ['POST', cms, { metadata: { generateName: 'x-' } }],
    status: 201,
    check: ({ metadata }) => assert.match(metadata.name, /^x-[bcdfghjklmnpqrstvwxz2456789]{5}$/),
  },
  {
    name: 'no name',
    send: ['POST', cms, { metadata: {} }],
    status: 422,
    reason: 'Invalid',
    message: /metadata\.name: Required value: name or generateName is required/,
  },
  {
    name: 'a bad name',
    send: ['POST', cms, configMap('POD-B')],
    status: 422,
    reason: 'Invalid',
    message: /metadata\.name: Invalid value: "POD-B": a lowercase RFC 1123 subdomain/,
  },
  {
    name: 'a name that is taken',
    given: [['POST', deployments, deployment('a')]],
    send: ['POST', deployments, deployment('a')],
    status: 409,
    reason: 'AlreadyExists',
    message: 'deployments.apps "a" already exists',
  },
  {
    name: 'a resourceVersion',
    send: ['POST', cms, configMap('a', { metadata: { name: 'a', resourceVersion: '1' } })],
    status: 500,
    message: 'resourceVersion should not be set on objects to be created',
  },
  {
    name: 'another namespace than the URL',
    send: ['POST', cms, configMap('a', { metadata: { name: 'a', namespace: 'other' } })],
    status: 400,
    reason: 'BadRequest',
    message: /namespace of the provided object does not match/,
  },
  {
    name: 'a namespace that is not there',
    send: ['POST', '/api/v1/namespaces/gone/configmaps', configMap('a')],
    status: 404,
    reason: 'NotFound',
    message: 'namespaces "gone" not found',
  },
  {
    name: 'another kind',
    send: ['POST', cms, { kind: 'Pod', apiVersion: 'v1', metadata: { name: 'a' } }],
    status: 400,
    message: /Pod in version "v1" cannot be handled as a ConfigMap/,
  },
  {
    name: 'a kind that nobody knows',
    send: ['POST', cms, { kind: 'Boat', apiVersion: 'v1', metadata: { name: 'a' } }],
    status: 400,
    message: /the object provided is unrecognized \(must be of type ConfigMap\)/,
  },
  {
    name: 'another version',
    send: ['POST', cms, { kind: 'ConfigMap', apiVersion: 'v2', metadata: { name: 'a' } }],
    status: 400,
    message: /API version in the data|unrecognized/,
  },
  { name: 'no body', send: ['POST', cms], status: 400, reason: 'BadRequest' },
  { name: 'a body that is no JSON', send: ['POST', cms, '{'], status: 400, reason: 'BadRequest' },
  { name: 'a body that is no object', send: ['POST', cms, '[1]'], status: 400, reason: 'BadRequest' },
  {
    name: 'a body that is no UTF-8',
    send: ['POST', cms, new Uint8Array([0x22, 0xff, 0x22])],
    status: 400,
    reason: 'BadRequest',
  },
  {
    name: 'a wrong type',
    send: ['POST', deployments, { metadata: { name: 'a' }, spec: { replicas: 'x' } }],
    status: 400,
    message:
      /Deployment in version "v1" cannot be handled as a Deployment: json: cannot unmarshal string into Go struct field DeploymentSpec\.spec\.replicas of type int32/,
  },
  {
    name: 'a media type that nobody knows',
    send: ['POST', cms, '{}', { headers: { 'content-type': 'text/html' } }],
    status: 415,
    reason: 'UnsupportedMediaType',
  },
  {
    name: 'YAML',
    send: ['POST', cms, 'metadata:\n  name: y\ndata: {k: "1"}\n', { headers: { 'content-type': 'application/yaml' } }],
    status: 201,
    check: ({ data }) => assert.deepEqual(data, { k: '1' }),
  },
  {
    name: 'YAML that explodes',
    send: [
      'POST',
      cms,
      [
        'a: &a [x,x,x,x,x,x,x,x,x]',
        ...'bcdefghi'.split('').map((c, i) => `${c}: &${c} [${Array(9).fill(`*${'abcdefghi'[i]}`)}]`),
      ].join('\n'),
      { headers: { 'content-type': 'application/yaml' } },
    ],
    status: 400,
  },
  {
    name: 'Strict refuses unknown and repeated fields',
    send: ['POST', `${cms}?fieldValidation=Strict`, '{"metadata":{"name":"a"},"data":{"x":"1","x":"2"},"foo":1}'],
    status: 400,
    message: /strict decoding error: duplicate field "data\.x", unknown field "foo"/,
  },
  {
    name: 'Warn is the default and warns',
    send: ['POST', cms, '{"metadata":{"name":"a"},"foo":1}'],
    status: 201,
    check: (_json, { warning }) => assert.equal(warning, '299 - "unknown field \\"foo\\""'),
  },
  {
    name: 'a warning about a field that no header can hold',
    send: ['POST', cms, { metadata: { name: 'a' }, 'ü\n': 1 }],
    status: 201,
    check: (_json, { warning }) => assert.match(warning ?? '', /^[\x20-\x7e]+$/),
  },
  {
    name: 'Ignore does not',
    send: ['POST', `${cms}?fieldValidation=Ignore`, '{"metadata":{"name":"a"},"foo":1}'],
    status: 201,
    check: (json, { warning }) => assert.deepEqual([warning, json.foo], [undefined, undefined]),
  },
  { name: 'a field validation that is none', send: ['POST', `${cms}?fieldValidation=No`, configMap('a')], status: 422 },
  {
    name: 'a dry run that is none',
    send: ['POST', `${cms}?dryRun=Some`, configMap('a')],
    status: 422,
    message: /dryRun: Unsupported value: "Some": supported values: "All"/,
  },
  {
    name: '__proto__ is a key like others, and unknown',
    send: ['POST', cms, '{"metadata":{"name":"a"},"__proto__":{"x":1}}'],
    status: 201,
    check: (json) => assert.equal(json.x, undefined),
  },
  {
    name: 'a pod gets account and tolerations',
    send: ['POST', pods, pod('a')],
    status: 201,
    check: ({ spec, status }) => {
      assert.equal(spec.serviceAccountName, 'default');
      assert.deepEqual(
        spec.tolerations.map(({ key, tolerationSeconds }: Json) => `${key} ${tolerationSeconds}`),
        ['node.kubernetes.io/not-ready 300', 'node.kubernetes.io/unreachable 300'],
      );
      assert.equal(status.phase, 'Pending');
    },
  },
  {
    name: 'a collection of all namespaces takes no POST',
    send: ['POST', '/api/v1/configmaps', configMap('a')],
    status: 405,
    reason: 'MethodNotAllowed',
  },
  { name: 'a POST to a name', send: ['POST', `${cms}/a`, configMap('a')], status: 405, reason: 'MethodNotAllowed' },
]);

run('get and list', [
  {
    name: 'what is not there',
    send: ['GET', `${cms}/a`],
    status: 404,
    reason: 'NotFound',
    message: 'configmaps "a" not found',
  },
  {
    name: 'no definitions of custom resources',
    send: ['GET', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'],
    status: 200,
    check: ({ kind, items, metadata }) => {
      assert.deepEqual([kind, items], ['CustomResourceDefinitionList', []]);
      assert.match(metadata.resourceVersion, /^[1-9]\d*$/);
    },
  },
  {
    name: 'nor can one be made',
    send: ['POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', {}],
    status: 404,
    message: /404 page not found/,
  },
  { name: 'a resource that is not there', send: ['GET', `${ns}/boats`], status: 404, message: /404 page not found/ },
  {
    name: 'an empty list has items',
    send: ['GET', cms],
    status: 200,
    check: (json) => assert.deepEqual([json.kind, json.apiVersion, json.items], ['ConfigMapList', 'v1', []]),
  },
  {
    name: 'a Table',
    given: [['POST', cms, configMap('a')]],
    send: ['GET', cms, undefined, tableV1],
    status: 200,
    check: (json) => {
      assert.deepEqual([json.kind, json.apiVersion], ['Table', 'meta.k8s.io/v1']);
      assert.deepEqual(
        json.columnDefinitions.map(({ name }: Json) => name),
        ['Name', 'Data', 'Age'],
      );
      assert.deepEqual(json.rows[0].cells.slice(0, 2), ['a', 1]);
      assert.deepEqual([json.rows[0].object.kind, json.rows[0].object.data], ['PartialObjectMetadata', undefined]);
    },
  },
  {
    name: 'a Table with objects',
    given: [['POST', cms, configMap('a')]],
    send: ['GET', `${cms}/a?includeObject=Object`, undefined, tableV1],
    status: 200,
    check: (json) => assert.equal(json.rows[0].object.data.a, '1'),
  },
  { name: 'errors are never tables', send: ['GET', `${cms}/a`, undefined, tableV1], status: 404, reason: 'NotFound' },
  {
    name: 'only metadata',
    given: [['POST', cms, configMap('a')]],
    send: [
      'GET',
      cms,
      undefined,
      { headers: { accept: 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1' } },
    ],
    status: 200,
    check: (json) =>
      assert.deepEqual(
        [json.kind, Object.keys(json.items[0])],
        ['PartialObjectMetadataList', ['kind', 'apiVersion', 'metadata']],
      ),
  },
  {
    name: 'nothing acceptable',
    send: ['GET', cms, undefined, { headers: { accept: 'application/vnd.kubernetes.protobuf' } }],
    status: 406,
    reason: 'NotAcceptable',
  },
  {
    name: 'a field that cannot be selected by',
    send: ['GET', `${cms}?fieldSelector=data.a%3D1`],
    status: 400,
    message: /"data\.a" is not a known field selector/,
  },
  {
    name: 'a label selector that is none',
    send: ['GET', `${cms}?labelSelector=a%20in`],
    status: 400,
    message: /unable to parse requirement/,
  },
  { name: 'a limit that is none', send: ['GET', `${cms}?limit=x`], status: 400 },
  { name: 'a continue token that is none', send: ['GET', `${cms}?continue=x`], status: 400 },
  {
    name: 'a match without a version',
    send: ['GET', `${cms}?resourceVersionMatch=Exact`],
    status: 422,
    message: /resourceVersionMatch is forbidden unless resourceVersion is provided/,
  },
  {
    name: 'initial events of a list',
    send: ['GET', `${cms}?sendInitialEvents=true`],
    status: 422,
    message: /sendInitialEvents is forbidden for list/,
  },
  {
    name: 'YAML',
    given: [['POST', cms, configMap('a')]],
    send: ['GET', `${cms}/a`, undefined, { headers: { accept: 'application/yaml' } }],
    status: 200,
    check: (_json, headers) => assert.equal(headers['content-type'], 'application/yaml'),
  },
]);

run('update', [
  { name: 'of what is not there', send: ['PUT', `${cms}/a`, configMap('a')], status: 404, reason: 'NotFound' },
  { name: 'creates a Service', send: ['PUT', `${ns}/services/a`, service('a')], status: 201 },
  {
    name: 'a stale version',
    given: [['POST', deployments, deployment('a')]],
    send: ['PUT', `${deployments}/a`, { ...deployment('a'), metadata: { name: 'a', resourceVersion: '1' } }],
    status: 409,
    reason: 'Conflict',
    message:
      'Operation cannot be fulfilled on deployments.apps "a": the object has been modified; please apply your changes to the latest version and try again',
  },
  {
    name: 'another name than the URL',
    given: [['POST', cms, configMap('a')]],
    send: ['PUT', `${cms}/a`, configMap('b')],
    status: 400,
    message: 'the name of the object (b) does not match the name on the URL (a)',
  },
  {
    name: 'another uid',
    given: [['POST', cms, configMap('a')]],
    send: ['PUT', `${cms}/a`, configMap('a', { metadata: { name: 'a', uid: 'x' } })],
    status: 409,
    message: /Precondition failed: UID in precondition: x, UID in object meta:/,
  },
  {
    name: 'a Lease needs a version',
    given: [['POST', '/apis/coordination.k8s.io/v1/namespaces/default/leases', { metadata: { name: 'a' }, spec: {} }]],
    send: ['PUT', '/apis/coordination.k8s.io/v1/namespaces/default/leases/a', { metadata: { name: 'a' }, spec: {} }],
    status: 422,
    message:
      /metadata\.resourceVersion: Invalid value: 0x0: must be specified for an update|must be specified for an update/,
  },
  {
    name: 'the main resource keeps the status',
    given: [
      ['POST', deployments, deployment('a')],
      ['PUT', `${deployments}/a/status`, { ...deployment('a'), status: { replicas: 2 } }],
    ],
    send: ['PUT', `${deployments}/a`, { ...deployment('a'), status: { replicas: 7 } }],
    status: 200,
    check: ({ status, metadata }) => assert.deepEqual([status.replicas, metadata.generation], [2, 1]),
  },
  {
    name: 'the status keeps the rest',
    given: [['POST', deployments, deployment('a')]],
    send: [
      'PUT',
      `${deployments}/a/status`,
      { ...deployment('a'), spec: { ...deployment('a').spec, replicas: 9 }, status: { replicas: 2 } },
    ],
    status: 200,
    check: ({ status, spec, metadata }) =>
      assert.deepEqual([status.replicas, spec.replicas, metadata.generation], [2, 1, 1]),
  },
  {
    name: 'a change of the spec is a new generation',
    given: [['POST', deployments, deployment('a')]],
    send: ['PATCH', `${deployments}/a`, { spec: { replicas: 3 } }, mergePatch],
    status: 200,
    check: ({ metadata }) => assert.equal(metadata.generation, 2),
  },
  {
    name: 'so is an annotation of a Deployment',
    given: [['POST', deployments, deployment('a')]],
    send: ['PATCH', `${deployments}/a`, { metadata: { annotations: { a: 'b' } } }, mergePatch],
    status: 200,
    check: ({ metadata }) => assert.deepEqual([metadata.generation, metadata.annotations], [2, { a: 'b' }]),
  },
  {
    name: 'but not one that comes with the status, as the revision does',
    given: [['POST', deployments, deployment('a')]],
    send: ['PATCH', `${deployments}/a/status`, { metadata: { annotations: { a: 'b' } } }, mergePatch],
    status: 200,
    check: ({ metadata }) => assert.deepEqual([metadata.generation, metadata.annotations], [1, { a: 'b' }]),
  },
  { name: 'a status of what has none', send: ['PUT', `${cms}/a/status`, configMap('a')], status: 404 },
]);

run('patch', [
  {
    name: 'JSON patch',
    given: [['POST', cms, configMap('a')]],
    send: ['PATCH', `${cms}/a`, [{ op: 'add', path: '/data/b', value: '2' }], jsonPatch],
    status: 200,
    check: ({ data }) => assert.deepEqual(data, { a: '1', b: '2' }),
  },
  {
    name: 'JSON patch whose test fails',
    given: [['POST', cms, configMap('a')]],
    send: ['PATCH', `${cms}/a`, [{ op: 'test', path: '/data/a', value: '2' }], jsonPatch],
    status: 422,
  },
  {
    name: 'JSON patch that is no list',
    given: [['POST', cms, configMap('a')]],
    send: ['PATCH', `${cms}/a`, {}, jsonPatch],
    status: 400,
  },
  {
    name: 'merge patch',
    given: [['POST', cms, configMap('a')]],
    send: ['PATCH', `${cms}/a`, { data: { a: null, c: '3' } }, mergePatch],
    status: 200,
    check: ({ data }) => assert.deepEqual(data, { c: '3' }),
  },
  {
    name: 'strategic merge by key',
    given: [['POST', deployments, deployment('a')]],
    send: [
      'PATCH',
      `${deployments}/a`,
      { spec: { template: { spec: { containers: [{ name: 'c', image: 'other' }] } } } },
      strategicPatch,
    ],
    status: 200,
    check: ({ spec }) =>
      assert.deepEqual(
        spec.template.spec.containers.map(({ name, image }: Json) => `${name} ${image}`),
        ['c other'],
      ),
  },
  { name: 'of what is not there', send: ['PATCH', `${cms}/a`, {}, mergePatch], status: 404, reason: 'NotFound' },
  {
    name: 'a media type that is no patch',
    given: [['POST', cms, configMap('a')]],
    send: ['PATCH', `${cms}/a`, {}],
    status: 415,
    reason: 'UnsupportedMediaType',
  },
  {
    name: 'force without apply',
    send: ['PATCH', `${cms}/a?force=true`, {}, mergePatch],
    status: 422,
    message: /force: Forbidden: may not be specified for non-apply patch/,
  },
  {
    name: 'a stale version in the patch',
    given: [['POST', cms, configMap('a')]],
    send: ['PATCH', `${cms}/a`, { metadata: { resourceVersion: '1' } }, mergePatch],
    status: 409,
    reason: 'Conflict',
  },
  {
    name: 'another name',
    given: [['POST', cms, configMap('a')]],
    send: ['PATCH', `${cms}/a`, { metadata: { name: 'b' } }, mergePatch],
    status: 400,
  },
  {
    name: 'an unknown field under Strict',
    given: [['POST', cms, configMap('a')]],
    send: ['PATCH', `${cms}/a?fieldValidation=Strict`, { foo: 1 }, mergePatch],
    status: 422,
    message: /unknown field "foo"/,
  },
  {
    name: 'of the status',
    given: [['POST', pods, pod('a')]],
    send: ['PATCH', `${pods}/a/status`, { status: { phase: 'Running' }, spec: { nodeName: 'x' } }, mergePatch],
    status: 200,
    check: ({ status, spec }) => assert.deepEqual([status.phase, spec.nodeName], ['Running', undefined]),
  },
  {
    name: 'of the scale',
    given: [['POST', deployments, deployment('a')]],
    send: ['PATCH', `${deployments}/a/scale`, { spec: { replicas: 4 } }, mergePatch],
    status: 200,
    check: (json) => assert.deepEqual([json.kind, json.spec.replicas, json.status.selector], ['Scale', 4, 'app=a']),
  },
  {
    name: 'of the scale below zero',
    given: [['POST', deployments, deployment('a')]],
    send: ['PATCH', `${deployments}/a/scale`, { spec: { replicas: -1 } }, mergePatch],
    status: 422,
    message: /spec\.replicas: Invalid value: -1: must be greater than or equal to 0/,
  },
]);

run('delete', [
  {
    name: 'answers with a Status',
    given: [['POST', deployments, deployment('a')]],
    send: ['DELETE', `${deployments}/a`],
    status: 200,
    check: (json) =>
      assert.deepEqual(
        [json.status, json.details.name, json.details.group, json.details.kind],
        ['Success', 'a', 'apps', 'deployments'],
      ),
  },
  { name: 'of what is not there', send: ['DELETE', `${cms}/a`], status: 404, reason: 'NotFound' },
  {
    name: 'with another uid',
    given: [['POST', cms, configMap('a')]],
    send: ['DELETE', `${cms}/a`, { preconditions: { uid: 'x' } }],
    status: 409,
    message: /Precondition failed: UID in precondition: x/,
  },
  {
    name: 'with another version',
    given: [['POST', cms, configMap('a')]],
    send: ['DELETE', `${cms}/a`, { preconditions: { resourceVersion: '1' } }],
    status: 409,
  },
  {
    name: 'in the foreground waits',
    given: [['POST', deployments, deployment('a')]],
    send: ['DELETE', `${deployments}/a`, { propagationPolicy: 'Foreground' }],
    status: 200,
    check: ({ metadata }) =>
      assert.deepEqual(
        [metadata.finalizers, !!metadata.deletionTimestamp, metadata.generation],
        [['foregroundDeletion'], true, 2],
      ),
  },
  {
    name: 'that orphans waits',
    given: [['POST', deployments, deployment('a')]],
    send: ['DELETE', `${deployments}/a?propagationPolicy=Orphan`],
    status: 200,
    check: ({ metadata }) => assert.deepEqual(metadata.finalizers, ['orphan']),
  },
  {
    name: 'with two policies',
    given: [['POST', cms, configMap('a')]],
    send: ['DELETE', `${cms}/a`, { propagationPolicy: 'Orphan', orphanDependents: true }],
    status: 422,
  },
  {
    name: 'with a policy that is none',
    given: [['POST', cms, configMap('a')]],
    send: ['DELETE', `${cms}/a`, { propagationPolicy: 'Sideways' }],
    status: 422,
    message: /propagationPolicy: Unsupported value: "Sideways"/,
  },
  {
    name: 'of an unscheduled pod is at once',
    given: [['POST', pods, pod('a')]],
    send: ['DELETE', `${pods}/a`],
    status: 200,
    check: ({ kind, metadata }) => assert.deepEqual([kind, metadata.deletionTimestamp], ['Pod', undefined]),
  },
  {
    name: 'of a scheduled pod waits for its kubelet',
    given: [['POST', pods, pod('a', { nodeName: 'n' })]],
    send: ['DELETE', `${pods}/a`],
    status: 200,
    check: ({ metadata }) =>
      assert.deepEqual([metadata.deletionGracePeriodSeconds, !!metadata.deletionTimestamp], [30, true]),
  },
  {
    name: 'of a deleting pod may be shortened',
    given: [
      ['POST', pods, pod('a', { nodeName: 'n' })],
      ['DELETE', `${pods}/a`],
    ],
    send: ['DELETE', `${pods}/a`, { gracePeriodSeconds: 1 }],
    status: 200,
    check: ({ metadata }) => assert.equal(metadata.deletionGracePeriodSeconds, 1),
  },
  {
    name: 'of a deleting pod may not be put off',
    given: [
      ['POST', pods, pod('a', { nodeName: 'n' })],
      ['DELETE', `${pods}/a?gracePeriodSeconds=5`],
    ],
    send: ['DELETE', `${pods}/a`, { gracePeriodSeconds: 60 }],
    status: 200,
    check: ({ metadata }) => assert.equal(metadata.deletionGracePeriodSeconds, 5),
  },
  {
    name: 'new finalizers on what is being deleted',
    given: [
      ['POST', cms, configMap('a', { metadata: { name: 'a', finalizers: ['x.y/z'] } })],
      ['DELETE', `${cms}/a`],
    ],
    send: ['PATCH', `${cms}/a`, { metadata: { finalizers: ['x.y/z', 'x.y/w'] } }, mergePatch],
    status: 422,
    message: /no new finalizers can be added if the object is being deleted/,
  },
  {
    name: 'of a collection, by label',
    given: [
      ['POST', cms, configMap('a', { metadata: { name: 'a', labels: { x: '1' } } })],
      ['POST', cms, configMap('b')],
    ],
    send: ['DELETE', `${cms}?labelSelector=x%3D1`],
    status: 200,
    check: (json) =>
      assert.deepEqual([json.kind, json.items.map(({ metadata }: Json) => metadata.name)], ['ConfigMapList', ['a']]),
  },
  {
    name: 'of all namespaces at once',
    send: ['DELETE', '/api/v1/namespaces'],
    status: 405,
    reason: 'MethodNotAllowed',
  },
  {
    name: 'of a protected namespace',
    send: ['DELETE', '/api/v1/namespaces/kube-system'],
    status: 403,
    message: /this namespace may not be deleted/,
  },
]);

run('pods and namespaces', [
  {
    name: 'binding puts a pod on a node',
    given: [['POST', pods, pod('a')]],
    send: ['POST', `${pods}/a/binding`, { metadata: { name: 'a' }, target: { kind: 'Node', name: 'n1' } }],
    status: 201,
    check: (json) => assert.equal(json.status, 'Success'),
  },
  {
    name: 'binding happens once',
    given: [['POST', pods, pod('a', { nodeName: 'n1' })]],
    send: ['POST', `${pods}/a/binding`, { target: { kind: 'Node', name: 'n2' } }],
    status: 409,
    reason: 'Conflict',
    message: /already assigned to node "n1"/,
  },
  {
    name: 'binding needs a node',
    given: [['POST', pods, pod('a')]],
    send: ['POST', `${pods}/a/binding`, { target: {} }],
    status: 422,
  },
  {
    name: 'eviction deletes',
    given: [['POST', pods, pod('a')]],
    send: ['POST', `${pods}/a/eviction`, { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'a' } }],
    status: 201,
  },
  {
    name: 'a namespace waits for its finalizer',
    given: [['POST', '/api/v1/namespaces', { metadata: { name: 'x' } }]],
    send: ['DELETE', '/api/v1/namespaces/x'],
    status: 200,
    check: ({ status, spec, metadata }) =>
      assert.deepEqual(
        [status.phase, spec.finalizers, metadata.labels],
        ['Terminating', ['kubernetes'], { 'kubernetes.io/metadata.name': 'x' }],
      ),
  },
  {
    name: 'nothing new in a terminating namespace',
    given: [
      ['POST', '/api/v1/namespaces', { metadata: { name: 'x' } }],
      ['DELETE', '/api/v1/namespaces/x'],
    ],
    send: ['POST', '/api/v1/namespaces/x/configmaps', configMap('a')],
    status: 403,
    reason: 'Forbidden',
    message: 'configmaps "a" is forbidden: unable to create new content in namespace x because it is being terminated',
    check: (json) => assert.equal(json.details.causes[0].reason, 'NamespaceTerminating'),
  },
  {
    name: 'finalize completes the deletion',
    given: [
      ['POST', '/api/v1/namespaces', { metadata: { name: 'x' } }],
      ['DELETE', '/api/v1/namespaces/x'],
      ['PUT', '/api/v1/namespaces/x/finalize', { metadata: { name: 'x' }, spec: {} }],
    ],
    send: ['GET', '/api/v1/namespaces/x'],
    status: 404,
  },
  {
    name: 'a PUT does not change finalizers of a namespace',
    given: [['POST', '/api/v1/namespaces', { metadata: { name: 'x' } }]],
    send: ['PUT', '/api/v1/namespaces/x', { metadata: { name: 'x' }, spec: {} }],
    status: 200,
    check: ({ spec }) => assert.deepEqual(spec.finalizers, ['kubernetes']),
  },
]);

const as = (name: string, ...groups: string[]): SendOptions => ({ user: { name, groups } });
run('authorization', [
  {
    name: 'a node reads pods',
    send: ['GET', '/api/v1/pods', undefined, as('system:node:n1', 'system:nodes')],
    status: 200,
  },
  {
    name: 'a node writes no Services',
    send: ['POST', `${ns}/services`, service('a'), as('system:node:n1', 'system:nodes')],
    status: 403,
    reason: 'Forbidden',
  },
  {
    name: 'the proxy reads slices',
    send: ['GET', '/apis/discovery.k8s.io/v1/endpointslices', undefined, as('system:kube-proxy')],
    status: 200,
  },
  {
    name: 'the proxy reads no secrets',
    send: ['GET', '/api/v1/secrets', undefined, as('system:kube-proxy')],
    status: 403,
    message:
      'secrets is forbidden: User "system:kube-proxy" cannot list resource "secrets" in API group "" at the cluster scope',
  },
  {
    name: 'the scheduler binds',
    given: [['POST', pods, pod('a')]],
    send: ['POST', `${pods}/a/binding`, { target: { name: 'n' } }, as('system:kube-scheduler')],
    status: 201,
  },
  {
    name: 'somebody has no rights',
    send: ['DELETE', `${pods}/a`, undefined, as('jane')],
    status: 403,
    message:
      'pods "a" is forbidden: User "jane" cannot delete resource "pods" in API group "" in the namespace "default"',
  },
  {
    name: 'a name like one of ours is no right',
    send: ['GET', '/api/v1/pods', undefined, as('constructor', '__proto__')],
    status: 403,
  },
  { name: 'somebody may discover', send: ['GET', '/apis', undefined, as('jane')], status: 200 },
]);

run('discovery and health', [
  {
    name: 'aggregated v2',
    send: [
      'GET',
      '/apis',
      undefined,
      { headers: { accept: 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json' } },
    ],
    status: 200,
    check: (json, headers) => {
      assert.equal(headers['content-type'], 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList');
      assert.deepEqual(
        json.items[0].versions[0].resources.map(({ resource, subresources = [] }: Json) =>
          [resource, ...subresources.map(({ subresource }: Json) => subresource)].join(' '),
        ),
        [
          'controllerrevisions',
          'daemonsets status',
          'deployments scale status',
          'replicasets scale status',
          'statefulsets scale status',
        ],
      );
    },
  },
  {
    name: 'aggregated v2beta1 of the core group',
    send: [
      'GET',
      '/api',
      undefined,
      { headers: { accept: 'application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList' } },
    ],
    status: 200,
    check: (json) => assert.equal(json.apiVersion, 'apidiscovery.k8s.io/v2beta1'),
  },
  {
    name: 'legacy groups',
    send: ['GET', '/apis'],
    status: 200,
    check: (json) => assert.deepEqual([json.kind, json.groups[0].name], ['APIGroupList', 'apps']),
  },
  {
    name: 'legacy resources',
    send: ['GET', '/api/v1'],
    status: 200,
    check: (json) =>
      assert.deepEqual(Object.keys(json.resources[0]), [
        'name',
        'singularName',
        'namespaced',
        'kind',
        'verbs',
        'shortNames',
        'storageVersionHash',
      ]),
  },
  { name: 'a group that is not there', send: ['GET', '/apis/boats'], status: 404 },
  { name: 'an unknown path', send: ['GET', '/boats'], status: 404, message: /404 page not found/ },
  {
    name: 'pretty for people',
    send: ['GET', '/version', undefined, { headers: { 'user-agent': 'curl/8' } }],
    status: 200,
  },
]);

test('a discovery that has not changed is 304', async () => {
  const api = await startServer();
  const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
  const { headers } = await api.send('GET', '/api', undefined, { headers: { accept } });
  const again = await api.send('GET', '/api', undefined, { headers: { accept, 'if-none-match': headers.etag ?? '' } });
  assert.deepEqual([again.status, again.text], [304, '']);
});

test('OpenAPI documents are found by their hash, and an old hash is told the new one', async () => {
  const api = await startServer();
  const { json } = await api.send('GET', '/openapi/v3');
  const url = json.paths['apis/apps/v1'].serverRelativeURL as string;
  const document = await api.send('GET', url);
  assert.match(document.headers['cache-control'] ?? '', /immutable/);
  assert.ok(document.json.paths['/apis/apps/v1/namespaces/{namespace}/deployments/{name}'].patch);
  const old = await api.send('GET', '/openapi/v3/apis/apps/v1?hash=00');
  assert.deepEqual([old.status, old.headers.location], [301, url]);
});

describe('writes that change nothing', () => {
  const same = async (api: TestServer, step: readonly [string, string, unknown?, SendOptions?], path: string) => {
    const before = (await api.send('GET', path)).json;
    const { revision } = api.store;
    const { status, json } = await api.send(...step);
    assert.ok(status < 300);
    assert.equal(json.metadata.resourceVersion, before.metadata.resourceVersion);
    assert.equal(api.store.revision, revision);
  };
  test('keep the version: PUT of what was read, patches, labels, in any order of keys', async () => {
    const api = await startServer();
    await api.send('POST', deployments, deployment('a'));
    await api.send('POST', cms, { data: { b: '2', a: '1' }, metadata: { labels: { y: '2', x: '1' }, name: 'c' } });
    const read = (await api.send('GET', `${deployments}/a`)).json;
    await same(api, ['PUT', `${deployments}/a`, read], `${deployments}/a`);
    await same(api, ['PUT', `${deployments}/a`, deployment('a')], `${deployments}/a`);
    await same(api, ['PATCH', `${deployments}/a`, { spec: { replicas: 1 } }, mergePatch], `${deployments}/a`);
    await same(
      api,
      [
        'PUT',
        `${cms}/c`,
        { metadata: { name: 'c', labels: { x: '1', y: '2' }, annotations: {} }, data: { a: '1', b: '2' } },
      ],
      `${cms}/c`,
    );
  });
  test('dry runs change nothing and show what would be', async () => {
    const api = await startServer();
    await api.send('POST', cms, configMap('a'));
    const { revision } = api.store;
    const created = await api.send('POST', `${cms}?dryRun=All`, configMap('b'));
    assert.deepEqual([created.status, created.json.metadata.resourceVersion], [201, undefined]);
    const patched = await api.send('PATCH', `${cms}/a?dryRun=All`, { data: { z: '9' } }, mergePatch);
    assert.equal(patched.json.data.z, '9');
    assert.equal((await api.send('DELETE', `${cms}/a?dryRun=All`)).status, 200);
    assert.equal(api.store.revision, revision);
  });
});

describe('pages', () => {
  test('are a snapshot; a token outlives changes but not the history', async () => {
    const api = await startServer();
    for (const name of ['a', 'b', 'c', 'd', 'e']) await api.send('POST', cms, configMap(name));
    const first = (await api.send('GET', `${cms}?limit=2`)).json;
    assert.equal(first.metadata.remainingItemCount, 3);
    await api.send('DELETE', `${cms}/c`);
    await api.send('POST', cms, configMap('bb'));
    const next = `${cms}?limit=2&continue=${first.metadata.continue}`;
    const second = (await api.send('GET', next)).json;
    assert.deepEqual(
      second.items.map(({ metadata }: Json) => metadata.name),
      ['c', 'd'],
    );
    assert.equal(second.metadata.resourceVersion, first.metadata.resourceVersion);
    await api.store.compact(api.store.revision);
    const late = await api.send('GET', next);
    assert.deepEqual([late.status, late.json.reason], [410, 'Expired']);
    const rest = (await api.send('GET', `${cms}?continue=${late.json.metadata.continue}`)).json;
    assert.deepEqual(
      rest.items.map(({ metadata }: Json) => metadata.name),
      ['bb', 'd', 'e'],
    );
  });
  test('of a selection are full, and tell no remaining count', async () => {
    const api = await startServer();
    for (let i = 0; i < 10; i++)
      await api.send('POST', cms, configMap(`c${i}`, { metadata: { name: `c${i}`, labels: { odd: String(i % 2) } } }));
    const { json } = await api.send('GET', `${cms}?limit=3&labelSelector=odd%3D1`);
    assert.deepEqual(
      json.items.map(({ metadata }: Json) => metadata.name),
      ['c1', 'c3', 'c5'],
    );
    assert.equal(json.metadata.remainingItemCount, undefined);
    const rest = await api.send('GET', `${cms}?labelSelector=odd%3D1&continue=${json.metadata.continue}`);
    assert.deepEqual(
      rest.json.items.map(({ metadata }: Json) => metadata.name),
      ['c7', 'c9'],
    );
  });
});

test('patches in parallel all arrive', async () => {
  const api = await startServer();
  await api.send('POST', cms, configMap('a'));
  const patches = Array.from({ length: 10 }, (_, i) =>
    api.send('PATCH', `${cms}/a`, { data: { [`k${i}`]: 'v' } }, mergePatch),
  );
  for (const { status, text } of await Promise.all(patches)) assert.equal(status, 200, text);
  assert.equal(Object.keys((await api.send('GET', `${cms}/a`)).json.data).length, 11);
});

test('deletecollection leaves an object alone that took the name of a listed one meanwhile', async () => {
  let onGet: ((key: string) => Promise<void>) | undefined;
  class RacingStore extends MemoryStore {
    override async get(key: string) {
      await onGet?.(key);
      return await super.get(key);
    }
  }
  const api = await startServer({ store: new RacingStore() });
  const maps = '/api/v1/namespaces/default/configmaps';
  for (const name of ['a', 'b']) await api.send('POST', maps, { metadata: { name } });
  onGet = async (key) => {
    if (!key.endsWith('/b')) return;
    onGet = undefined;
    await api.send('DELETE', `${maps}/b`);
    await api.send('POST', maps, { metadata: { name: 'b' } });
  };
  const { status, json } = await api.send('DELETE', maps);
  assert.equal(status, 200);
  assert.deepEqual(
    json.items.map(({ metadata }: Json) => metadata.name),
    ['a'],
  );
  assert.equal((await api.send('GET', `${maps}/b`)).status, 200);
});

test('deletecollection of a client that is gone leaves the rest alone', async () => {
  const gone = new AbortController();
  class LeftStore extends MemoryStore {
    override async commit(writes: Parameters<MemoryStore['commit']>[0]) {
      if (writes.some(({ encode }) => !encode)) gone.abort();
      return await super.commit(writes);
    }
  }
  const api = await startServer({ store: new LeftStore() });
  for (let i = 0; i < 120; i++) await api.send('POST', cms, configMap(`c${i}`));
  await api.server.fetchAs(admin)({ method: 'DELETE', url: cms, headers: {}, signal: gone.signal });
  const { json } = await api.send('GET', cms);
  assert.equal(json.items.length, 70);
});

test('a generated name that was taken leaves no trace in the object that gets another one', async () => {
  let refusals = 1;
  class FullStore extends MemoryStore {
    override async commit(writes: Parameters<MemoryStore['commit']>[0]) {
      const isRefused = refusals > 0 && writes.some(({ key }) => key.includes('/gen-'));
      if (!isRefused) return await super.commit(writes);
      refusals--;
      return { ok: false, lost: 0 } as const;
    }
  }
  const api = await startServer({ store: new FullStore() });
  const { json } = await api.send('POST', '/api/v1/namespaces', { metadata: { generateName: 'gen-' } });
  assert.equal(refusals, 0);
  assert.equal(json.metadata.labels['kubernetes.io/metadata.name'], json.metadata.name);
});

test('GET of one object is not older than a version that there is, or soon will be', async () => {
  const api = await startServer();
  await api.send('POST', cms, configMap('a'));
  const get = (version: string) => api.send('GET', `${cms}/a?resourceVersion=${version}`);
  for (const version of ['', '0', '1', String(api.store.revision)]) assert.equal((await get(version)).status, 200);
  const soon = get(String(api.store.revision + 1));
  await api.send('POST', cms, configMap('b'));
  assert.equal((await soon).status, 200);
  const garbage = await get('abc');
  assert.deepEqual([garbage.status, garbage.json.reason], [400, 'BadRequest']);
});
