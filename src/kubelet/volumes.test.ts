// The files of ConfigMaps and Secrets as readers see them, before, while and after they change.

import assert from 'node:assert/strict';
import { mkdtemp, open, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { ConfigMap, Pod, PodSpec } from '#api/index.ts';
import { PodVolumes } from './volumes.ts';

const place = { podIPs: ['10.0.0.5'], hostIPs: ['192.168.0.2'], allocatable: {} };
const podOf = (volumes: PodSpec['volumes'], labels = {}): Pod => ({
  metadata: { name: 'p', namespace: 'default', labels },
  spec: { containers: [], volumes },
});
const never = new AbortController().signal;

async function volumesOf(t: TestContext, data: Record<string, string>) {
  const directory = await mkdtemp(join(tmpdir(), 'portolan-volumes-'));
  t.after(() => rm(directory, { recursive: true }));
  const objects = new Map<string, ConfigMap>();
  const set = (data: Record<string, string>) => objects.set('map', { metadata: { name: 'map' }, data });
  set(data);
  const volumes = new PodVolumes(directory, {
    configMap: async (name) => objects.get(name),
    secret: async () => undefined,
  });
  return { volumes, objects, set, directory, v: join(directory, 'v') };
}

const shown = async (directory: string) => (await readdir(directory)).filter((name) => !name.startsWith('..')).sort();

test('a ConfigMap that changes changes its files: new, changed and removed keys', async (t) => {
  const { volumes, set, v } = await volumesOf(t, { a: '1', b: '1' });
  const pod = podOf([{ name: 'v', configMap: { name: 'map', defaultMode: 0o640 } }]);
  await volumes.prepare(pod, place);
  assert.deepEqual(await shown(v), ['a', 'b']);
  assert.equal((await stat(join(v, 'a'))).mode & 0o777, 0o640);
  set({ a: '2', c: '2' });
  await volumes.refresh(pod, place, never);
  assert.deepEqual(await shown(v), ['a', 'c']);
  assert.equal(await readFile(join(v, 'a'), 'utf8'), '2');
  assert.equal((await readdir(v)).length, 4, 'two links, ..data, and one version');
});

test('all files of a volume change at once', async (t) => {
  const { volumes, set, v } = await volumesOf(t, { a: '0', b: '0' });
  const items = [
    { key: 'a', path: 'deep/a' },
    { key: 'b', path: 'b' },
  ];
  const pod = podOf([{ name: 'v', configMap: { name: 'map', items } }]);
  await volumes.prepare(pod, place);
  let over = false;
  const reader = (async () => {
    while (!over) {
      // As a program would that wants files that belong together: by the link that stands for all of them.
      // A version may go between the look at the link and the look behind it; then the reader looks again.
      const data = await open(join(v, '..data')).catch(() => undefined);
      if (!data) continue;
      const at = (path: string) => readFile(`/proc/self/fd/${data.fd}/${path}`, 'utf8').catch(() => undefined);
      const [a, b] = [await at('deep/a'), await at('b')];
      await data.close();
      if (a !== undefined && b !== undefined) assert.equal(a, b);
      assert.match(await readFile(join(v, 'b'), 'utf8').catch(String), /^\d+$|ENOENT/);
    }
  })();
  for (let i = 1; i <= 30; i++) {
    set({ a: String(i), b: String(i) });
    await volumes.refresh(pod, place, never);
  }
  over = true;
  await reader;
  assert.equal(await readFile(join(v, 'deep/a'), 'utf8'), '30');
});

test('what did not change is not written again; what is gone stays as it was', async (t) => {
  const { volumes, objects, v } = await volumesOf(t, { a: '1' });
  const pod = podOf([
    { name: 'v', configMap: { name: 'map' } },
    { name: 'empty', emptyDir: {} },
  ]);
  await volumes.prepare(pod, place);
  const { ino } = await stat(join(v, 'a'));
  await volumes.refresh(pod, place, never);
  assert.equal((await stat(join(v, 'a'))).ino, ino);
  objects.delete('map');
  await assert.rejects(volumes.refresh(pod, place, never), /configmap "map" not found/);
  assert.equal(await readFile(join(v, 'a'), 'utf8'), '1');
});

test('labels in files follow the pod', async (t) => {
  const { volumes, v } = await volumesOf(t, {});
  const volume = { name: 'v', downwardAPI: { items: [{ path: 'l', fieldRef: { fieldPath: 'metadata.labels' } }] } };
  await volumes.prepare(podOf([volume], { a: '1' }), place);
  await volumes.refresh(podOf([volume], { a: '2' }), place, never);
  assert.equal(await readFile(join(v, 'l'), 'utf8'), 'a="2"');
});

test('nothing is written when the pod ends meanwhile', async (t) => {
  const { volumes, set, v } = await volumesOf(t, { a: '1' });
  const pod = podOf([{ name: 'v', configMap: { name: 'map' } }]);
  await volumes.prepare(pod, place);
  set({ a: '2' });
  await volumes.refresh(pod, place, AbortSignal.abort());
  assert.equal(await readFile(join(v, 'a'), 'utf8'), '1');
});
