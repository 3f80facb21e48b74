// The environment variables that tell a container of the Services there are (dns.md §14.3). Pure; a snapshot, which is why
// DNS is the better way to find a Service created later.

import type { Service } from '#api/index.ts';
import { inBrackets } from '#lib/cidr.ts';

const hasAddress = ({ spec }: Service): boolean =>
  Boolean(spec?.clusterIP) && spec?.clusterIP !== 'None' && spec?.type !== 'ExternalName';

/** The Services a pod of `namespace` is told of: its own namespace's if it wants them, and always default/kubernetes. */
function visible(services: readonly Service[], namespace: string, wantsLinks: boolean): Service[] {
  const own = wantsLinks ? services.filter(({ metadata }) => metadata.namespace === namespace) : [];
  const chosen = own.filter(hasAddress);
  if (chosen.some(({ metadata }) => metadata.name === 'kubernetes')) return chosen;
  const master = services.find(({ metadata }) => metadata.namespace === 'default' && metadata.name === 'kubernetes');
  return master && hasAddress(master) ? [...chosen, master] : chosen;
}

const variableName = (text: string) => text.replaceAll('-', '_').toUpperCase();

function* variablesOf({ metadata, spec }: Service): Generator<[string, string]> {
  const prefix = variableName(metadata.name ?? '');
  const address = spec?.clusterIP ?? '';
  const ports = spec?.ports ?? [];
  const url = (port: (typeof ports)[number]) =>
    `${(port.protocol ?? 'TCP').toLowerCase()}://${inBrackets(address)}:${port.port}`;
  const [first] = ports;
  if (!first) return;
  yield [`${prefix}_SERVICE_HOST`, address];
  yield [`${prefix}_SERVICE_PORT`, String(first.port)];
  for (const port of ports) {
    if (port.name) yield [`${prefix}_SERVICE_PORT_${variableName(port.name)}`, String(port.port)];
  }
  yield [`${prefix}_PORT`, url(first)];
  for (const port of ports) {
    const protocol = port.protocol ?? 'TCP';
    const name = `${prefix}_PORT_${port.port}_${protocol.toUpperCase()}`;
    yield [name, url(port)];
    yield [`${name}_PROTO`, protocol.toLowerCase()];
    yield [`${name}_PORT`, String(port.port)];
    yield [`${name}_ADDR`, address];
  }
}

/** @param services of all namespaces; @param wantsLinks the pod's enableServiceLinks */
export function serviceEnvironment(
  services: readonly Service[],
  namespace: string,
  wantsLinks: boolean,
): Map<string, string> {
  // By name, so that the same Services always give the same environment.
  const sorted = visible(services, namespace, wantsLinks).sort((a, b) =>
    (a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1,
  );
  return new Map(sorted.flatMap((service) => [...variablesOf(service)]));
}
