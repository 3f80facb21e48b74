import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serviceKind } from '../service.ts';
import { cells } from '../testing.ts';
import { http, make } from './testing.ts';

const now = new Date('2026-01-01T01:00:00Z');
const row = (spec: unknown, ingress: object[] = []): string =>
  cells(serviceKind.columns, { ...make(spec), status: { loadBalancer: { ingress } } }, now, true).join(' ');

test('the columns of Services, the selector for -o wide only', () => {
  assert.deepEqual(
    serviceKind.columns.map(({ name, priority }) => [name, priority ?? 0]),
    [
      ['Name', 0],
      ['Type', 0],
      ['Cluster-IP', 0],
      ['External-IP', 0],
      ['Port(s)', 0],
      ['Age', 0],
      ['Selector', 1],
    ],
  );
});

test('rows of Services', () => {
  const externalIPs = ['198.51.100.9', '198.51.100.8'];
  const ports = [
    { name: 'a', port: 80, nodePort: 30080 },
    { name: 'b', port: 53, protocol: 'UDP', nodePort: 30053 },
  ];
  const table: [spec: object, ingress: object[], want: string][] = [
    [{ ports: [http] }, [], 'web ClusterIP 10.96.0.10 <none> 80/TCP 60m <none>'],
    [{ ports: [http], externalIPs }, [], 'web ClusterIP 10.96.0.10 198.51.100.9,198.51.100.8 80/TCP 60m <none>'],
    [{ clusterIP: 'None' }, [], 'web ClusterIP None <none> <none> 60m <none>'],
    [
      { type: 'NodePort', ports, selector: { b: '2', a: '1' } },
      [],
      'web NodePort 10.96.0.10 <none> 80:30080/TCP,53:30053/UDP 60m a=1,b=2',
    ],
    [{ type: 'LoadBalancer', ports: [http] }, [], 'web LoadBalancer 10.96.0.10 <pending> 80/TCP 60m <none>'],
    [
      { type: 'LoadBalancer', ports: [http], externalIPs: ['198.51.100.9'] },
      [{ ip: '203.0.113.2' }, { hostname: 'a.example' }, { ip: '203.0.113.2' }, { ip: '203.0.113.1' }],
      'web LoadBalancer 10.96.0.10 203.0.113.1,203.0.113.2,a.example,198.51.100.9 80/TCP 60m <none>',
    ],
    [
      { type: 'LoadBalancer', ports: [http], externalIPs },
      [],
      'web LoadBalancer 10.96.0.10 198.51.100.9,198.51.100.8 80/TCP 60m <none>',
    ],
    [{ type: 'ExternalName', externalName: 'db.example' }, [], 'web ExternalName <none> db.example <none> 60m <none>'],
  ];
  for (const [spec, ingress, want] of table) assert.equal(row(spec, ingress), want);
});

// Cutting them to 16 characters is for printers that are asked for narrow output; the server's is always wide, as upstream's.
test('long names of load balancers are not cut', () => {
  const hostname = 'a-load-balancer-of-a-cloud.example.com';
  assert.ok(row({ type: 'LoadBalancer', ports: [http] }, [{ hostname }]).includes(` ${hostname} `));
});
