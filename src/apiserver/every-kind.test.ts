// Every verb on every kind: whatever the folder of kinds holds is created, read, printed, changed, watched and deleted.
// A kind that needs more than a name to be accepted has a sample here.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { apiVersionOf, type Kind } from '#api/index.ts';
import { kinds } from '#api/kinds/index.ts';
import { verbsOfKind } from './discovery.ts';
import {
  deployment,
  type Json,
  mergePatch,
  next,
  pod,
  type SendOptions,
  service,
  startServer,
  tableV1,
} from './in-process-suite.ts';
import { subresourcesOf, verbsOf } from './subresources.ts';

const metadata = { name: 'x' };
const template = { metadata: { labels: { app: 'x' } }, spec: { containers: [{ name: 'c', image: 'host' }] } };
const jobSpec = { template: { spec: { containers: [{ name: 'c', image: 'host' }], restartPolicy: 'Never' } } };
const resources = { requests: { storage: '1Gi' } };
/** The least that a kind accepts, by its apiVersion and kind. */
const samples: Readonly<Record<string, object>> = {
  'v1 Pod': pod('x'),
  'v1 Service': service('x'),
  'v1 Event': {
    metadata,
    involvedObject: { namespace: 'default', kind: 'Pod', name: 'p' },
    reason: 'r',
    type: 'Normal',
  },
  'events.k8s.io/v1 Event': {
    metadata,
    eventTime: '2026-01-01T00:00:00.000000Z',
    reportingController: 'example.com/c',
    reportingInstance: 'c-1',
    action: 'a',
    regarding: { namespace: 'default', kind: 'Pod', name: 'p' },
    reason: 'r',
    type: 'Normal',
  },
  'v1 PodTemplate': { metadata, template },
  'v1 ReplicationController': { metadata, spec: { template } },
  'v1 PersistentVolume': {
    metadata,
    spec: { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], hostPath: { path: '/data' } },
  },
  'v1 PersistentVolumeClaim': { metadata, spec: { accessModes: ['ReadWriteOnce'], resources } },
  'apps/v1 ControllerRevision': { metadata, data: { spec: {} }, revision: 1 },
  'apps/v1 DaemonSet': deployment('x'),
  'apps/v1 Deployment': deployment('x'),
  'apps/v1 StatefulSet': deployment('x'),
  'batch/v1 CronJob': { metadata, spec: { schedule: '*/5 * * * *', jobTemplate: { spec: jobSpec } } },
  'batch/v1 Job': { metadata, spec: jobSpec },
  'storage.k8s.io/v1 StorageClass': { metadata, provisioner: 'example.com/disk' },
  'apps/v1 ReplicaSet': deployment('x'),
  'autoscaling/v1 HorizontalPodAutoscaler': {
    metadata,
    spec: { scaleTargetRef: { kind: 'Deployment', name: 'd', apiVersion: 'apps/v1' }, maxReplicas: 3 },
  },
  'autoscaling/v2 HorizontalPodAutoscaler': {
    metadata,
    spec: { scaleTargetRef: { kind: 'Deployment', name: 'd', apiVersion: 'apps/v1' }, maxReplicas: 3 },
  },
  'networking.k8s.io/v1 Ingress': {
    metadata,
    spec: { defaultBackend: { service: { name: 's', port: { number: 80 } } } },
  },
  'networking.k8s.io/v1 IngressClass': { metadata, spec: { controller: 'example.com/c' } },
  'networking.k8s.io/v1 IPAddress': {
    metadata: { name: '10.96.0.20' },
    spec: { parentRef: { resource: 'services', namespace: 'default', name: 's' } },
  },
  'networking.k8s.io/v1 ServiceCIDR': { metadata, spec: { cidrs: ['10.96.0.0/16'] } },
  'discovery.k8s.io/v1 EndpointSlice': { metadata, addressType: 'IPv4', endpoints: [], ports: [] },
};

