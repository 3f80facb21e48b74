import assert from 'node:assert/strict';
import { test } from 'node:test';
import { timeError } from './time.ts';

const asLayout = (text: string, rest: string, element: string) =>
  `parsing time "${text}" as "2006-01-02T15:04:05Z07:00": cannot parse "${rest}" as "${element}"`;

const wrong: Readonly<Record<string, string>> = {
  now: asLayout('now', 'now', '2006'),
  '': asLayout('', '', '2006'),
  '2026-1-2': asLayout('2026-1-2', '1-2', '01'),
  '2026-01-02': asLayout('2026-01-02', '', 'T'),
  '2026-01-02 03:04:05Z': asLayout('2026-01-02 03:04:05Z', ' 03:04:05Z', 'T'),
  '2026-01-02T03:04:05': asLayout('2026-01-02T03:04:05', '', 'Z07:00'),
  '2026-01-02T03:04:05+1': asLayout('2026-01-02T03:04:05+1', '+1', 'Z07:00'),
  '2026-13-02T03:04:05Z': 'parsing time "2026-13-02T03:04:05Z": month out of range',
  '2026-02-30T03:04:05Z': 'parsing time "2026-02-30T03:04:05Z": day out of range',
  '2026-01-02T24:04:05Z': 'parsing time "2026-01-02T24:04:05Z": hour out of range',
  '2026-01-02T03:04:05Zulu': 'parsing time "2026-01-02T03:04:05Zulu": extra text: "ulu"',
};
for (const [text, want] of Object.entries(wrong)) {
  test(`timeError: ${JSON.stringify(text)}`, () => assert.equal(timeError(text), want));
}

test('timeError: what is a time is none', () => {
  for (const text of ['2026-01-02T03:04:05Z', '2024-02-29T23:59:59.123456Z', '2026-01-02T03:04:05+05:30']) {
    assert.equal(timeError(text), undefined, text);
  }
});
