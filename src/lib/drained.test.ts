import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Writable } from 'node:stream';
import { test } from 'node:test';
import { whenDrained } from './drained.ts';

/** Takes one byte at a time, each when `take` is called. */
class Slow extends Writable {
  take: () => void = () => {};
  constructor() {
    super({ highWaterMark: 1 });
  }
  override _write(_chunk: Buffer, _encoding: string, taken: () => void): void {
    this.take = taken;
  }
}
const listeners = (out: Writable) => out.listenerCount('drain') + out.listenerCount('close');

test('whenDrained() ends when there is room, and leaves no listener behind', async () => {
  const out = new Slow();
  for (let i = 0; i < 20; i++) {
    assert.equal(out.write('x'), false);
    const waited = whenDrained(out);
    out.take();
    await waited;
  }
  assert.equal(listeners(out), 0);
});

test('whenDrained() ends when there never will be room', async () => {
  const out = new Slow();
  out.write('x');
  const waited = whenDrained(out);
  out.destroy();
  await waited;
  if (!out.closed) await once(out, 'close');
  await whenDrained(out);
  assert.equal(listeners(out), 0);
});
