import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CommandError, outputOf, run, tryRun } from './run.ts';

test('run resolves with what the program printed, or throws what it complained of', async () => {
  assert.equal(await run('cat', [], { input: 'hello' }), 'hello');
  await assert.rejects(run('sh', ['-c', 'echo no >&2; exit 3']), (error) => {
    assert.ok(error instanceof CommandError);
    assert.equal(error.code, 3);
    assert.equal(error.message, 'sh -c echo no >&2; exit 3: no');
    return true;
  });
});

test('a program that takes too long is killed', async () => {
  await assert.rejects(tryRun('sleep', ['60'], { timeoutMs: 20 }), /sleep 60: ended by SIGKILL/);
  await assert.rejects(Array.fromAsync(outputOf('sleep', ['60'], { timeoutMs: 20 })), /ended by SIGKILL/);
});

test('a program that is not there leaves no timer behind to wait for', async () => {
  const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
  const before = timers();
  await assert.rejects(tryRun('no-such-program', []), /no-such-program: spawn no-such-program ENOENT/);
  await assert.rejects(Array.fromAsync(outputOf('no-such-program', [])), /ENOENT/);
  assert.equal(timers(), before);
});

test('outputOf gives the output in pieces, with characters whole, and ends with the complaint', async () => {
  const text = 'é'.repeat(100_000);
  const pieces = await Array.fromAsync(outputOf('sh', ['-c', `printf '%100000s' | sed 's/ /é/g'`]));
  assert.ok(pieces.length > 1);
  assert.equal(pieces.join(''), text);
  await assert.rejects(Array.fromAsync(outputOf('sh', ['-c', 'echo some; echo no >&2; exit 1'])), /: no$/);
});

test('outputOf ends a program that nobody listens to any more', async () => {
  for await (const piece of outputOf('yes', [])) {
    assert.match(piece, /^y/);
    break;
  }
});
