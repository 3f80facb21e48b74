import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FormatError, formatRecord, parseRecord } from './index.ts';

test('what is printed is read again', () => {
  for (const line of [
    'www.example. 30 IN A 192.0.2.1',
    'www.example. 30 IN AAAA 2001:db8::1',
    'www.example. 0 IN CNAME other.example.',
    'example. 30 IN NS ns.example.',
    '1.2.0.192.in-addr.arpa. 30 IN PTR www.example.',
    'example. 30 IN MX 10 mail.example.',
    '_http._tcp.example. 30 IN SRV 0 100 80 www.example.',
    'example. 30 IN TXT "two words" "one"',
    'example. 30 IN HINFO "cpu" "os"',
    'example. 30 IN SOA ns.example. root.example. 1 2 3 4 5',
    'version.bind. 0 CH TXT "one"',
  ]) {
    assert.equal(formatRecord(parseRecord(line)), line);
  }
});

test('TTL and class may be left out, names need no final dot', () => {
  assert.equal(formatRecord(parseRecord('www.example A 192.0.2.1')), 'www.example. 3600 IN A 192.0.2.1');
  assert.equal(formatRecord(parseRecord('www.example IN 60 a 192.0.2.1')), 'www.example. 60 IN A 192.0.2.1');
});

test('parentheses are passed over, as on one line of a zone file', () => {
  const line = 'example 60 IN SOA ns.example root.example (1 2 3 4 5)';
  assert.equal(formatRecord(parseRecord(line)), 'example. 60 IN SOA ns.example. root.example. 1 2 3 4 5');
});

test('what is no record is refused', () => {
  for (const line of [
    '',
    'www.example',
    'www.example A',
    'www.example A 192.0.2.300',
    'www.example AAAA 192.0.2.1',
    'www.example SRV 0 100 70000 a.example',
    'a..b A 192.0.2.1',
    'www.example CAA 0 issue "x"',
    'www.example TXT',
  ]) {
    assert.throws(() => parseRecord(line), FormatError, line);
  }
});
