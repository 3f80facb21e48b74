import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fieldErrorMessage } from '../errors.ts';
import { addressWarnings, cidrWarnings, ipAddress, ordinaryIpAddress, parseLoosely, strictCidr } from './addresses.ts';

const leading = 'must not have leading 0s';
const mapped = 'must not be an IPv4-mapped IPv6 address';
const noAddress = 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)';
const linkLocal = 'may not be in the link-local range (169.254.0.0/16, fe80::/10)';
const multicast = 'may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)';
const loopback = 'may not be in the loopback range (127.0.0.0/8, ::1/128)';

const told = (errors: ReturnType<typeof ipAddress>) => errors.map(fieldErrorMessage);

test('an address is read by everybody alike, or refused; what is stored already is accepted', () => {
  const table: [value: string, why?: string][] = [
    ['10.9.8.7'],
    ['2001:db8::ffff'],
    ['2001:DB8:0::1'],
    ['::1.2.3.4'],
    ['010.9.8.7', leading],
    ['10.9.8.007', leading],
    ['0000000010.0.0.1', leading],
    ['::ffff:010.0.0.1', leading],
    ['::ffff:1.2.3.4', mapped],
    ['::FFFF:102:304', mapped],
    ['', noAddress],
    ['10.9.8', noAddress],
    ['10.9.8.256', noAddress],
    ['010.9.8.256', noAddress],
    ['fe80::1%eth0', noAddress],
    ['10.0.0.1/8', noAddress],
    [`${'0'.repeat(200)}10.0.0.1`, noAddress],
  ];
  for (const [value, why] of table) {
    assert.deepEqual(told(ipAddress('f', value)), why ? [`Invalid value: "${value}": ${why}`] : [], value);
    assert.deepEqual(ipAddress('f', value, new Set([value])), []);
  }
  assert.deepEqual(parseLoosely('::ffff:010.0.0.1'), { family: 'IPv4', value: 0x0a000001n });
});

test('an address that others can reach is of no special range, whatever its spelling', () => {
  const table: [value: string, why: string][] = [
    ['0.0.0.0', 'may not be unspecified (0.0.0.0)'],
    ['::', 'may not be unspecified (::)'],
    ['127.255.0.1', loopback],
    ['::1', loopback],
    ['169.254.169.254', linkLocal],
    ['febf::1', linkLocal],
    ['224.0.0.251', multicast],
    ['ff02::1', multicast],
    ['ff12::1', multicast],
  ];
  for (const [value, why] of table) {
    assert.deepEqual(told(ordinaryIpAddress('f', value)), [`Invalid value: "${value}": ${why}`]);
  }
  for (const value of ['224.0.1.1', 'ff05::1', 'fec0::1', '128.0.0.1', '10.0.0.0', '255.255.255.255']) {
    assert.deepEqual(ordinaryIpAddress('f', value), [], value);
  }
  // A spelling that is known is still an address of its range.
  assert.deepEqual(told(ordinaryIpAddress('f', '127.0.0.01', new Set(['127.0.0.01']))), [
    `Invalid value: "127.0.0.01": ${loopback}`,
  ]);
});

test('a range has an address, a length, and nothing beyond it', () => {
  const noRange = 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)';
  const zeros = 'must not have leading 0s in IP or prefix length';
  const table: [value: string, why?: string][] = [
    ['10.9.8.0/24'],
    ['0.0.0.0/0'],
    ['2001:DB8::/64'],
    ['10.9.8.0', noRange],
    ['10.9.8.0/33', noRange],
    ['10.9.8.0/', noRange],
    ['10.9.8.0/24/8', noRange],
    ['2001:db8::/129', noRange],
    ['010.9.8.0/24', zeros],
    ['10.9.8.0/08', zeros],
    ['::ffff:10.0.0.0/104', 'must not have an IPv4-mapped IPv6 address'],
    ['10.9.8.7/24', 'must not have bits set beyond the prefix length'],
  ];
  for (const [value, why] of table) {
    assert.deepEqual(told(strictCidr('f', value)), why ? [`Invalid value: "${value}": ${why}`] : [], value);
    assert.deepEqual(strictCidr('f', value, new Set([value])), []);
  }
});

test('what is accepted but not in its one spelling is warned of', () => {
  const table: [warnings: string[], want?: string][] = [
    [addressWarnings('f', '10.0.0.1')],
    [addressWarnings('f', 'fd00::1')],
    [addressWarnings('f', 'None')],
    [addressWarnings('f', '010.0.0.1'), 'f: non-standard IP address "010.0.0.1" is invalid: use "10.0.0.1"'],
    [addressWarnings('f', '::ffff:1.2.3.4'), 'f: non-standard IP address "::ffff:1.2.3.4" is invalid: use "1.2.3.4"'],
    [
      addressWarnings('f', 'FD00:0::1'),
      'f: IPv6 address "FD00:0::1" should be in RFC 5952 canonical format ("fd00::1")',
    ],
    [cidrWarnings('f', '10.0.0.0/8')],
    [cidrWarnings('f', ' 10.0.0.0/8')],
    [
      cidrWarnings('f', '10.9.8.7/24'),
      'f: CIDR value "10.9.8.7/24" is ambiguous in this context (should be "10.9.8.0/24" or "10.9.8.7/32"?)',
    ],
    [cidrWarnings('f', '010.0.0.0/8'), 'f: non-standard CIDR value "010.0.0.0/8" is invalid: use "10.0.0.0/8"'],
    [
      cidrWarnings('f', 'FD00::/64'),
      'f: IPv6 CIDR value "FD00::/64" should be in RFC 5952 canonical format ("fd00::/64")',
    ],
  ];
  for (const [warnings, want] of table) assert.deepEqual(warnings, want ? [want] : []);
});