const keyOf = (kind: Kind): string => `${apiVersionOf(kind)} ${kind.kind}`;
function collectionOf(kind: Kind): string {
  const root = kind.group ? `/apis/${apiVersionOf(kind)}` : `/api/${kind.version}`;
  return kind.namespaced ? `${root}/namespaces/default/${kind.resource}` : `${root}/${kind.resource}`;
}

describe('every verb of every kind', () => {
  for (const kind of kinds) {
    test(keyOf(kind), async () => {
      const api = await startServer();
      const collection = collectionOf(kind);
      const sample = (samples[keyOf(kind)] ?? { metadata }) as { metadata: { name: string } };
      const { name } = sample.metadata;
      const one = `${collection}/${name}`;
      const tried = new Set<string>();
      const expect = async (verb: string, status: number, ...step: [string, string, unknown?, SendOptions?]) => {
        tried.add(verb);
        const answer = await api.send(...step);
        assert.equal(answer.status, status, `${verb} ${answer.text}`);
        return answer.json;
      };
      const created = await expect('create', 201, 'POST', collection, sample);
      assert.deepEqual([created.apiVersion, created.kind], [apiVersionOf(kind), kind.kind]);
      assert.deepEqual(await expect('get', 200, 'GET', one), created);
      const stop = new AbortController();
      const from = `${collection}?watch=true&resourceVersion=${created.metadata.resourceVersion}`;
      const events = await api.watch(from, stop.signal);
      tried.add('watch');
      const labels = { metadata: { labels: { l: '1' } } };
      const labelled = await expect('patch', 200, 'PATCH', one, labels, mergePatch);
      assert.deepEqual(await next(events), { type: 'MODIFIED', object: labelled });
      // What a server gave out it takes back, and sees that nothing changed.
      assert.deepEqual(await expect('update', 200, 'PUT', one, labelled), labelled);
      const list = await expect('list', 200, 'GET', `${collection}?labelSelector=l%3D1`);
      assert.deepEqual(list.items, [labelled]);
      const table = await expect('list', 200, 'GET', collection, undefined, tableV1);
      assert.ok(table.rows.some((row: Json) => row.object.metadata.name === name));
      for (const row of table.rows) assert.equal(row.cells.length, kind.columns.length);
      for (const field of Object.keys(kind.selectableFields ?? {})) {
        await expect('list', 200, 'GET', `${collection}?fieldSelector=${field}%3Dnothing-has-this`);
      }
      if (kind.hasStatus) {
        assert.deepEqual((await api.send('PUT', `${one}/status`, labelled)).json, labelled, 'status');
      }
      await expect('delete', 200, 'DELETE', one);
      if (kind.kind !== 'Namespace') {
        assert.equal((await next(events)).type, 'DELETED');
        await expect('deletecollection', 200, 'DELETE', collection);
      }
      stop.abort();
      assert.deepEqual([...tried].sort(), verbsOfKind(kind));
    });
  }

  test('there is no sample of a kind that is not served', () => {
    const served = kinds.map(keyOf);
    assert.deepEqual(
      Object.keys(samples).filter((key) => !served.includes(key)),
      [],
    );
  });
});

describe('every kind describes itself', () => {
  for (const kind of kinds) {
    test(keyOf(kind), async () => {
      const api = await startServer();
      const group = kind.group ? `apis/${apiVersionOf(kind)}` : `api/${kind.version}`;
      const { json: resources } = await api.send('GET', `/${group}`);
      const verbs = Object.fromEntries(resources.resources.map((resource: Json) => [resource.name, resource.verbs]));
      assert.deepEqual(verbs[kind.resource], verbsOfKind(kind));
      for (const subresource of subresourcesOf(kind)) {
        assert.deepEqual(verbs[`${kind.resource}/${subresource.name}`], verbsOf(subresource));
      }
      const { json: openApi } = await api.send('GET', `/openapi/v3/${group}`);
      const schemas: [string, Json][] = Object.entries(openApi.components.schemas);
      const own = schemas.find(([, schema]) =>
        schema['x-kubernetes-group-version-kind']?.some(
          (gvk: Json) => gvk.kind === kind.kind && gvk.group === kind.group,
        ),
      );
      assert.ok(own, `a schema of ${kind.kind}`);
    });
  }
});
