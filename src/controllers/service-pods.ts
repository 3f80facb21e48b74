// Which pods a Service selects and which of their ports it reaches: what the EndpointSlice and the Endpoints controllers
// share (services.md §C.2, §C.3). Pure.

import { isPodReady, isPodTerminal, isSidecar, type Pod, type Service, type ServicePort } from '#api/index.ts';
import { type Address, type Family, formatAddress, parseAddress } from '#lib/cidr.ts';
import { sameJson } from './json.ts';

/** Without a selector the user writes the endpoints; an ExternalName has none. */
export const isSelecting = ({ spec }: Service): boolean =>
  spec.type !== 'ExternalName' && spec.selector !== undefined && Object.keys(spec.selector).length > 0;

export const isHeadless = ({ spec }: Service): boolean => !spec.clusterIP || spec.clusterIP === 'None';

/** Selected pods that can be endpoints: terminating ones too, until they are gone or have ended. */
export const canBeEndpoint = (pod: Pod): boolean => !isPodTerminal(pod) && addressesOf(pod).length > 0;

/** Objects of a cache do not change, and are looked at for every change of any pod of their Service. */
const parsed = new WeakMap<Pod, Address[]>();

export function addressesOf(pod: Pod): Address[] {
  const known = parsed.get(pod);
  if (known) return known;
  const { status } = pod;
  const texts = status?.podIPs?.map(({ ip }) => ip) ?? (status?.podIP ? [status.podIP] : []);
  const addresses = texts.map(parseAddress).filter((address) => address !== undefined);
  parsed.set(pod, addresses);
  return addresses;
}

/** The pod's address of the family in canonical text. */
export function addressOf(pod: Pod, family: Family): string | undefined {
  const address = addressesOf(pod).find((one) => one.family === family);
  return address && formatAddress(address);
}

/** The families that the Service is served in; a headless Service that does not say is served in both. */
export function familiesOf({ spec }: Service): Family[] {
  if (spec.ipFamilies?.length) return spec.ipFamilies.filter((family) => family === 'IPv4' || family === 'IPv6');
  const address = parseAddress(spec.clusterIP ?? '');
  return address ? [address.family] : ['IPv4', 'IPv6'];
}

export interface ResolvedPort {
  readonly name: string;
  readonly protocol: string;
  readonly port: number;
  readonly appProtocol?: string | undefined;
}

/** The Service's ports as this pod has them; a named target port that the pod does not have is left out. */
export function resolvePorts(service: Service, pod: Pod): ResolvedPort[] {
  return (service.spec.ports ?? []).flatMap((port) => {
    const number = targetPort(port, pod);
    const { name = '', protocol = 'TCP', appProtocol } = port;
    return number === undefined ? [] : [{ name, protocol, port: number, ...(appProtocol && { appProtocol }) }];
  });
}

function targetPort({ targetPort, port, protocol = 'TCP' }: ServicePort, { spec }: Pod): number | undefined {
  if (targetPort === undefined || targetPort === 0 || targetPort === '') return port;
  if (typeof targetPort === 'number') return targetPort;
  const sidecars = (spec.initContainers ?? []).filter(isSidecar);
  return [...spec.containers, ...sidecars]
    .flatMap(({ ports }) => ports ?? [])
    .find((one) => one.name === targetPort && (one.protocol ?? 'TCP') === protocol)?.containerPort;
}

/** The pod's own DNS name under the Service, if it has one. */
export const hostnameOf = ({ spec }: Pod, { metadata }: Service): string | undefined =>
  spec.hostname && spec.subdomain === metadata.name ? spec.hostname : undefined;

export const targetRef = ({ metadata: { namespace, name, uid } }: Pod) => ({ kind: 'Pod', namespace, name, uid });

/** The change of the pod can change endpoints. Other updates of its status, which are many, can not. */
export const affectsEndpoints = (old: Pod, pod: Pod): boolean => !sameJson(seenOf(old), seenOf(pod));

const seenOf = (pod: Pod) => ({
  labels: pod.metadata.labels,
  deleting: Boolean(pod.metadata.deletionTimestamp),
  uid: pod.metadata.uid,
  node: pod.spec.nodeName,
  hostname: pod.spec.hostname,
  subdomain: pod.spec.subdomain,
  address: pod.status?.podIP,
  addresses: pod.status?.podIPs,
  ready: isPodReady(pod),
  ended: isPodTerminal(pod),
});
