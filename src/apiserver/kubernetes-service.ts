// The Service through which pods reach this server, and its endpoints (services.md B.4). The Service is made when there is
// none, and left as it is when there is one; the endpoints are kept to be this server's address, until it stops.

import { isIPv6 } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import {
  type EndpointSlice,
  type Endpoints,
  isConflict,
  isNotFound,
  type Kind,
  type KubeObject,
  type Service,
  serviceNameLabel,
} from '#api/index.ts';
import { endpointSliceKind } from '#api/kinds/endpoint-slice.ts';
import { endpointsKind } from '#api/kinds/endpoints.ts';
import { serviceKind } from '#api/kinds/service.ts';
import { copyJson } from '#api/schema/json.ts';
import { createIfMissing, serverManager } from './bootstrap.ts';
import { deleteObject } from './delete.ts';
import type { Parts } from './parts.ts';
import type { Writer } from './writer.ts';

/** Where pods reach this server. */
export interface Advertise {
  readonly address: string;
  /** Of the other family. */
  readonly secondAddress?: string | undefined;
  readonly port: number;
}
export interface KubernetesServiceOptions {
  readonly clusterIP: string;
  /** Without it, the endpoints are nobody's business here. */
  readonly advertise?: Advertise | undefined;
}

const name = 'kubernetes';
const namespace = 'default';
const endpoints = endpointsKind as unknown as Kind;
const slices = endpointSliceKind as unknown as Kind;
/** A store that does not answer must not keep the server from stopping. */
const withdrawLimitMs = 2_000;

export class KubernetesService {
  readonly #parts: Parts;
  readonly #options: KubernetesServiceOptions;
  #isWithdrawn = false;

  constructor(parts: Parts, options: KubernetesServiceOptions) {
    this.#parts = parts;
    this.#options = options;
  }

  /** Makes it what it should be. Throws when that cannot be done. */
  async keep(): Promise<void> {
    const { advertise } = this.#options;
    const { writer } = this.#parts;
    if (this.#isWithdrawn) return;
    await createIfMissing(writer, serviceKind as unknown as Kind, serviceOf(this.#options));
    if (!advertise) return;
    await put(writer, endpoints, endpointsOf(advertise, [advertise.address]));
    const wanted = slicesOf(advertise);
    await this.#deleteOtherSlices(wanted);
    for (const slice of wanted) await put(writer, slices, slice);
  }

  /** Takes this server's addresses away: it is about to stop. Nothing puts them back. */
  async withdraw(): Promise<void> {
    this.#isWithdrawn = true;
    const { advertise } = this.#options;
    if (advertise) await Promise.race([this.#empty(advertise), setTimeout(withdrawLimitMs, undefined, { ref: false })]);
  }

  async #empty(advertise: Advertise): Promise<void> {
    const { writer } = this.#parts;
    await change(writer, endpoints, endpointsOf(advertise, []));
    for (const slice of slicesOf(advertise)) {
      slice.endpoints = [];
      await change(writer, slices, slice);
    }
  }

  /** Consumers would send clients to what they say. One of our names and another family goes too: it cannot change. */
  async #deleteOtherSlices(wanted: readonly EndpointSlice[]): Promise<void> {
    const { registry } = this.#parts;
    const { entries } = await registry.store.list(registry.prefixOf(slices, namespace));
    for (const entry of entries) {
      const { metadata, addressType } = registry.decode<EndpointSlice>(entry);
      const ours = wanted.find((slice) => slice.metadata.name === metadata.name);
      const isOther = ours ? addressType !== ours.addressType : metadata.labels?.[serviceNameLabel] === name;
      if (!isOther) continue;
      const options = { isDryRun: false, preconditions: { uid: metadata.uid } };
      const target = { kind: slices, namespace, name: metadata.name ?? '' };
      await deleteObject(this.#parts, target, options).catch((error) => {
        if (!isNotFound(error) && !isConflict(error)) throw error;
      });
    }
  }
}

const serviceOf = ({ clusterIP, advertise }: KubernetesServiceOptions): Service => ({
  metadata: { name, namespace, labels: { component: 'apiserver', provider: 'kubernetes' } },
  spec: {
    type: 'ClusterIP',
    clusterIP,
    ipFamilyPolicy: 'SingleStack',
    sessionAffinity: 'None',
    ports: [{ name: 'https', protocol: 'TCP', port: 443, targetPort: advertise?.port ?? 6443 }],
  },
});

const portOf = ({ port }: Advertise) => ({ name: 'https', port, protocol: 'TCP' });

const endpointsOf = (advertise: Advertise, addresses: readonly string[]): Endpoints => ({
  metadata: { name, namespace, labels: { 'endpointslice.kubernetes.io/skip-mirror': 'true' } },
  ...(addresses.length > 0 && {
    subsets: [{ addresses: addresses.map((ip) => ({ ip })), ports: [portOf(advertise)] }],
  }),
});

/** One for each family; that of the first address has the Service's own name. */
function slicesOf(advertise: Advertise): EndpointSlice[] {
  const { address, secondAddress } = advertise;
  const slice = (sliceName: string, ip: string): EndpointSlice => ({
    metadata: { name: sliceName, namespace, labels: { [serviceNameLabel]: name } },
    addressType: isIPv6(ip) ? 'IPv6' : 'IPv4',
    endpoints: [{ addresses: [ip], conditions: { ready: true } }],
    ports: [portOf(advertise)],
  });
  const second = secondAddress && slice(`${name}-${isIPv6(secondAddress) ? 'v6' : 'v4'}`, secondAddress);
  return [slice(name, address), ...(second ? [second] : [])];
}

/** Created, or made equal to `object`. */
async function put(writer: Writer, kind: Kind, object: KubeObject): Promise<void> {
  await createIfMissing(writer, kind, object);
  await change(writer, kind, object);
}

/** Made equal to `object`, if it is there. */
async function change(writer: Writer, kind: Kind, object: KubeObject): Promise<void> {
  const target = { kind, namespace, name: object.metadata.name ?? '' };
  const apply = (old: KubeObject): KubeObject => ({
    ...copyJson(object),
    metadata: { ...old.metadata, ...copyJson(object.metadata) },
  });
  try {
    await writer.update(target, { apply, rules: 'main', dryRun: false, fieldManager: serverManager });
  } catch (error) {
    if (!isConflict(error) && !isNotFound(error)) throw error;
  }
}
