import assert from 'node:assert/strict';
import { test } from 'node:test';
import { endpointSliceKind } from './endpoint-slice.ts';
import { cells, created, texts, updated } from './testing.ts';

const now = new Date('2026-01-01T01:00:00Z');
const metadata = { name: 'web', namespace: 'default', creationTimestamp: '2026-01-01T00:00:00Z' };
const slice = (rest: object) => created(endpointSliceKind, { metadata, addressType: 'IPv4', ...rest });
const endpoint = (...addresses: string[]) => ({ addresses });
const many = <T>(count: number, one: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => one(i));

test('ports have a name and a protocol; lists are there although empty', () => {
  assert.deepEqual(slice({ endpoints: null, ports: [{ port: 80 }] }).ports, [{ name: '', protocol: 'TCP', port: 80 }]);
  assert.deepEqual([slice({}).endpoints, slice({}).ports], [[], []]);
  assert.equal(slice({ ports: [{}] }).ports[0]?.port, undefined);
});

test('every rule of a slice names its field', () => {
  const ip = '10.244.1.5';
  const on = (rest: object) => ({ endpoints: [{ ...endpoint(ip), ...rest }] });
  const names = (count: number) => many(count, (i) => ({ name: `n${i}` }));
  const label = `a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')`;
  const table: [name: string, slice: object, ...errors: string[]][] = [
    ['good', { endpoints: [endpoint(ip)], ports: [{ port: 80 }, { name: 'all' }] }],
    ['good, of IPv6', { addressType: 'IPv6', endpoints: [endpoint('fd00::1')] }],
    ['good, by name', { addressType: 'FQDN', endpoints: [endpoint('db.example', 'db.example.')] }],
    [
      'good, with all it may say',
      on({ nodeName: 'node-1', zone: 'a', hostname: 'db-0', hints: { forNodes: names(8) } }),
    ],
    ['no type', { addressType: '' }, 'addressType: Required value'],
    [
      'another type',
      { addressType: 'IPX' },
      'addressType: Unsupported value: "IPX": supported values: "FQDN", "IPv4", "IPv6"',
    ],
    ['no address', { endpoints: [{}] }, 'endpoints[0].addresses: Required value: must contain at least 1 address'],
    ['a hundred addresses', { endpoints: [endpoint(...many(100, () => ip))] }],
    [
      'too many',
      { endpoints: [endpoint(...many(101, () => ip))] },
      'endpoints[0].addresses: Too many: 101: must have at most 100 items',
    ],
    [
      'addresses of the type, that others can reach, and read alike',
      { endpoints: [endpoint('fd00::1', '127.0.0.1', '10.244.1.05', 'x')] },
      'endpoints[0].addresses[0]: Invalid value: "fd00::1": must be an IPv4 address',
      'endpoints[0].addresses[1]: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)',
      'endpoints[0].addresses[2]: Invalid value: "10.244.1.05": must not have leading 0s',
      'endpoints[0].addresses[3]: Invalid value: "x": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
    ],
    [
      'an IPv4 address among those of IPv6',
      { addressType: 'IPv6', endpoints: [endpoint(ip, '::ffff:10.0.0.1')] },
      `endpoints[0].addresses[0]: Invalid value: "${ip}": must be an IPv6 address`,
      'endpoints[0].addresses[1]: Invalid value: "::ffff:10.0.0.1": must not be an IPv4-mapped IPv6 address',
    ],
    [
      'names that are none',
      { addressType: 'FQDN', endpoints: [endpoint('db', '')] },
      'endpoints[0].addresses[0]: Invalid value: "db": should be a domain with at least two segments separated by dots',
      'endpoints[0].addresses[1]: Required value',
    ],
    [
      'ports',
      { ports: [{ port: 0 }, { port: 65536, protocol: 'X', name: '' }, { name: 'A', port: 1 }] },
      'ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive',
      'ports[1].name: Duplicate value: ""',
      'ports[1].protocol: Unsupported value: "X": supported values: "SCTP", "TCP", "UDP"',
      'ports[1].port: Invalid value: 65536: must be between 1 and 65535, inclusive',
      `ports[2].name: Invalid value: "A": ${label}`,
    ],
    [
      'an application protocol',
      { ports: [{ port: 1, appProtocol: '/' }] },
      'ports[0].appProtocol: Invalid value: "/": prefix part must be non-empty',
      'ports[0].appProtocol: Invalid value: "/": name part must be non-empty',
      `ports[0].appProtocol: Invalid value: "/": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')`,
    ],
    ['a host name', on({ hostname: 'db.0' }), 'endpoints[0].hostname: Invalid value: "db.0": must not contain dots'],
    [
      'hints',
      on({ hints: { forZones: [{ name: 'a' }, { name: 'a' }, {}] } }),
      'endpoints[0].hints.forZones[1].name: Duplicate value: "a"',
      'endpoints[0].hints.forZones[2].name: Required value',
    ],
    [
      'too many hints',
      on({ hints: { forZones: names(9) } }),
      'endpoints[0].hints.forZones: Too many: 9: must have at most 8 items',
    ],
    [
      'too many nodes',
      on({ hints: { forNodes: names(9) } }),
      'endpoints[0].hints.forNodes: Too many: 9: must have at most 8 items',
    ],
    ['a thousand endpoints', { endpoints: many(1000, () => endpoint(ip)) }],
    [
      'too many endpoints',
      { endpoints: many(1001, () => endpoint(ip)) },
      'endpoints: Too many: 1001: must have at most 1000 items',
    ],
    ['a hundred ports', { ports: many(100, (i) => ({ name: `p${i}`, port: 80 })) }],
    [
      'too many ports',
      { ports: many(101, (i) => ({ name: `p${i}`, port: 80 })) },
      'ports: Too many: 101: must have at most 100 items',
    ],
  ];
  for (const [name, rest, ...want] of table) {
    assert.deepEqual(texts(endpointSliceKind.validate?.(slice(rest)) ?? []), want, name);
  }
  const where = endpointSliceKind.validate?.(slice(on({ nodeName: 'A', zone: '-' }))).map(({ field }) => field);
  assert.deepEqual(where, ['endpoints[0].nodeName', 'endpoints[0].zone']);
});

