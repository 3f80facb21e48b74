// What the cluster holds as a zone file (RFC 1035 §5), for name servers that know no Kubernetes.

import { domain, domainName, isHeadless, type Stored } from './data.ts';

const servicePort = 80;
const targetPort = 8080;

export function zoneFile(services: readonly Stored[]): string {
  const lines = [
    `$ORIGIN ${domain}.`,
    '$TTL 5',
    '@ SOA ns.dns hostmaster 1 7200 1800 86400 5',
    '@ NS ns.dns',
    'ns.dns A 10.96.0.10',
    'dns-version 28800 TXT "1.1.0"',
    ...services.flatMap(recordsOf),
  ];
  return `${lines.join('\n')}\n`;
}

function recordsOf(service: Stored): string[] {
  const name = `${domainName(service)}.`;
  const endpoints = service.addresses.map((address) => ({
    address,
    name: `${address.replaceAll('.', '-')}.${name}`,
  }));
  const named = endpoints.map((endpoint) => `${endpoint.name} A ${endpoint.address}`);
  if (!isHeadless(service)) {
    const target = `${servicePort} ${name}`;
    return [
      ...named,
      `${name} A ${service.clusterIP}`,
      ...[name, `_http._tcp.${name}`].map((n) => `${n} SRV 0 100 ${target}`),
    ];
  }
  const weight = Math.floor(100 / endpoints.length);
  return endpoints.flatMap((endpoint, i) => [
    named[i] as string,
    `${name} A ${endpoint.address}`,
    ...[name, `_http._tcp.${name}`].map((n) => `${n} SRV 0 ${weight} ${targetPort} ${endpoint.name}`),
  ]);
}
