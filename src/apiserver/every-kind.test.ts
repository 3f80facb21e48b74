// Every verb on every kind: whatever the folder of kinds holds is created, read, printed, changed, watched and deleted.
// A kind that needs more than a name to be accepted has a sample in samples-suite.ts.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { apiVersionOf } from '#api/index.ts';
import { kinds } from '#api/kinds/index.ts';
import { verbsOfKind } from './discovery.ts';
import { type Json, mergePatch, next, type SendOptions, startServer, tableV1 } from './in-process-suite.ts';
import { collectionOf, keyOf, sampledKinds, sampleOf } from './samples-suite.ts';
import { subresourcesOf, verbsOf } from './subresources.ts';

describe('every verb of every kind', () => {
  for (const kind of kinds) {
    test(keyOf(kind), async () => {
      const api = await startServer();
      const collection = collectionOf(kind);
      const sample = sampleOf(kind) as { metadata: { name: string } };
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
      sampledKinds.filter((key) => !served.includes(key)),
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
      const silent = schemas.flatMap(([name, { description, properties = {} }]) => [
        ...(description ? [] : [name]),
        ...Object.entries<Json>(properties)
          .filter(([, property]) => !property.description)
          .map(([field]) => `${name} ${field}`),
      ]);
      assert.deepEqual(silent, [], 'without a description for kubectl explain');
    });
  }
});
