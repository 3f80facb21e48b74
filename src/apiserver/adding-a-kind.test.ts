// The one-file kind of CONTRIBUTING.md, put into a copy of the sources: with nothing but that file it is served.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { loadKinds } from '#api/kinds/load.ts';
import { WireWriter } from '#api/schema/wire-writer.ts';
import type { TestServer } from './in-process-suite.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const example =
  /## Adding a kind.*?```ts\n(.*?)```/s.exec(readFileSync(join(root, 'CONTRIBUTING.md'), 'utf8'))?.[1] ?? '';
const folder = mkdtempSync(join(tmpdir(), 'portolan-kind-'));
after(() => rmSync(folder, { recursive: true }));

const all = '/apis/example.io/v1/widgets';
const collection = '/apis/example.io/v1/namespaces/default/widgets';
const widget = (name: string, spec: object) => ({ metadata: { name }, spec });

/** A protobuf body as kubectl would send it: fields by number, in an envelope that names the kind. */
function protobufBody(name: string, colour: string): Uint8Array {
  const object = new WireWriter();
  object.nested(1, (metadata) => metadata.text(1, name));
  object.nested(2, (spec) => spec.text(2, colour));
  const unknown = new WireWriter();
  unknown.nested(1, (type) => {
    type.text(1, 'example.io/v1');
    type.text(2, 'Widget');
  });
  unknown.text(2, Buffer.from(object.finish()).toString());
  return Buffer.concat([Buffer.from('k8s\0'), unknown.finish()]);
}

