import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Restarts } from './restarts.ts';

test('Restarts: at once, then more and more patiently, and no more after too many in a row', () => {
  const restarts = new Restarts({ goodRunMs: 1000, attempts: 3 });
  const cases: { ranMs: number; want: number | undefined }[] = [
    { ranMs: 5, want: 0 },
    { ranMs: 5, want: 400 },
    { ranMs: 999, want: 800 },
    { ranMs: 1000, want: 0 },
    { ranMs: 5, want: 400 },
    { ranMs: 5, want: 800 },
    { ranMs: 5, want: undefined },
  ];
  assert.deepEqual(
    cases.map(({ ranMs }) => restarts.next(ranMs)),
    cases.map(({ want }) => want),
  );
});

test('Restarts without a limit: never longer than 10 s', () => {
  const restarts = new Restarts({ goodRunMs: 1000 });
  const waits = Array.from({ length: 100 }, () => restarts.next(0));
  assert.equal(Math.max(...waits.map((wait) => wait ?? Number.POSITIVE_INFINITY)), 10_000);
});
