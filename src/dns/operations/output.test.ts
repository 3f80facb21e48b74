import assert from 'node:assert/strict';
import { Writable } from 'node:stream';
import { type TestContext, test } from 'node:test';
import { Output } from './output.ts';

/** A reader that takes one write, and the next when it is told to. */
async function started(t: TestContext, limit?: number) {
  const writes: string[] = [];
  let taken: () => void = () => {};
  const stream = new Writable({
    highWaterMark: 1,
    write: (chunk, _, callback) => {
      writes.push(String(chunk));
      taken = callback;
    },
  });
  const output = new Output(stream, limit);
  const stop = new AbortController();
  t.after(() => stop.abort());
  await output.start(stop.signal);
  const turn = () => new Promise(setImmediate);
  return {
    output,
    stream,
    stop,
    turn,
    take: async () => {
      taken();
      await turn();
    },
    /** Since the last time. */
    writes: () => writes.splice(0),
    dropped: async () => [...((await output.metrics()[0]?.samples()) ?? [])][0]?.value,
  };
}

test('lines of one turn are one write', async (t) => {
  const { output, turn, writes } = await started(t);
  output.write('one');
  output.write('two');
  assert.deepEqual(writes(), []);
  await turn();
  assert.deepEqual(writes(), ['one\ntwo\n']);
});

test('no write is longer than what a pipe takes whole, so that lines of several processes are not mixed', async (t) => {
  const { output, turn, take, writes } = await started(t);
  const line = 'x'.repeat(1500);
  for (let i = 0; i < 5; i++) output.write(line);
  output.write('y'.repeat(5000));
  const lengths: number[] = [];
  for (let i = 0; i < 4; i++) {
    await (i === 0 ? turn() : take());
    lengths.push(...writes().map((text) => text.length));
  }
  assert.deepEqual(lengths, [3002, 3002, 1501, 5001]);
});

test('while nobody reads, lines wait up to the limit; then they are dropped, counted and told', async (t) => {
  const { output, turn, take, writes, dropped } = await started(t, 20);
  output.write('taken');
  await turn();
  for (let i = 0; i < 10; i++) output.write(`line ${i}`);
  await turn();
  assert.deepEqual(writes(), ['taken\n']);
  assert.equal(await dropped(), 7);
  await take();
  assert.deepEqual(writes(), [
    'line 0\nline 1\nline 2\n[WARNING] plugin/log: 7 lines were dropped: nobody took them\n',
  ]);
  await take();
  output.write('more');
  await turn();
  assert.deepEqual(writes(), ['more\n']);
  assert.equal(await dropped(), 7);
});

test('a reader that has gone ends nothing', async (t) => {
  const { output, stream, turn, dropped } = await started(t, 20);
  stream.destroy(new Error('EPIPE'));
  await turn();
  for (let i = 0; i < 10; i++) output.write(`line ${i}`);
  await turn();
  assert.equal(await dropped(), 7);
});

test('what waits is written at the end', async (t) => {
  const { output, stop, writes } = await started(t);
  output.write('last');
  stop.abort();
  assert.deepEqual(writes(), ['last\n']);
});
