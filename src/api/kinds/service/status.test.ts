import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serviceKind } from '../service.ts';
import { texts } from '../testing.ts';
import { http, ingressOf, make, put } from './testing.ts';

const balanced = () => make({ type: 'LoadBalancer', ports: [http] });
const path = 'status.loadBalancer.ingress';

test('a status tells of load balancers only, by address or by name', () => {
  const cluster = { ...make({ ports: [http] }), status: ingressOf('203.0.113.1') };
  assert.deepEqual(texts(serviceKind.validateStatusUpdate?.(cluster, cluster) ?? []), [
    `${path}: Forbidden: may only be used when \`spec.type\` is 'LoadBalancer'`,
  ]);
  const noName = `a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')`;
  const table: [ingress: object, ...errors: string[]][] = [
    [{ ip: '203.0.113.1', ipMode: 'VIP' }],
    [{ ip: '203.0.113.1', ipMode: 'Proxy' }],
    [{ ip: '2001:db8::1', ipMode: 'VIP', hostname: 'lb.example' }],
    [{ hostname: 'lb.example' }],
    [{ ip: '203.0.113.1', ipMode: 'VIP', ports: [{ port: 80, protocol: 'TCP' }] }],
    [
      { ip: 'x', ipMode: 'VIP' },
      'ip: Invalid value: "x": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
    ],
    [{ ip: '203.0.113.01', ipMode: 'VIP' }, 'ip: Invalid value: "203.0.113.01": must not have leading 0s'],
    [{ ip: '203.0.113.1' }, 'ipMode: Required value: must be specified when `ip` is set'],
    [{ hostname: 'a', ipMode: 'VIP' }, 'ipMode: Forbidden: may not be specified when `ip` is not set'],
    [{ ip: '203.0.113.1', ipMode: 'Odd' }, 'ipMode: Unsupported value: "Odd": supported values: "Proxy", "VIP"'],
    [{ hostname: 'A' }, `hostname: Invalid value: "A": ${noName}`],
    [{ hostname: '1.2.3.4' }, 'hostname: Invalid value: "1.2.3.4": must be a DNS name, not an IP address'],
    [{ hostname: '01.2.3.4' }, 'hostname: Invalid value: "01.2.3.4": must be a DNS name, not an IP address'],
  ];
  for (const [ingress, ...want] of table) {
    const service = { ...balanced(), status: { loadBalancer: { ingress: [ingress] } } };
    const found = texts(serviceKind.validateStatusUpdate?.(service, balanced()) ?? []);
    assert.deepEqual(
      found,
      want.map((text) => `${path}[0].${text}`),
      JSON.stringify(ingress),
    );
  }
});

test('an address that is reported already may be reported again', () => {
  const old = { ...balanced(), status: ingressOf('203.0.113.01') };
  assert.deepEqual(serviceKind.validateStatusUpdate?.(old, old), []);
  assert.deepEqual(serviceKind.validate?.(old, old), []);
});

test('a load balancer that reports an address owns it, unless it says otherwise', () => {
  const service = balanced();
  service.status = { loadBalancer: { ingress: [{ ip: '203.0.113.1' }, { hostname: 'a.example' }] } };
  serviceKind.prepareForStatusUpdate?.(service, service, new Date(0));
  assert.deepEqual(service.status.loadBalancer?.ingress, [
    { ip: '203.0.113.1', ipMode: 'VIP' },
    { hostname: 'a.example' },
  ]);
  assert.deepEqual(serviceKind.validateStatusUpdate?.(service, service), []);
});

test('what a load balancer reported goes with the type, not before', () => {
  const service = { ...balanced(), status: { ...ingressOf('203.0.113.1'), conditions: [] } };
  assert.deepEqual(put(service, { sessionAffinity: 'ClientIP' }).status, service.status);
  for (const type of ['ClusterIP', 'NodePort'] as const) {
    assert.deepEqual(put(service, { type }).status?.loadBalancer, {}, type);
  }
});
