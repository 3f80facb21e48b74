import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { apiVersionOf } from '../resources.ts';
import { kinds } from './index.ts';
import { loadKinds } from './load.ts';

test('discovery lists groups in their order, versions newest first, resources by name', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'portolan-kinds-'));
  try {
    const kind = (group: string, version: string, resource: string) =>
      `export const ${resource} = { group: '${group}', version: '${version}', resource: '${resource}', kind: 'K', schema: { is: 'message' }, columns: [] };`;
    const files = [
      kind('zoo.example', 'v1', 'lions') + kind('apps', 'v1', 'b'),
      kind('art.example', 'v1', 'paintings'),
      kind('', 'v1', 'pods'),
      kind('batch', 'v1beta1', 'crons'),
      kind('batch', 'v1alpha1', 'chimes'),
      kind('batch', 'v1', 'jobs'),
      kind('batch', 'v10', 'queues'),
      kind('batch', 'v2', 'works'),
      kind('batch', 'odd', 'things'),
      `${kind('apps', 'v1', 'a')} export const helper = { kind: 'K' }; export const text = 'x';`,
    ];
    for (const [i, text] of files.entries()) writeFileSync(join(folder, `${i}.ts`), text);
    writeFileSync(join(folder, 'index.ts'), 'throw new Error("the door is not a kind")');
    writeFileSync(join(folder, 'a.test.ts'), 'throw new Error("nor is a test")');
    assert.deepEqual(
      (await loadKinds(folder)).map((one) => `${apiVersionOf(one)}/${one.resource}`),
      [
        'v1/pods',
        'apps/v1/a',
        'apps/v1/b',
        'batch/v10/queues',
        'batch/v2/works',
        'batch/v1/jobs',
        'batch/v1beta1/crons',
        'batch/v1alpha1/chimes',
        'batch/odd/things',
        'art.example/v1/paintings',
        'zoo.example/v1/lions',
      ],
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('what is served is what the files export', () => {
  assert.ok(kinds.length >= 13);
  assert.equal(kinds[0]?.resource, 'configmaps');
  assert.equal(new Set(kinds.map((kind) => `${apiVersionOf(kind)} ${kind.kind}`)).size, kinds.length);
});
