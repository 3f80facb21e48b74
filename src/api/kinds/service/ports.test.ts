import assert from 'node:assert/strict';
import { test } from 'node:test';
import { errorsOf, http, type Refusal } from './testing.ts';

const range = 'must be between 1 and 65535, inclusive';
const label = `a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')`;
const letters = 'must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)';
const kubelet = 'may not expose port 10250 externally since it is used by kubelet';
const inside = "may not be used when `type` is 'ClusterIP'";
const onePort = (port: object, type = 'ClusterIP') => ({ type, ports: [{ port: 80, ...port }] });
const target = (targetPort: unknown) => onePort({ targetPort });
const at = 'spec.ports[0]';

const table: Refusal[] = [
  ['none', {}, 'spec.ports: Required value'],
  ['an empty list', { ports: [] }, 'spec.ports: Required value'],
  ['none of a node port', { type: 'NodePort' }, 'spec.ports: Required value'],
  ['none of a load balancer', { type: 'LoadBalancer' }, 'spec.ports: Required value'],
  ['none of a headless one', { clusterIP: 'None' }],
  ['none of an alias', { type: 'ExternalName', externalName: 'a.example' }],
  ['one without a name', { ports: [http] }],
  ['one with', onePort({ name: '1-http' })],
  ['two need names', { ports: [{ name: 'a', port: 1 }, { port: 2 }] }, 'spec.ports[1].name: Required value'],
  ['a name is a label', onePort({ name: 'A' }), `${at}.name: Invalid value: "A": ${label}`],
  ['without dots', onePort({ name: 'a.b' }), `${at}.name: Invalid value: "a.b": must not contain dots`],
  [
    'of 63 characters',
    onePort({ name: 'a'.repeat(64) }),
    `${at}.name: Invalid value: "${'a'.repeat(64)}": must be no more than 63 characters`,
  ],
  [
    'names are unique',
    { ports: ['a', 'b', 'a'].map((name, i) => ({ name, port: i + 1 })) },
    'spec.ports[2].name: Duplicate value: "a"',
  ],
  ['a port is a number from 1', { ports: [{ port: 0, targetPort: 1 }] }, `${at}.port: Invalid value: 0: ${range}`],
  ['to 65535', { ports: [{ port: 65536, targetPort: 1 }] }, `${at}.port: Invalid value: 65536: ${range}`],
  ['the last one', { ports: [{ port: 65535 }] }],
  [
    'a protocol is known',
    onePort({ protocol: 'ICMP' }),
    `${at}.protocol: Unsupported value: "ICMP": supported values: "SCTP", "TCP", "UDP"`,
  ],
  ['SCTP is', onePort({ protocol: 'SCTP' })],
  ['a target is a number', target(70000), `${at}.targetPort: Invalid value: 70000: ${range}`],
  ['or a service name', target('http-alt')],
  [
    'of 15 characters',
    target('a'.repeat(16)),
    `${at}.targetPort: Invalid value: "${'a'.repeat(16)}": must be no more than 15 characters`,
  ],
  ['in lower case', target('Http'), `${at}.targetPort: Invalid value: "Http": ${letters}`],
  ['with a letter', target('8080'), `${at}.targetPort: Invalid value: "8080": must contain at least one letter (a-z)`],
  ['without --', target('a--b'), `${at}.targetPort: Invalid value: "a--b": must not contain consecutive hyphens`],
  ['not ending in -', target('a-'), `${at}.targetPort: Invalid value: "a-": must not begin or end with a hyphen`],
  ['nor beginning', target('-a'), `${at}.targetPort: Invalid value: "-a": must not begin or end with a hyphen`],
  ['an application protocol has a prefix', onePort({ appProtocol: 'kubernetes.io/h2c' })],
  ['or none', onePort({ appProtocol: 'http' })],
  [
    'but not an empty one',
    onePort({ appProtocol: '/x' }),
    `${at}.appProtocol: Invalid value: "/x": prefix part must be non-empty`,
  ],
  ['the kubelet is not exposed', onePort({ port: 10250 }, 'LoadBalancer'), `${at}: Invalid value: 10250: ${kubelet}`],
  ['its port is free for others', onePort({ port: 10250 }, 'NodePort')],
  ['no node port inside of the cluster', onePort({ nodePort: 30001 }), `${at}.nodePort: Forbidden: ${inside}`],
  [
    'two protocols share a load balancer, a port and a node port',
    {
      type: 'LoadBalancer',
      ports: ['TCP', 'UDP'].map((protocol) => ({ name: protocol.toLowerCase(), port: 53, protocol, nodePort: 30053 })),
    },
  ],
  [
    'one protocol has a port once',
    { ports: ['a', 'b'].map((name) => ({ name, port: 1 })) },
    'spec.ports[1]: Duplicate value: {"protocol":"TCP","port":1}',
  ],
  [
    'and a node port once',
    { type: 'NodePort', ports: ['a', 'b'].map((name, i) => ({ name, port: i + 1, nodePort: 30001 })) },
    'spec.ports[1].nodePort: Duplicate value: 30001',
  ],
];

test('ports of a Service', () => {
  for (const [name, spec, ...want] of table) assert.deepEqual(errorsOf(spec), want, name);
});