describe('a kind of one file', () => {
  let suite: typeof import('./in-process-suite.ts');
  let api: TestServer;
  before(async () => {
    for (const part of ['api', 'apiserver', 'lib', 'storage']) {
      cpSync(join(root, 'src', part), join(folder, 'src', part), { recursive: true });
    }
    cpSync(join(root, 'package.json'), join(folder, 'package.json'));
    cpSync(join(root, 'tsconfig.json'), join(folder, 'tsconfig.json'));
    symlinkSync(resolve(root, 'node_modules'), join(folder, 'node_modules'));
    writeFileSync(join(folder, 'src/api/kinds/widget.ts'), example);
    suite = await import(pathToFileURL(join(folder, 'src/apiserver/in-process-suite.ts')).href);
    api = await suite.startServer();
  });

  test('has types that hold', () => {
    writeFileSync(
      join(folder, 'tsconfig.json'),
      JSON.stringify({
        ...JSON.parse(readFileSync(join(root, 'tsconfig.json'), 'utf8')),
        include: [],
        files: ['src/api/kinds/widget.ts'],
      }),
    );
    const { status, stdout } = spawnSync('node_modules/.bin/tsc', ['--noEmit'], { cwd: folder });
    assert.equal(status, 0, String(stdout));
  });

  test('is stored with its defaults, and read, listed and printed', async () => {
    const { status, json: created } = await api.send('POST', collection, widget('a', { colour: 'Red' }));
    assert.equal(status, 201);
    assert.deepEqual(created.spec, { size: 1, colour: 'Red' });
    assert.equal(created.metadata.generation, 1);
    assert.deepEqual((await api.send('GET', `${collection}/a`)).json, created);
    const { json: table } = await api.send('GET', collection, undefined, suite.tableV1);
    assert.deepEqual(
      table.columnDefinitions.map((column: { name: string }) => column.name),
      ['Name', 'Size', 'Phase', 'Age'],
    );
    assert.deepEqual(table.rows[0].cells.slice(0, 3), ['a', 1, '']);
    const status2 = { ...created, status: { phase: 'Made' } };
    assert.equal((await api.send('PUT', `${collection}/a/status`, status2)).json.status.phase, 'Made');
    const select = (selector: string) => api.send('GET', `${all}?fieldSelector=${selector}`);
    assert.equal((await select('spec.colour=Red')).json.items.length, 1);
    assert.equal((await select('spec.colour=Green')).json.items.length, 0);
  });

  test('refuses what its rules and its schema refuse', async () => {
    const { status, json } = await api.send('POST', collection, widget('bad', { size: -1, colour: 'Blue' }));
    assert.equal(status, 422);
    assert.equal(
      json.message,
      'Widget.example.io "bad" is invalid: [spec.size: Invalid value: -1: must be greater than or equal to 0, spec.colour: Unsupported value: "Blue": supported values: "Green", "Red"]',
    );
    const unknown = widget('bad', { colour: 'Red', shape: 'round' });
    const strict = await api.send('POST', `${collection}?fieldValidation=Strict`, unknown);
    assert.match(strict.json.message, /strict decoding error: unknown field "spec.shape"/);
    const patch = { spec: { colour: 'Green' } };
    const changed = await api.send('PATCH', `${collection}/a`, patch, suite.mergePatch);
    assert.match(changed.json.message, /spec.colour: Invalid value: "Green": field is immutable/);
  });

  test('is watched, patched and deleted', async () => {
    const stop = new AbortController();
    const { json: list } = await api.send('GET', all);
    const from = `${all}?watch=true&resourceVersion=${list.metadata.resourceVersion}`;
    const events = await api.watch(from, stop.signal);
    await api.send('POST', collection, widget('w', { colour: 'Green' }));
    await api.send('PATCH', `${collection}/w`, { spec: { size: 7 } }, suite.strategicPatch);
    await api.send('DELETE', `${collection}/w`);
    const seen = [await suite.next(events), await suite.next(events), await suite.next(events)];
    stop.abort();
    assert.deepEqual(
      seen.map(({ type, object }) => [type, object.spec.size, object.metadata.generation]),
      [
        ['ADDED', 1, 1],
        ['MODIFIED', 7, 2],
        ['DELETED', 7, 2],
      ],
    );
  });

  test('is in discovery, after the groups that have a place there', async () => {
    const { json: groups } = await api.send('GET', '/apis');
    assert.equal(groups.groups.at(-1).name, 'example.io');
    const { json: resources } = await api.send('GET', '/apis/example.io/v1');
    assert.deepEqual(
      resources.resources.map(({ name, verbs }: { name: string; verbs: string[] }) => [name, verbs.length]),
      [
        ['widgets', 8],
        ['widgets/status', 3],
      ],
    );
    assert.deepEqual(resources.resources[0].shortNames, ['wd']);
  });

  test('is in OpenAPI, for kubectl explain and apply', async () => {
    const { json } = await api.send('GET', '/openapi/v3/apis/example.io/v1');
    const schema = json.components.schemas['io.k8s.api.example.v1.WidgetSpec'];
    assert.equal(schema.properties.size.description, 'How large it is. Default 1.');
    assert.deepEqual(schema.required, ['colour']);
    const { patch } = json.paths['/apis/example.io/v1/namespaces/{namespace}/widgets/{name}'];
    assert.deepEqual(patch['x-kubernetes-group-version-kind'], { group: 'example.io', kind: 'Widget', version: 'v1' });
  });

  test('comes as protobuf', async () => {
    const headers = { 'content-type': 'application/vnd.kubernetes.protobuf' };
    const { status, json } = await api.send('POST', collection, protobufBody('p', 'Green'), { headers });
    assert.equal(status, 201, json.message);
    assert.deepEqual(json.spec, { size: 1, colour: 'Green' });
  });

  test('fails the start when it cannot be imported, or when its resource is there already', async () => {
    const kinds = join(folder, 'src/api/kinds');
    writeFileSync(join(kinds, 'broken.ts'), 'export const broken = ;');
    await assert.rejects(loadKinds(kinds), /Cannot load the kinds of .*broken.ts: /);
    rmSync(join(kinds, 'broken.ts'));
    writeFileSync(join(kinds, 'again.ts'), example);
    await assert.rejects(loadKinds(kinds), /Two files of kinds export the resource widgets of example.io\/v1/);
  });
});
