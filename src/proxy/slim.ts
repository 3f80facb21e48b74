// What the proxy keeps of the objects that it watches. In a cluster with 100,000 endpoints, the rest of them would be most
// of its memory.

import type { Endpoint, EndpointSlice, Service } from '#api/index.ts';
import { serviceNameLabel } from '#api/index.ts';
import { headlessLabel, serviceProxyNameLabel, triggerTimeAnnotation } from '#api/well-known-labels.ts';

/** Without who wrote what, and without the labels and annotations of others. */
export const slimService = (service: Service): Service => ({ ...service, metadata: slimMetadata(service.metadata) });

/** Also without the pods behind endpoints, and all addresses but the first, which is the one that counts. */
export const slimSlice = (slice: EndpointSlice): EndpointSlice => ({
  ...slice,
  metadata: slimMetadata(slice.metadata),
  endpoints: slice.endpoints?.map(slimEndpoint) ?? [],
});

function slimMetadata(metadata: Service['metadata']): Service['metadata'] {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = metadata;
  return {
    ...{ name, namespace, uid, resourceVersion, creationTimestamp },
    labels: pick(metadata.labels, [serviceNameLabel, headlessLabel, serviceProxyNameLabel]),
    annotations: pick(metadata.annotations, [triggerTimeAnnotation]),
  };
}

function pick(all: Record<string, string> | undefined, names: readonly string[]): Record<string, string> | undefined {
  const found = names.filter((name) => all?.[name] !== undefined);
  return found.length > 0 ? Object.fromEntries(found.map((name) => [name, all?.[name] as string])) : undefined;
}

function slimEndpoint({ addresses, conditions, nodeName, hints }: Endpoint): Endpoint {
  return {
    addresses: addresses?.slice(0, 1) ?? [],
    conditions: conditions && shared(conditions),
    ...(nodeName != null && { nodeName }),
    ...(hints && { hints }),
  };
}

type Conditions = NonNullable<Endpoint['conditions']>;

/** There are few different ones. */
const known = new Map<string, Conditions>();
function shared({ ready, serving, terminating }: Conditions): Conditions {
  const key = `${ready} ${serving} ${terminating}`;
  let conditions = known.get(key);
  if (!conditions) {
    conditions = { ready, serving, terminating };
    known.set(key, conditions);
  }
  return conditions;
}
