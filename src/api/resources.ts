// Where each kind lives in the API, with its TypeScript type: all that a client needs to know of a kind.

import type { KubeObject } from './object.ts';
import type { Deployment, ReplicaSet } from './schema/apps.ts';
import type { HorizontalPodAutoscaler as HorizontalPodAutoscalerV1 } from './schema/autoscaling.ts';
import type { HorizontalPodAutoscaler } from './schema/autoscaling-v2.ts';
import type { Lease } from './schema/coordination.ts';
import type { ConfigMap, Event, Namespace, Secret, ServiceAccount } from './schema/core.ts';
import type { EndpointSlice } from './schema/discovery.ts';
import type { Endpoints } from './schema/endpoints.ts';
import type { Event as EventsEvent } from './schema/events.ts';
import type { Ingress, IngressClass, IPAddress, ServiceCIDR } from './schema/networking.ts';
import type { NetworkPolicy } from './schema/networking-policy.ts';
import type { Node } from './schema/node.ts';
import type { Pod } from './schema/pod.ts';
import type { PodDisruptionBudget } from './schema/policy.ts';
import type { Service } from './schema/service.ts';

export interface ResourceRef<T extends KubeObject = KubeObject> {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  /** Plural name in URLs. */
  readonly resource: string;
  readonly kind: string;
  readonly namespaced: boolean;
  /** Only carries the type. */
  readonly type?: T;
}

/** What `apiVersion` and the URLs of a kind say. */
export const ref = <T extends KubeObject>(
  groupVersion: string,
  resource: string,
  kind: string,
  namespaced = true,
): ResourceRef<T> => {
  const [group, version] = groupVersion.includes('/') ? groupVersion.split('/') : ['', groupVersion];
  return { group: group as string, version: version as string, resource, kind, namespaced };
};

export const namespaces = ref<Namespace>('v1', 'namespaces', 'Namespace', false);
export const nodes = ref<Node>('v1', 'nodes', 'Node', false);
export const pods = ref<Pod>('v1', 'pods', 'Pod');
export const services = ref<Service>('v1', 'services', 'Service');
export const endpoints = ref<Endpoints>('v1', 'endpoints', 'Endpoints');
export const configMaps = ref<ConfigMap>('v1', 'configmaps', 'ConfigMap');
export const secrets = ref<Secret>('v1', 'secrets', 'Secret');
export const serviceAccounts = ref<ServiceAccount>('v1', 'serviceaccounts', 'ServiceAccount');
export const events = ref<Event>('v1', 'events', 'Event');
/** The same objects as {@link events}, in the words of their own group. */
export const eventsEvents = ref<EventsEvent>('events.k8s.io/v1', 'events', 'Event');
export const deployments = ref<Deployment>('apps/v1', 'deployments', 'Deployment');
export const replicaSets = ref<ReplicaSet>('apps/v1', 'replicasets', 'ReplicaSet');
export const endpointSlices = ref<EndpointSlice>('discovery.k8s.io/v1', 'endpointslices', 'EndpointSlice');
const networking = 'networking.k8s.io/v1';
export const ingresses = ref<Ingress>(networking, 'ingresses', 'Ingress');
export const ingressClasses = ref<IngressClass>(networking, 'ingressclasses', 'IngressClass', false);
export const networkPolicies = ref<NetworkPolicy>(networking, 'networkpolicies', 'NetworkPolicy');
export const serviceCIDRs = ref<ServiceCIDR>(networking, 'servicecidrs', 'ServiceCIDR', false);
export const ipAddresses = ref<IPAddress>(networking, 'ipaddresses', 'IPAddress', false);
export const podDisruptionBudgets = ref<PodDisruptionBudget>(
  'policy/v1',
  'poddisruptionbudgets',
  'PodDisruptionBudget',
);
const autoscaler = ['horizontalpodautoscalers', 'HorizontalPodAutoscaler'] as const;
export const horizontalPodAutoscalers = ref<HorizontalPodAutoscaler>('autoscaling/v2', ...autoscaler);
/** The same objects as {@link horizontalPodAutoscalers}, with CPU as the only metric that has a field. */
export const horizontalPodAutoscalersV1 = ref<HorizontalPodAutoscalerV1>('autoscaling/v1', ...autoscaler);
export const leases = ref<Lease>('coordination.k8s.io/v1', 'leases', 'Lease');

/** `v1` or `group/version`, as `apiVersion` spells it. */
export const apiVersionOf = ({ group, version }: { group: string; version: string }): string =>
  group ? `${group}/${version}` : version;
