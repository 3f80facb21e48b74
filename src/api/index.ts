// The vocabulary of the Kubernetes API: types and pure functions, no I/O.

export * from './cluster-ips.ts';
export * from './disruption.ts';
export { age, humanDuration } from './duration.ts';
export * from './errors.ts';
export * from './fields.ts';
export type { Column, Kind } from './kind.ts';
export { gitVersion, kubernetesVersion } from './kubernetes-version.ts';
export * from './labels.ts';
export { generateName } from './names.ts';
export * from './node-conditions.ts';
export type { KubeList, KubeObject, WatchEvent } from './object.ts';
export * from './owners.ts';
export * from './pod-conditions.ts';
export * from './resources.ts';
export type { Deployment, ReplicaSet } from './schema/apps.ts';
export type { Scale } from './schema/autoscaling.ts';
export type { Container, ContainerPort, EnvVar, Probe } from './schema/container.ts';
export type { Lease } from './schema/coordination.ts';
export type { ConfigMap, Event, Namespace, Secret, ServiceAccount } from './schema/core.ts';
export type { Endpoint, EndpointPort, EndpointSlice } from './schema/discovery.ts';
export type { Endpoints } from './schema/endpoints.ts';
export type {
  Condition,
  DeleteOptions,
  LabelSelector,
  ObjectMeta,
  OwnerReference,
  Status,
} from './schema/meta.ts';
export type { IPAddress, ServiceCIDR } from './schema/networking.ts';
export type { Node } from './schema/node.ts';
export type { Binding, ContainerStatus, Pod, PodSpec, PodStatus, PodTemplateSpec } from './schema/pod.ts';
export type { PodDisruptionBudget, PodDisruptionBudgetStatus } from './schema/policy.ts';
export type { ObjectReference, Taint, Toleration } from './schema/selector.ts';
export type { Service, ServicePort, ServiceSpec } from './schema/service.ts';
export * from './taints.ts';
export * from './well-known-labels.ts';
