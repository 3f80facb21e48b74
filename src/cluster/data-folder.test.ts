// What is written down about a cluster that has data: what comes back, what is refused, and that forgetting it is whole.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import {
  dataDirOf,
  dataSize,
  hasData,
  makeDataFolder,
  readStored,
  removeData,
  type StoredCluster,
  storeDirOf,
  storedNames,
  writeStored,
} from './data-folder.ts';
import { freeRanges } from './ranges.ts';

describe('the data folder of a cluster', () => {
  let folder: string;
  let cluster: StoredCluster;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'portolan-data-'));
    process.env.PORTOLAN_DATA_DIR = join(folder, 'clusters');
    const [ranges] = freeRanges('dual', []);
    assert.ok(ranges);
    cluster = {
      name: 'shop',
      createdAt: '2030-01-01T00:00:00.000Z',
      ranges,
      nodes: 3,
      apiPort: 6443,
      nodeMonitorGracePeriodMs: 40_000,
      hasObjects: true,
    };
  });
  after(async () => {
    delete process.env.PORTOLAN_DATA_DIR;
    await rm(folder, { recursive: true });
  });
  const file = () => join(dataDirOf('shop'), 'cluster.json');

  test('what is written comes back', async () => {
    assert.equal(await readStored('shop'), undefined);
    assert.deepEqual(await storedNames(), []);
    await makeDataFolder('shop');
    assert.equal(await readStored('shop'), undefined);
    await writeStored(cluster);
    const read = await readStored('shop');
    assert.deepEqual({ ...read, ...cluster }, read);
    assert.deepEqual(await storedNames(), ['shop']);
    assert.ok((await dataSize('shop')) > 0);
  });

  test('what an earlier version wrote, of one IP family, is understood', async () => {
    const whole = JSON.parse(await readFile(file(), 'utf8'));
    const family = { fabricCIDR: '10.254.1.0/24', podCIDR: '10.245.0.0/16', serviceCIDR: '10.112.0.0/12' };
    const slot = { slot: 1, hostLink: 'ptl1' };
    await writeFile(file(), JSON.stringify({ ...whole, format: 1, ranges: { ...slot, ...family } }));
    assert.deepEqual((await readStored('shop'))?.ranges, { ...slot, families: [family] });
    await writeFile(file(), JSON.stringify(whole));
  });

  test('what cannot be continued is refused, with what to do, and stays as it is', async () => {
    const whole = JSON.parse(await readFile(file(), 'utf8'));
    const newer = { ...whole, format: 3, writtenBy: '9.9.9', ranges: 'of another shape' };
    const cases = [
      {
        name: 'half of it',
        text: JSON.stringify(whole).slice(0, 100),
        want: /cluster\.json is damaged\. Put .*shop back from a backup, or forget it with `portolan up --name shop --fresh`\.$/,
      },
      { name: 'nothing', text: '', want: /is damaged/ },
      { name: 'something else', text: 'null', want: /is damaged/ },
      { name: 'no addresses', text: JSON.stringify({ ...whole, ranges: undefined }), want: /is damaged/ },
      {
        name: 'written by a newer version',
        text: JSON.stringify(newer),
        want: /were written by Portolan 9\.9\.9 in format 3, and this is Portolan \S+, which knows format 2\. Use that version, or/,
      },
    ];
    for (const { name, text, want } of cases) {
      await writeFile(file(), text);
      await assert.rejects(readStored('shop'), want, name);
      assert.equal(await readFile(file(), 'utf8'), text, name);
    }
    await mkdir(storeDirOf('shop'));
    await rm(file());
    await assert.rejects(readStored('shop'), /Cannot continue the cluster shop: .*cluster\.json is missing/);
  });

  test('is forgotten whole, and the folder of all clusters with the last', async () => {
    await makeDataFolder('other');
    await removeData('shop');
    assert.equal(await hasData('shop'), false);
    assert.deepEqual(await readdir(join(folder, 'clusters')), ['other']);
    await removeData('shop');
    await removeData('other');
    assert.equal(existsSync(join(folder, 'clusters')), false);
  });

  test('that cannot be made says why', async () => {
    await writeFile(join(folder, 'clusters'), 'a file');
    await assert.rejects(
      makeDataFolder('shop'),
      /Cannot keep the data of the cluster shop in .*: ENOTDIR.*--storage memory/,
    );
    await rm(join(folder, 'clusters'));
  });
});
