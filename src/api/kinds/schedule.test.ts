import assert from 'node:assert/strict';
import { test } from 'node:test';
import { scheduleError, timeZoneError } from './schedule.ts';

test('schedules, and why a text is none', () => {
  const good = [
    '* * * * *',
    '*/5 0-23/2 1,15 * ?',
    '0 0 1 JAN-mar Mon-fri',
    '59 23 31 12 6',
    '5/10 * * * *',
    '  0   0 *\t* *  ',
    '@hourly',
    '@every 1h30m',
    '@every 1.5s',
    'TZ=Europe/Berlin 0 0 * * *',
    'CRON_TZ=UTC @daily',
  ];
  for (const text of good) assert.equal(scheduleError(text), undefined, text);
  const table: [string, string][] = [
    ['', 'empty spec string'],
    ['error', 'expected exactly 5 fields, found 1: [error]'],
    ['* * * *', 'expected exactly 5 fields, found 4: [* * * *]'],
    ['* * * * * *', 'expected exactly 5 fields, found 6: [* * * * * *]'],
    ['60 * * * *', 'end of range (60) above maximum (59): 60'],
    ['* * 0 * *', 'beginning of range (0) below minimum (1): 0'],
    ['* * * 13 *', 'end of range (13) above maximum (12): 13'],
    ['* * * * 7', 'end of range (7) above maximum (6): 7'],
    ['5-1 * * * *', 'beginning of range (5) beyond end of range (1): 5-1'],
    ['1-2-3 * * * *', 'too many hyphens: 1-2-3'],
    ['*/2/3 * * * *', 'too many slashes: */2/3'],
    ['*/0 * * * *', 'step of range should be a positive number: */0'],
    ['a * * * *', 'failed to parse int from a: strconv.Atoi: parsing "a": invalid syntax'],
    ['* * * foo *', 'failed to parse int from foo: strconv.Atoi: parsing "foo": invalid syntax'],
    ['1,,2 * * * x', 'failed to parse int from x: strconv.Atoi: parsing "x": invalid syntax'],
    ['@fortnightly', 'unrecognized descriptor: @fortnightly'],
    ['@Daily', 'unrecognized descriptor: @Daily'],
    ['@every', 'unrecognized descriptor: @every'],
    ['@every never', 'failed to parse duration @every never: time: invalid duration "never"'],
    ['TZ=Mars/Olympus 0 0 * * *', 'provided bad location Mars/Olympus: unknown time zone Mars/Olympus'],
  ];
  for (const [text, want] of table) assert.equal(scheduleError(text), want, text);
});

test('a hostile schedule is refused in no time', () => {
  for (const text of [
    '*'.repeat(1e6),
    ','.repeat(1e6),
    '-'.repeat(1e6),
    '@every '.padEnd(1e6, '1'),
    'TZ='.padEnd(1e6, 'a '),
  ]) {
    assert.notEqual(scheduleError(text), undefined);
  }
});

test('time zones are names of the IANA database', () => {
  for (const name of ['UTC', 'Etc/UTC', 'Europe/Berlin', 'America/Argentina/Ushuaia', 'EST5EDT', 'Etc/GMT+5']) {
    assert.equal(timeZoneError(name), undefined, name);
  }
  for (const name of ['Mars/Olympus', '+02:00', '+0200', '../etc/passwd', 'Europe//Berlin', '-x', 'Europe/Berlin ']) {
    assert.equal(timeZoneError(name), `unknown time zone ${name}`, name);
  }
});