test('the address type does not change; addresses keep the spelling they have', () => {
  const errors = endpointSliceKind.validateUpdate?.(slice({ addressType: 'IPv6' }), slice({}));
  assert.deepEqual(texts(errors ?? []), ['addressType: Invalid value: "IPv6": field is immutable']);
  const old = slice({ endpoints: [endpoint('10.244.1.05')] });
  assert.deepEqual(
    endpointSliceKind.validate?.(slice({ endpoints: [endpoint('10.244.1.6'), endpoint('10.244.1.05')] }), old),
    [],
  );
});

test('topology of the beta version is dropped, unless nothing changes', () => {
  const deprecatedTopology = { 'topology.kubernetes.io/zone': 'a' };
  const beta = { ...endpoint('10.244.1.5'), deprecatedTopology };
  assert.deepEqual(slice({ endpoints: [beta] }).endpoints, [endpoint('10.244.1.5')]);
  const old = { ...slice({}), endpoints: [beta] };
  const kept = updated(endpointSliceKind, old, ({ metadata }) => {
    metadata.labels = { a: 'b' };
  });
  assert.deepEqual(kept.endpoints, [beta]);
  const dropped = updated(endpointSliceKind, old, ({ endpoints }) => {
    endpoints.push(endpoint('10.244.1.6'));
  });
  assert.deepEqual(dropped.endpoints, [endpoint('10.244.1.5'), endpoint('10.244.1.6')]);
});

test('warnings tell of names in place of addresses, and of odd spellings', () => {
  const byName = slice({ addressType: 'FQDN', endpoints: [endpoint('db.example')] });
  assert.deepEqual(endpointSliceKind.warnings?.(byName, undefined), [
    'spec.addressType: FQDN endpoints are deprecated',
  ]);
  assert.deepEqual(endpointSliceKind.warnings?.(byName, byName), []);
  const odd = slice({ addressType: 'IPv6', endpoints: [endpoint('FD00::1')] });
  assert.deepEqual(endpointSliceKind.warnings?.(odd, undefined), [
    'endpoints[0].addresses[0]: IPv6 address "FD00::1" should be in RFC 5952 canonical format ("fd00::1")',
  ]);
});

test('the table of slices', () => {
  assert.deepEqual(
    endpointSliceKind.columns.map(({ name }) => name),
    ['Name', 'AddressType', 'Ports', 'Endpoints', 'Age'],
  );
  const row = (rest: object) => cells(endpointSliceKind.columns, slice(rest), now).slice(1);
  assert.deepEqual(row({}), ['IPv4', '<unset>', '<unset>', '60m']);
  const unready = (n: number) => ({ ...endpoint(`10.244.1.${n}`), conditions: { ready: false } });
  assert.deepEqual(
    row({ ports: [{ port: 80 }, { name: 'any' }, {}, { port: 81 }], endpoints: many(5, (i) => unready(i + 1)) }),
    ['IPv4', '80,any,* + 1 more...', '10.244.1.1,10.244.1.2,10.244.1.3 + 2 more...', '60m'],
  );
  assert.equal(row({ endpoints: [endpoint('10.244.1.1', '10.244.1.2')] })[2], '10.244.1.1,10.244.1.2');
});
