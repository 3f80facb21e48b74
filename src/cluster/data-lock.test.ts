// The lock of a data folder, between processes.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { lockData } from './data-lock.ts';

const module = fileURLToPath(new URL('./data-lock.ts', import.meta.url));

describe('lockData', () => {
  let parent: string;
  let folder: string;
  before(async () => {
    parent = await mkdtemp(join(tmpdir(), 'portolan-lock-'));
    folder = join(parent, 'data');
    await mkdir(folder);
  });
  after(() => rm(parent, { recursive: true }));

  /** A process that holds the lock until it is killed, with a child of its own that outlives it for a while. */
  async function holder() {
    const source = `import { spawn } from 'node:child_process'; import { lockData } from ${JSON.stringify(module)};
      await lockData(${JSON.stringify(folder)}); spawn('sleep', ['2'], { stdio: 'ignore' }); console.log('held'); setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', source], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');
    return child;
  }

  test('is refused while another process has it, by name, and free as soon as that is killed', async () => {
    const child = await holder();
    await assert.rejects(lockData(folder, 100), new RegExp(`process ${child.pid} uses them`));
    const waiting = lockData(folder);
    child.kill('SIGKILL');
    (await waiting).release();
  });

  test('is had by one of many at a time', async () => {
    let inside = 0;
    const enter = async () => {
      const lock = await lockData(folder);
      inside += 1;
      assert.equal(inside, 1);
      await new Promise((resolve) => setTimeout(resolve, 5));
      inside -= 1;
      lock.release();
    };
    await Promise.all(Array.from({ length: 5 }, enter));
  });

  test('is that of the folder that is there, not of one that was taken away meanwhile', async () => {
    const first = await lockData(folder);
    const waiting = lockData(folder);
    await new Promise((resolve) => setTimeout(resolve, 20));
    await rename(folder, join(parent, 'trash'));
    await mkdir(folder);
    first.release();
    const second = await waiting;
    await assert.rejects(lockData(folder, 0), /uses them/);
    second.release();
  });
});
