import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Child } from './child.ts';

describe('Child', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'portolan-child-'));
  });
  after(() => rm(folder, { recursive: true }));

  async function start(name: string, source: string): Promise<Child> {
    const module = join(folder, `${name}.mjs`);
    await writeFile(module, source);
    return new Child({ module, args: [], logFile: join(folder, `${name}.log`), onMessage: () => {} });
  }

  test('has ended when all that it said is in its log', async () => {
    const child = await start(
      'talker',
      "import { writeSync } from 'node:fs'; for (let i = 0; i < 60; i++) writeSync(1, 'x'.repeat(1000)); writeSync(2, 'last words'); process.exit(3);",
    );
    assert.deepEqual(await child.exited, { code: 3, signal: null });
    assert.equal((await readFile(join(folder, 'talker.log'), 'utf8')).length, 60_010);
    assert.match(child.lastWords, /last words/);
  });

  test('has ended although a process that it started holds its output open', async () => {
    const child = await start(
      'parent',
      "import { spawn } from 'node:child_process'; const { pid } = spawn('sleep', ['60'], { stdio: 'inherit' }); process.stdout.write(String(pid), () => process.exit(0));",
    );
    const { code } = await child.exited;
    process.kill(Number(child.lastWords));
    assert.equal(code, 0);
  });
});
