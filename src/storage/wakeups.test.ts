// What the wakeups of watches promise: turns in order, and nobody kept whose turn is over.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Wakeups } from './wakeups.ts';

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');
/** Until all microtasks and the timers that are due have run. */
const later = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

test('fifty are woken at once, the others in the order in which they came', async () => {
  const wakeups = new Wakeups();
  const woken: number[] = [];
  for (let i = 0; i < 120; i++) wakeups.add({ wake: () => void woken.push(i) });
  assert.equal(woken.length, 50);
  while (woken.length < 120) await later(1);
  assert.deepEqual(
    woken,
    Array.from({ length: 120 }, (_, i) => i),
  );
});

test('a watcher that was woken is forgotten, although others never stop waiting', async () => {
  const wakeups = new Wakeups();
  let busy = true;
  let turns = 0;
  // More than have a turn at once, each waiting anew as soon as it was woken: there is always somebody who waits.
  for (let i = 0; i < 100; i++) {
    const watcher = {
      wake: () => {
        turns++;
        queueMicrotask(() => busy && wakeups.add(watcher));
      },
    };
    wakeups.add(watcher);
  }
  let isWoken = false;
  const add = (): WeakRef<object> => {
    const once = {
      wake: () => {
        isWoken = true;
      },
    };
    wakeups.add(once);
    return new WeakRef(once);
  };
  const reference = add();
  while (!isWoken || turns < 1000) await later(1);
  // Not in the turn in which it was woken, which would keep it alive.
  await later(1);
  collectGarbage();
  busy = false;
  assert.equal(reference.deref(), undefined);
});
