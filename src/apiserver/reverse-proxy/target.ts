// Where `…/pods/X/proxy`, `…/services/X/proxy` and `…/nodes/X/proxy` lead (api.md §14): X is `name`, `name:port` or
// `scheme:name:port`. Nobody may be led to where the API server alone can go: only to addresses that are a pod's own, none
// of loopback or of a single link.

import { BlockList, isIP } from 'node:net';
import {
  ApiError,
  badRequest,
  type Endpoint,
  type EndpointSlice,
  type Kind,
  notFound,
  type Pod,
  type Service,
  serviceNameLabel,
} from '#api/index.ts';
import { endpointSliceKind } from '#api/kinds/endpoint-slice.ts';
import { podKind } from '#api/kinds/pod.ts';
import { serviceKind } from '#api/kinds/service.ts';
import type { KubeletProxy } from '../kubelet-proxy.ts';
import type { Registry } from '../registry.ts';
import type { ResourceInfo } from '../request.ts';

export interface Target {
  readonly scheme: 'http' | 'https';
  readonly host: string;
  readonly port: number;
  /** For https: who we are, and whom we expect; without it, anybody, as the certificates of pods are nobody's concern. */
  readonly tls?: { readonly key: string; readonly cert: string; readonly ca: string; readonly servername: string };
}

export interface TargetParts {
  readonly registry: Registry;
  readonly kubelet: KubeletProxy;
  /** Which addresses may be reached; {@link isGlobalUnicast} when absent. */
  readonly mayReach?: ((address: string) => boolean) | undefined;
}

export interface Wanted {
  readonly scheme: '' | 'http' | 'https';
  readonly name: string;
  readonly port: string;
}

/** Undefined for what has another form. */
export function splitName(text: string): Wanted | undefined {
  const parts = text.split(':');
  if (parts.length > 3) return undefined;
  const [scheme = '', name = '', port = ''] = parts.length === 3 ? parts : ['', ...parts];
  if (name === '' || (scheme !== '' && scheme !== 'http' && scheme !== 'https')) return undefined;
  return { scheme, name, port };
}

export async function locate(parts: TargetParts, kind: Kind, at: ResourceInfo): Promise<Target> {
  const wanted = splitName(at.name);
  if (!wanted) throw badRequest(`invalid ${kind.singular} request ${JSON.stringify(at.name)}`);
  switch (kind.kind) {
    case 'Pod':
      return podTarget(parts, at.namespace, wanted);
    case 'Service':
      return serviceTarget(parts, at.namespace, wanted);
    default:
      return nodeTarget(parts, wanted);
  }
}

async function podTarget(parts: TargetParts, namespace: string, { scheme, name, port }: Wanted): Promise<Target> {
  const pod = await find<Pod>(parts.registry, podKind as unknown as Kind, namespace, name);
  const declared = pod.spec.containers.flatMap(({ ports = [] }) => ports.slice(0, 1))[0]?.containerPort;
  return target(parts, scheme, ipsOf(pod)[0] ?? '', port === '' ? (declared ?? '') : port);
}

async function serviceTarget(parts: TargetParts, namespace: string, { scheme, name, port }: Wanted): Promise<Target> {
  const { registry } = parts;
  let portName = port;
  if (/^\d+$/.test(port)) {
    const service = await find<Service>(registry, serviceKind as unknown as Kind, namespace, name);
    const declared = service.spec?.ports?.find((one) => one.port === Number(port));
    if (!declared) throw unavailable(`no service port ${Number(port)} found for service ${JSON.stringify(name)}`);
    portName = declared.name ?? '';
  }
  const slices = await slicesOf(registry, namespace, name);
  const choices = slices.flatMap(({ endpoints, ports }) => {
    const number = ports?.find((one) => (one.name ?? '') === portName)?.port;
    return number === undefined ? [] : endpoints.filter(isReady).map((endpoint) => ({ endpoint, port: number }));
  });
  for (let rest = choices; rest.length > 0; ) {
    const chosen = rest[Math.floor(Math.random() * rest.length)] as (typeof rest)[number];
    const [ip = ''] = chosen.endpoint.addresses;
    if (await isOfPod(registry, namespace, ip, chosen.endpoint.targetRef))
      return target(parts, scheme, ip, chosen.port);
    rest = rest.filter((one) => one !== chosen);
  }
  throw unavailable(`no endpoints available for service ${JSON.stringify(name)}`);
}

