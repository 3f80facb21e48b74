// An API server that is killed under writes, a few times; `npm run kill-9 -- 100` does it more often.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

test('kill -9 under writes loses no acknowledged write, and watches go on', () => {
  const script = fileURLToPath(new URL('../../scripts/kill-9.ts', import.meta.url));
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, '3'], { encoding: 'utf8', timeout: 100_000 });
  assert.equal(status, 0, stdout + stderr);
  assert.match(stdout, /^3 kills, \d+ acknowledged writes, none lost/m);
});
