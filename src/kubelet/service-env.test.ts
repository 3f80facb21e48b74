// The Service variables of dns.md §14.3. Services 172.30/16.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Service } from '#api/index.ts';
import { serviceEnvironment } from './service-env.ts';

type Spec = NonNullable<Service['spec']>;
const service = (name: string, namespace: string, spec: Spec): Service => ({ metadata: { name, namespace }, spec });
const kubernetes = service('kubernetes', 'default', {
  clusterIP: '172.30.0.1',
  ports: [{ name: 'https', port: 443, protocol: 'TCP' }],
});
const kubernetesVariables = {
  KUBERNETES_SERVICE_HOST: '172.30.0.1',
  KUBERNETES_SERVICE_PORT: '443',
  KUBERNETES_SERVICE_PORT_HTTPS: '443',
  KUBERNETES_PORT: 'tcp://172.30.0.1:443',
  KUBERNETES_PORT_443_TCP: 'tcp://172.30.0.1:443',
  KUBERNETES_PORT_443_TCP_PROTO: 'tcp',
  KUBERNETES_PORT_443_TCP_PORT: '443',
  KUBERNETES_PORT_443_TCP_ADDR: '172.30.0.1',
};
const redis = service('redis-primary', 'shop', { clusterIP: '172.30.0.11', ports: [{ port: 6379 }] });

const cases: {
  name: string;
  services: Service[];
  namespace?: string;
  links?: boolean;
  want: Record<string, string>;
}[] = [
  { name: 'default/kubernetes is everywhere', services: [kubernetes], want: kubernetesVariables },
  {
    name: 'an unnamed port without protocol is TCP; dashes become underscores',
    services: [redis],
    want: {
      REDIS_PRIMARY_SERVICE_HOST: '172.30.0.11',
      REDIS_PRIMARY_SERVICE_PORT: '6379',
      REDIS_PRIMARY_PORT: 'tcp://172.30.0.11:6379',
      REDIS_PRIMARY_PORT_6379_TCP: 'tcp://172.30.0.11:6379',
      REDIS_PRIMARY_PORT_6379_TCP_PROTO: 'tcp',
      REDIS_PRIMARY_PORT_6379_TCP_PORT: '6379',
      REDIS_PRIMARY_PORT_6379_TCP_ADDR: '172.30.0.11',
    },
  },
  {
    name: 'names of ports are in capitals too; only the primary family is told',
    services: [
      service('web', 'shop', {
        clusterIP: '172.30.0.12',
        clusterIPs: ['172.30.0.12', 'fd00::c'],
        ipFamilies: ['IPv4', 'IPv6'],
        ports: [
          { name: 'h2c-plain', port: 80 },
          { name: 'quic', port: 443, protocol: 'UDP' },
        ],
      }),
    ],
    want: {
      WEB_SERVICE_HOST: '172.30.0.12',
      WEB_SERVICE_PORT: '80',
      WEB_SERVICE_PORT_H2C_PLAIN: '80',
      WEB_SERVICE_PORT_QUIC: '443',
      WEB_PORT: 'tcp://172.30.0.12:80',
      WEB_PORT_80_TCP: 'tcp://172.30.0.12:80',
      WEB_PORT_80_TCP_PROTO: 'tcp',
      WEB_PORT_80_TCP_PORT: '80',
      WEB_PORT_80_TCP_ADDR: '172.30.0.12',
      WEB_PORT_443_UDP: 'udp://172.30.0.12:443',
      WEB_PORT_443_UDP_PROTO: 'udp',
      WEB_PORT_443_UDP_PORT: '443',
      WEB_PORT_443_UDP_ADDR: '172.30.0.12',
    },
  },
  {
    name: 'several ports, UDP and IPv6',
    services: [
      service('dns', 'shop', {
        clusterIP: 'fd00::a',
        ports: [
          { name: 'dns-udp', port: 53, protocol: 'UDP' },
          { name: 'dns-tcp', port: 53, protocol: 'TCP' },
        ],
      }),
    ],
    want: {
      DNS_SERVICE_HOST: 'fd00::a',
      DNS_SERVICE_PORT: '53',
      DNS_SERVICE_PORT_DNS_UDP: '53',
      DNS_SERVICE_PORT_DNS_TCP: '53',
      DNS_PORT: 'udp://[fd00::a]:53',
      DNS_PORT_53_UDP: 'udp://[fd00::a]:53',
      DNS_PORT_53_UDP_PROTO: 'udp',
      DNS_PORT_53_UDP_PORT: '53',
      DNS_PORT_53_UDP_ADDR: 'fd00::a',
      DNS_PORT_53_TCP: 'tcp://[fd00::a]:53',
      DNS_PORT_53_TCP_PROTO: 'tcp',
      DNS_PORT_53_TCP_PORT: '53',
      DNS_PORT_53_TCP_ADDR: 'fd00::a',
    },
  },
  {
    name: 'without links only default/kubernetes is left',
    services: [kubernetes, redis],
    links: false,
    want: kubernetesVariables,
  },
  {
    name: 'other namespaces, headless, address-less and ExternalName Services are left out',
    services: [
      service('elsewhere', 'other', { clusterIP: '172.30.0.9', ports: [{ port: 1 }] }),
      service('headless', 'shop', { clusterIP: 'None', ports: [{ port: 1 }] }),
      service('pending', 'shop', { clusterIP: '', ports: [{ port: 1 }] }),
      service('alias', 'shop', { type: 'ExternalName', externalName: 'example.org' }),
    ],
    want: {},
  },
  {
    name: "a Service called kubernetes in the pod's namespace replaces the default one",
    services: [kubernetes, service('kubernetes', 'shop', { clusterIP: '172.30.0.7', ports: [{ port: 80 }] })],
    want: {
      KUBERNETES_SERVICE_HOST: '172.30.0.7',
      KUBERNETES_SERVICE_PORT: '80',
      KUBERNETES_PORT: 'tcp://172.30.0.7:80',
      KUBERNETES_PORT_80_TCP: 'tcp://172.30.0.7:80',
      KUBERNETES_PORT_80_TCP_PROTO: 'tcp',
      KUBERNETES_PORT_80_TCP_PORT: '80',
      KUBERNETES_PORT_80_TCP_ADDR: '172.30.0.7',
    },
  },
  {
    name: 'one without an address does not',
    services: [kubernetes, service('kubernetes', 'shop', { clusterIP: 'None', ports: [{ port: 80 }] })],
    want: kubernetesVariables,
  },
  {
    name: 'in its own namespace it is there once, with links and without',
    services: [kubernetes],
    namespace: 'default',
    want: kubernetesVariables,
  },
  { name: 'without links', services: [kubernetes], namespace: 'default', links: false, want: kubernetesVariables },
  {
    name: 'one called kubernetes elsewhere is not meant',
    services: [{ ...kubernetes, metadata: { name: 'kubernetes', namespace: 'other' } }],
    want: {},
  },
  {
    name: '… but not when links are off',
    services: [kubernetes, service('kubernetes', 'shop', { clusterIP: '172.30.0.7', ports: [{ port: 80 }] })],
    links: false,
    want: kubernetesVariables,
  },
];

for (const { name, services, namespace = 'shop', links = true, want } of cases) {
  test(`serviceEnvironment: ${name}`, () => {
    assert.deepEqual(Object.fromEntries(serviceEnvironment(services, namespace, links)), want);
  });
}
