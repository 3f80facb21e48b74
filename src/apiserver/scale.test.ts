// The /scale of every kind that has one (api.md §14): read, written, refused, printed.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { apiVersionOf } from '#api/index.ts';
import { kinds } from '#api/kinds/index.ts';
import { deployment, type Json, mergePatch, startServer, tableV1 } from './in-process-suite.ts';

const scalable = kinds.filter(({ scale }) => scale);
const metadata = { name: 'web' };
const template = { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'c', image: 'host' }] } };
/** The kinds that want something else than a Deployment does. */
const samples: Readonly<Record<string, object>> = {
  ReplicationController: { metadata, spec: { selector: { app: 'web' }, template } },
  StatefulSet: { metadata, spec: { ...deployment('web').spec, serviceName: 'web' } },
};

describe('scale', () => {
  test('is what four kinds have, with the verbs of a sub-resource', async () => {
    assert.deepEqual(scalable.map(({ kind }) => kind).sort(), [
      'Deployment',
      'ReplicaSet',
      'ReplicationController',
      'StatefulSet',
    ]);
    const api = await startServer();
    for (const { group, version, resource } of scalable) {
      const { json } = await api.send('GET', group ? `/apis/${group}/${version}` : `/api/${version}`);
      const scale = json.resources.find(({ name }: Json) => name === `${resource}/scale`);
      assert.deepEqual(
        [scale.group, scale.version, scale.kind, scale.verbs],
        ['autoscaling', 'v1', 'Scale', ['get', 'patch', 'update']],
      );
    }
  });

  for (const kind of scalable) {
    test(kind.kind, async () => {
      const api = await startServer();
      const root = kind.group ? `/apis/${apiVersionOf(kind)}` : `/api/${kind.version}`;
      const collection = `${root}/namespaces/default/${kind.resource}`;
      const url = `${collection}/web/scale`;
      const { json: made, text } = await api.send('POST', collection, samples[kind.kind] ?? deployment('web'));
      assert.equal(made.spec?.replicas, 1, text);
      const { json: scale } = await api.send('GET', url);
      const { name, namespace, uid, resourceVersion, creationTimestamp } = made.metadata;
      assert.deepEqual(scale, {
        kind: 'Scale',
        apiVersion: 'autoscaling/v1',
        metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
        spec: { replicas: 1 },
        status: { replicas: 0, selector: 'app=web' },
      });

      // Written: the version is the workload's own.
      const { json: two } = await api.send('PUT', url, { ...scale, spec: { replicas: 2 } });
      assert.equal(two.spec.replicas, 2);
      const { json: changed } = await api.send('GET', `${collection}/web`);
      assert.deepEqual([changed.spec.replicas, changed.metadata.resourceVersion], [2, two.metadata.resourceVersion]);
      assert.equal(changed.metadata.generation, made.metadata.generation + 1);
      const same = await api.send('PUT', url, two);
      assert.equal(same.json.metadata.resourceVersion, two.metadata.resourceVersion, 'nothing changed');
      const { json: three } = await api.send('PATCH', url, { spec: { replicas: 3 } }, mergePatch);
      assert.equal(three.spec.replicas, 3);
      const free = { metadata: { name: 'web' }, spec: { replicas: 0 } };
      assert.deepEqual((await api.send('PUT', `${url}?dryRun=All`, free)).json.spec, {});
      assert.equal((await api.send('GET', url)).json.spec.replicas, 3, 'a dry run');
      assert.deepEqual((await api.send('PUT', url, { metadata: { name: 'web' }, spec: {} })).json.spec, {});

      // Refused.
      const wrong = { ...scale.metadata, resourceVersion: undefined };
      const other = `Operation cannot be fulfilled on ${kind.group ? `${kind.resource}/scale.${kind.group}` : `${kind.resource}/scale`} "web": Precondition failed: UID in precondition: other, UID in object meta: ${uid}`;
      const table: [string, string, object, number, string | RegExp][] = [
        ['stale', 'PUT', scale, 409, /the object has been modified; please apply your changes to the latest version/],
        ['stale patch', 'PATCH', { metadata: { resourceVersion }, spec: { replicas: 5 } }, 409, /has been modified/],
        ['another object', 'PUT', { ...scale, metadata: { ...wrong, uid: 'other' } }, 409, other],
        [
          'negative',
          'PUT',
          { ...scale, metadata: wrong, spec: { replicas: -1 } },
          422,
          'Scale.autoscaling "web" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0',
        ],
        [
          'another name',
          'PUT',
          { ...scale, metadata: { ...wrong, name: 'db' } },
          400,
          /does not match the name on the URL/,
        ],
        [
          'another kind',
          'PUT',
          { ...scale, kind: kind.kind, apiVersion: apiVersionOf(kind) },
          400,
          /cannot be handled as a Scale/,
        ],
        [
          'words',
          'PATCH',
          { spec: { replicas: 'two' } },
          422,
          /cannot unmarshal string into Go struct field ScaleSpec/,
        ],
      ];
      for (const [what, method, body, status, message] of table) {
        const answer = await api.send(method, url, body, method === 'PATCH' ? mergePatch : {});
        assert.equal(answer.status, status, `${what}: ${answer.text}`);
        if (typeof message === 'string') assert.equal(answer.json.message, message, what);
        else assert.match(answer.json.message, message, what);
      }
      assert.equal((await api.send('GET', `${collection}/none/scale`)).status, 404);
      assert.equal((await api.send('DELETE', url)).status, 405);

      // Printed.
      const { json: printed } = await api.send('GET', url, undefined, tableV1);
      assert.deepEqual(
        printed.columnDefinitions.map((column: Json) => [column.name, column.type]),
        [
          ['Name', 'string'],
          ['Desired', 'integer'],
          ['Available', 'integer'],
          ['Age', 'string'],
        ],
      );
      assert.deepEqual(printed.rows[0].cells.slice(0, 3), ['web', 0, 0]);
    });
  }
});
