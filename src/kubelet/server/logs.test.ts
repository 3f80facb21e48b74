// Following a log file while its writer writes, starts afresh in another file, and ends.

import assert from 'node:assert/strict';
import { appendFile, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { readLog } from './logs.ts';

const line = (text: string) => `2030-01-01T00:00:00.5+00:00 stdout F ${text}\n`;
const request = { timestamps: false, signal: AbortSignal.timeout(10_000) };

test('readLog follows into the files that replace the first, and loses nothing of any', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'portolan-log-'));
  const path = join(directory, '0.log');
  const replace = async (text: string) => {
    await writeFile(`${path}.tmp`, text);
    await rename(`${path}.tmp`, path);
  };
  await writeFile(path, line('a'));
  const ended = Promise.withResolvers<void>();
  const log = readLog({ ...request, path, until: ended.promise });
  const next = async () => String((await log.next()).value);
  assert.equal(await next(), 'a\n');
  await appendFile(path, line('b'));
  await replace(line('c'));
  assert.equal(await next(), 'b\n');
  assert.equal(await next(), 'c\n');
  const waiting = next();
  await appendFile(path, line('d'));
  assert.equal(await waiting, 'd\n', 'the new file is watched like the first');
  await appendFile(path, line('e'));
  ended.resolve();
  assert.equal(await next(), 'e\n');
  assert.equal((await log.next()).done, true);
  await rm(directory, { recursive: true });
});

test('readLog without an end to wait for ends with the file', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'portolan-log-'));
  const path = join(directory, '0.log');
  await writeFile(path, line('a') + line('b') + line('c'));
  const read = async (more: object) => (await Array.fromAsync(readLog({ ...request, path, ...more }))).join('');
  assert.equal(await read({}), 'a\nb\nc\n');
  assert.equal(await read({ tailLines: 2 }), 'b\nc\n');
  assert.equal(await read({ tailLines: 0 }), '');
  assert.equal(await read({ limitBytes: 3 }), 'a\nb');
  await rm(directory, { recursive: true });
});
