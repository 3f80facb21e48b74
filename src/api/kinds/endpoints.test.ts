import assert from 'node:assert/strict';
import { test } from 'node:test';
import { endpointsKind } from './endpoints.ts';
import { cells, created, texts } from './testing.ts';

const now = new Date('2026-01-01T01:00:00Z');
const metadata = { name: 'web', namespace: 'default', creationTimestamp: '2026-01-01T00:00:00Z' };
const endpoints = (subsets?: object[]) => created(endpointsKind, { metadata, subsets });
const addresses = (...ips: string[]) => ips.map((ip) => ({ ip }));
const port = { port: 80 };

test('ports have a protocol', () => {
  const [subset] =
    endpoints([{ addresses: addresses('10.0.0.1'), ports: [port, { port: 53, protocol: 'UDP' }] }]).subsets ?? [];
  assert.deepEqual(
    subset?.ports?.map(({ protocol }) => protocol),
    ['TCP', 'UDP'],
  );
});

test('every rule of Endpoints names its field', () => {
  const table: [string, object[], ...string[]][] = [
    ['good', [{ addresses: addresses('10.0.0.1', 'fd00::1'), ports: [port] }]],
    ['without ports', [{ notReadyAddresses: addresses('10.0.0.1') }]],
    ['nobody', [{ ports: [port] }], 'subsets[0]: Required value: must specify `addresses` or `notReadyAddresses`'],
    [
      'addresses that nobody reaches, or that not all read alike',
      [{ addresses: addresses('169.254.169.254'), notReadyAddresses: addresses('127.0.0.1', '10.0.0.01') }],
      'subsets[0].addresses[0].ip: Invalid value: "169.254.169.254": may not be in the link-local range (169.254.0.0/16, fe80::/10)',
      'subsets[0].notReadyAddresses[0].ip: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)',
      'subsets[0].notReadyAddresses[1].ip: Invalid value: "10.0.0.01": must not have leading 0s',
    ],
    [
      'ports',
      [{ addresses: addresses('10.0.0.1'), ports: [{ port: 0 }, { name: 'b.c', port: 1, protocol: 'X' }] }],
      'subsets[0].ports[0].name: Required value',
      'subsets[0].ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive',
      'subsets[0].ports[1].name: Invalid value: "b.c": must not contain dots',
      'subsets[0].ports[1].protocol: Unsupported value: "X": supported values: "SCTP", "TCP", "UDP"',
    ],
    [
      'a host name',
      [{ addresses: [{ ip: '10.0.0.1', hostname: 'a.b' }] }],
      'subsets[0].addresses[0].hostname: Invalid value: "a.b": must not contain dots',
    ],
  ];
  for (const [name, subsets, ...want] of table) {
    assert.deepEqual(texts(endpointsKind.validate?.(endpoints(subsets)) ?? []), want, name);
  }
});

test('addresses keep the spelling they have, with a warning', () => {
  const old = endpoints([{ addresses: addresses('10.0.0.01') }]);
  const moved = endpoints([{ notReadyAddresses: addresses('10.0.0.2', '10.0.0.01') }]);
  assert.deepEqual(endpointsKind.validate?.(moved, old), []);
  assert.deepEqual(endpointsKind.warnings?.(moved, old), [
    'subsets[0].notReadyAddresses[1].ip: non-standard IP address "10.0.0.01" is invalid: use "10.0.0.1"',
  ]);
});

test('every request is told that there is something newer', () => {
  assert.equal(
    endpointsKind.deprecation,
    'v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice',
  );
});

test('the table of Endpoints', () => {
  const row = (subsets?: object[]) => cells(endpointsKind.columns, endpoints(subsets), now)[1];
  assert.equal(row(), '<none>');
  assert.equal(row([{ notReadyAddresses: addresses('10.0.0.1'), ports: [port] }]), '');
  assert.equal(row([{ addresses: addresses('10.0.0.1', 'fd00::1'), ports: [port] }]), '10.0.0.1:80,[fd00::1]:80');
  assert.equal(row([{ addresses: addresses('10.0.0.1') }]), '10.0.0.1');
  assert.equal(
    row([{ addresses: addresses('10.0.0.1', '10.0.0.2'), ports: [port, { name: 'b', port: 81 }] }]),
    '10.0.0.1:80,10.0.0.2:80,10.0.0.1:81 + 1 more...',
  );
});
