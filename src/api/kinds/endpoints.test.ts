import assert from 'node:assert/strict';
import { test } from 'node:test';
import { endpointSliceKind } from './endpoint-slice.ts';
import { endpointsKind } from './endpoints.ts';
import { cells, created, texts } from './testing.ts';

const now = new Date('2026-01-01T01:00:00Z');
const metadata = { name: 'web', namespace: 'default', creationTimestamp: '2026-01-01T00:00:00Z' };
const slice = (rest: object) => created(endpointSliceKind, { metadata, addressType: 'IPv4', ...rest });
const old = (subsets?: object[]) => created(endpointsKind, { metadata, subsets });
const addresses = (...ips: string[]) => ips.map((ip) => ({ ip }));
const endpoint = (...list: string[]) => ({ addresses: list });

test('ports of slices have a name and a protocol', () => {
  assert.deepEqual(slice({ endpoints: null, ports: [{ port: 80 }] }).ports, [{ name: '', protocol: 'TCP', port: 80 }]);
  assert.deepEqual(slice({}).endpoints, []);
  assert.equal(
    old([{ addresses: addresses('10.0.0.1'), ports: [{ port: 80 }] }]).subsets?.[0]?.ports?.[0]?.protocol,
    'TCP',
  );
});

test('every rule of a slice names its field', () => {
  const table: [string, object, ...string[]][] = [
    ['good', { endpoints: [endpoint('10.244.1.5')], ports: [{ port: 80 }, { name: 'all' }] }],
    ['good, by name', { addressType: 'FQDN', endpoints: [endpoint('db.example')] }],
    ['no type', { addressType: '' }, 'addressType: Required value'],
    [
      'another type',
      { addressType: 'IPX' },
      'addressType: Unsupported value: "IPX": supported values: "FQDN", "IPv4", "IPv6"',
    ],
    ['no address', { endpoints: [{}] }, 'endpoints[0].addresses: Required value: must contain at least 1 address'],
    [
      'addresses of the type, that others can reach',
      { endpoints: [endpoint('fd00::1', '127.0.0.1')] },
      'endpoints[0].addresses[0]: Invalid value: "fd00::1": must be an IPv4 address',
      'endpoints[0].addresses[1]: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)',
    ],
    [
      'ports',
      { ports: [{ port: 0 }, { port: 1, protocol: 'X', name: '' }] },
      'ports[1].name: Duplicate value: ""',
      'ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive',
      'ports[1].protocol: Unsupported value: "X": supported values: "SCTP", "TCP", "UDP"',
    ],
    [
      'hints',
      { endpoints: [{ ...endpoint('10.244.1.5'), hints: { forZones: [{ name: 'a' }, { name: 'a' }, {}] } }] },
      'endpoints[0].hints.forZones[1].name: Duplicate value: "a"',
      'endpoints[0].hints.forZones[2].name: Required value',
    ],
    [
      'too many endpoints',
      { endpoints: Array.from({ length: 1001 }, () => endpoint('10.244.1.5')) },
      'endpoints: Too many: 1001: must have at most 1000 items',
    ],
    [
      'too many ports',
      { ports: Array.from({ length: 101 }, (_, i) => ({ name: `p${i}`, port: 80 })) },
      'ports: Too many: 101: must have at most 100 items',
    ],
  ];
  for (const [name, rest, ...want] of table) {
    const errors = texts(endpointSliceKind.validate?.(slice(rest)) ?? []);
    assert.deepEqual(errors.toSorted(), want.toSorted(), name);
  }
});

test('the address type of a slice does not change', () => {
  const errors = endpointSliceKind.validateUpdate?.(slice({ addressType: 'IPv6' }), slice({}));
  assert.deepEqual(texts(errors ?? []), ['addressType: Invalid value: "IPv6": field is immutable']);
});

test('every rule of Endpoints names its field', () => {
  const table: [string, object[], ...string[]][] = [
    ['good', [{ addresses: addresses('10.0.0.1'), ports: [{ port: 80 }] }]],
    [
      'nobody',
      [{ ports: [{ port: 80 }] }],
      'subsets[0]: Required value: must specify `addresses` or `notReadyAddresses`',
    ],
    [
      'ports and addresses',
      [{ notReadyAddresses: addresses('127.0.0.1'), ports: [{ port: 0 }, { name: 'b', port: 1 }] }],
      'subsets[0].notReadyAddresses[0].ip: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)',
      'subsets[0].ports[0].name: Required value',
      'subsets[0].ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive',
    ],
  ];
  for (const [name, subsets, ...want] of table) {
    assert.deepEqual(texts(endpointsKind.validate?.(old(subsets)) ?? []), want, name);
  }
});

test('the tables of Endpoints and slices', () => {
  const row = (subsets?: object[]) => cells(endpointsKind.columns, old(subsets), now)[1];
  const port = { port: 80 };
  assert.equal(row(), '<none>');
  assert.equal(row([{ notReadyAddresses: addresses('10.0.0.1'), ports: [port] }]), '');
  assert.equal(row([{ addresses: addresses('10.0.0.1', 'fd00::1'), ports: [port] }]), '10.0.0.1:80,[fd00::1]:80');
  assert.equal(row([{ addresses: addresses('10.0.0.1') }]), '10.0.0.1');
  assert.equal(
    row([{ addresses: addresses('10.0.0.1', '10.0.0.2'), ports: [port, { name: 'b', port: 81 }] }]),
    '10.0.0.1:80,10.0.0.2:80,10.0.0.1:81 + 1 more...',
  );
  const sliceRow = (rest: object) => cells(endpointSliceKind.columns, slice(rest), now).slice(1);
  assert.deepEqual(sliceRow({}), ['IPv4', '<unset>', '<unset>', '60m']);
  assert.deepEqual(
    sliceRow({
      ports: [{ port: 80 }, { name: 'any' }, {}, { port: 81 }],
      endpoints: ['1', '2', '3', '4', '5'].map((n) => ({ ...endpoint(`10.244.1.${n}`), conditions: { ready: false } })),
    }),
    ['IPv4', '80,any,* + 1 more...', '10.244.1.1,10.244.1.2,10.244.1.3 + 2 more...', '60m'],
  );
});
