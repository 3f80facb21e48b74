import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { type TestContext, test } from 'node:test';
import type { ErrorsSettings, LogLevel } from '../config/settings.ts';
import { packet } from '../testing/cluster.ts';
import { encodeMessage, type Query, readQuery } from '../wire/index.ts';
import { ErrorLog } from './error-log.ts';
import { Output } from './output.ts';

const query = readQuery(encodeMessage(packet('www.example.org'))) as Query;

/** Time is moved by hand. */
async function started(t: TestContext, consolidate: ErrorsSettings['consolidate'], isDebug = false) {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const stream = new PassThrough();
  const output = new Output(stream);
  const errors = new ErrorLog({ consolidate }, output, isDebug);
  const stop = new AbortController();
  await Promise.all([output.start(stop.signal), errors.start(stop.signal)]);
  return {
    fail: (...reasons: string[]) => {
      for (const reason of reasons) errors.onFailure(query, 2, reason);
    },
    pass: (ms: number) => t.mock.timers.tick(ms),
    stop: () => stop.abort(),
    written: async () => {
      await new Promise(setImmediate);
      return String(stream.read() ?? '')
        .split('\n')
        .filter(Boolean)
        .map((line) => line.replace('plugin/errors: ', ''));
    },
  };
}

const rule = (pattern: RegExp, level: LogLevel = 'error', showFirst = false) => ({
  ...{ periodMs: 30_000, pattern, level, showFirst },
});
const line = (reason: string) => `[ERROR] 2 www.example.org. A: ${reason}`;

test('errors that are alike are counted, from the first on for a period', async (t) => {
  const { fail, pass, written } = await started(t, [rule(/^no reply/, 'warn'), rule(/reply/)]);
  fail('no reply', 'no reply', 'another', 'bad reply');
  pass(29_999);
  assert.deepEqual(await written(), [line('another')]);
  fail('no reply at all');
  pass(1);
  const told = [
    "[WARNING] 3 errors like '^no reply' occurred in last 30s",
    "[ERROR] 1 errors like 'reply' occurred in last 30s",
  ];
  assert.deepEqual(await written(), told);
  pass(60_000);
  assert.deepEqual(await written(), []);
  fail('no reply');
  pass(30_000);
  assert.deepEqual(await written(), ["[WARNING] 1 errors like '^no reply' occurred in last 30s"]);
});

test('with show_first the first of a period is written, and the rest counted if there is any', async (t) => {
  const { fail, pass, written } = await started(t, [rule(/./, 'info', true)]);
  fail('first');
  assert.deepEqual(await written(), ['[INFO] 2 www.example.org. A: first']);
  pass(30_000);
  assert.deepEqual(await written(), []);
  fail('first', 'second');
  pass(30_000);
  assert.deepEqual(await written(), [
    '[INFO] 2 www.example.org. A: first',
    "[INFO] 2 errors like '.' occurred in last 30s",
  ]);
});

test('what is counted is told at the end', async (t) => {
  const { fail, stop, written } = await started(t, [rule(/./)]);
  fail('one');
  stop();
  assert.deepEqual(await written(), ["[ERROR] 1 errors like '.' occurred in last 30s"]);
});

test('of level debug is written where there is the directive debug', async (t) => {
  const silent = await started(t, [rule(/./, 'debug', true)]);
  silent.fail('one');
  assert.deepEqual(await silent.written(), []);
  t.mock.timers.reset();
  const debugging = await started(t, [rule(/./, 'debug', true)], true);
  debugging.fail('one');
  assert.deepEqual(await debugging.written(), ['[DEBUG] 2 www.example.org. A: one']);
});