/** Nobody has said no. */
const isReady = ({ conditions }: Endpoint): boolean => conditions?.ready !== false;

/** Of a namespace with thousands of slices only those are parsed whose bytes have the label somewhere. */
async function slicesOf(registry: Registry, namespace: string, service: string): Promise<EndpointSlice[]> {
  const { entries } = await registry.store.list(registry.prefixOf(endpointSliceKind as unknown as Kind, namespace));
  const label = `${JSON.stringify(serviceNameLabel)}:${JSON.stringify(service)}`;
  const mention = ({ buffer, byteOffset, length }: Uint8Array): boolean =>
    Buffer.from(buffer, byteOffset, length).includes(label);
  return entries
    .filter(({ value }) => mention(value))
    .map((entry) => registry.decode<EndpointSlice>(entry))
    .filter(({ metadata }) => metadata.labels?.[serviceNameLabel] === service);
}

/** Slices can be written by hand: an endpoint that is not where its pod is, or that has no pod, leads nowhere. */
async function isOfPod(
  registry: Registry,
  namespace: string,
  ip: string,
  ref: Endpoint['targetRef'],
): Promise<boolean> {
  if (ref?.kind !== 'Pod' || !ref.name || (ref.namespace ?? '') !== namespace) return false;
  const entry = await registry.get(podKind as unknown as Kind, { namespace, name: ref.name });
  return entry !== undefined && ipsOf(registry.decode<Pod>(entry)).includes(ip);
}

/** The kubelet when no port is named, or its own; any other port of the node else. */
async function nodeTarget(parts: TargetParts, { scheme, name, port }: Wanted): Promise<Target> {
  const { registry, kubelet } = parts;
  const { host, port: kubeletPort, tls } = await kubelet.locate(registry, name);
  if (port === '' || port === String(kubeletPort)) return { scheme: 'https', host, port: kubeletPort, tls };
  return target(parts, scheme, host, port);
}

function target(parts: TargetParts, scheme: Wanted['scheme'], host: string, port: string | number): Target {
  const { mayReach = isGlobalUnicast } = parts;
  if (!mayReach(host)) throw badRequest('address not allowed');
  const standard = scheme === 'https' ? 443 : 80;
  const number = port === '' ? standard : Number(port);
  if (!Number.isInteger(number) || number < 1 || number > 65535) {
    throw unavailable(`error trying to reach service: ${JSON.stringify(port)} is not a port`);
  }
  return { scheme: scheme || 'http', host, port: number };
}

const ipsOf = ({ status }: Pod): string[] => (status?.podIPs ?? []).map(({ ip }) => ip ?? '');

const notGlobal = new BlockList();
notGlobal.addAddress('0.0.0.0');
notGlobal.addAddress('255.255.255.255');
notGlobal.addSubnet('127.0.0.0', 8);
notGlobal.addSubnet('169.254.0.0', 16);
notGlobal.addSubnet('224.0.0.0', 4);
notGlobal.addAddress('::', 'ipv6');
notGlobal.addAddress('::1', 'ipv6');
notGlobal.addSubnet('fe80::', 10, 'ipv6');
notGlobal.addSubnet('ff00::', 8, 'ipv6');

export function isGlobalUnicast(address: string): boolean {
  const version = isIP(address);
  return version !== 0 && !address.includes('%') && !notGlobal.check(address, version === 4 ? 'ipv4' : 'ipv6');
}

async function find<T extends Pod | Service>(registry: Registry, kind: Kind, namespace: string, name: string) {
  const entry = await registry.get(kind, { namespace, name });
  if (!entry) throw notFound(kind, name);
  return registry.decode<T>(entry);
}

export const unavailable = (message: string, cause?: unknown): ApiError =>
  new ApiError(503, 'ServiceUnavailable', message, undefined, { cause });
