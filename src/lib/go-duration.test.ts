import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatGoDuration, parseGoDuration } from './go-duration.ts';

const good: [string, number][] = [
  ['0', 0],
  ['32s', 32_000],
  ['1m30s', 90_000],
  ['1.5h', 5_400_000],
  ['.5s', 500],
  ['250ms', 250],
  ['10us', 0.01],
  ['10µs', 0.01],
  ['-2s', -2000],
  ['+2s', 2000],
];
const bad: [string, string][] = [
  ['', 'time: invalid duration ""'],
  ['-', 'time: invalid duration "-"'],
  ['abc', 'time: invalid duration "abc"'],
  ['10', 'time: missing unit in duration "10"'],
  ['1m30', 'time: missing unit in duration "1m30"'],
  ['10x', 'time: unknown unit "x" in duration "10x"'],
  ['1constructor', 'time: unknown unit "constructor" in duration "1constructor"'],
  ['.s', 'time: invalid duration ".s"'],
  ['1..5s', 'time: missing unit in duration "1..5s"'],
  ['99999999999h', 'time: invalid duration "99999999999h"'],
];

const written: [number, string][] = [
  [0, '0s'],
  [0.01, '10µs'],
  [250, '250ms'],
  [1500, '1.5s'],
  [60_000, '1m0s'],
  [90_250, '1m30.25s'],
  [5_400_000, '1h30m0s'],
];

for (const [ms, want] of written) {
  test(`${ms} ms are written as ${want}`, () => {
    assert.equal(formatGoDuration(ms), want);
    assert.equal(parseGoDuration(want), ms);
  });
}
for (const [text, want] of good) test(`${text} is ${want} ms`, () => assert.equal(parseGoDuration(text), want));
for (const [text, message] of bad) {
  test(`${JSON.stringify(text)} is refused`, () => assert.throws(() => parseGoDuration(text), { message }));
}
