// node: wire types (api.md §4, §10.2).

import {
  bool,
  type Infer,
  int32,
  int64,
  list,
  map,
  message,
  optional,
  pointer,
  quantity,
  required,
  string,
  time,
} from './dsl.ts';
import { ObjectMeta } from './meta.ts';
import { Taint } from './selector.ts';

export const ConfigMapNodeConfigSource = message('core.v1.ConfigMapNodeConfigSource', '', {
  namespace: required(1, string),
  name: required(2, string),
  uid: optional(3, string),
  resourceVersion: optional(4, string),
  kubeletConfigKey: required(5, string),
});
export type ConfigMapNodeConfigSource = Infer<typeof ConfigMapNodeConfigSource>;

export const NodeConfigSource = message('core.v1.NodeConfigSource', '', {
  configMap: pointer(2, ConfigMapNodeConfigSource),
});
export type NodeConfigSource = Infer<typeof NodeConfigSource>;

export const NodeSpec = message('core.v1.NodeSpec', '', {
  podCIDR: optional(1, string),
  podCIDRs: optional(7, list(string), { merge: true, listType: 'set' }),
  providerID: optional(3, string),
  unschedulable: optional(4, bool),
  taints: optional(5, list(Taint)),
  configSource: pointer(6, NodeConfigSource),
  externalID: optional(2, string),
});
export type NodeSpec = Infer<typeof NodeSpec>;

export const NodeCondition = message('core.v1.NodeCondition', '', {
  type: required(1, string),
  status: required(2, string),
  lastHeartbeatTime: optional(3, time),
  lastTransitionTime: optional(4, time),
  reason: optional(5, string),
  message: optional(6, string),
});
export type NodeCondition = Infer<typeof NodeCondition>;

export const NodeAddress = message('core.v1.NodeAddress', '', {
  type: required(1, string),
  address: required(2, string),
});
export type NodeAddress = Infer<typeof NodeAddress>;

export const DaemonEndpoint = message('core.v1.DaemonEndpoint', '', {
  Port: required(1, int32),
});
export type DaemonEndpoint = Infer<typeof DaemonEndpoint>;

export const NodeDaemonEndpoints = message('core.v1.NodeDaemonEndpoints', '', {
  kubeletEndpoint: optional(1, DaemonEndpoint),
});
export type NodeDaemonEndpoints = Infer<typeof NodeDaemonEndpoints>;

export const NodeSystemInfo = message('core.v1.NodeSystemInfo', '', {
  machineID: required(1, string),
  systemUUID: required(2, string),
  bootID: required(3, string),
  kernelVersion: required(4, string),
  osImage: required(5, string),
  containerRuntimeVersion: required(6, string),
  kubeletVersion: required(7, string),
  kubeProxyVersion: required(8, string),
  operatingSystem: required(9, string),
  architecture: required(10, string),
});
export type NodeSystemInfo = Infer<typeof NodeSystemInfo>;

export const ContainerImage = message('core.v1.ContainerImage', '', {
  names: required(1, list(string)),
  sizeBytes: optional(2, int64),
});
export type ContainerImage = Infer<typeof ContainerImage>;

export const AttachedVolume = message('core.v1.AttachedVolume', '', {
  name: required(1, string),
  devicePath: required(2, string),
});
export type AttachedVolume = Infer<typeof AttachedVolume>;

export const NodeConfigStatus = message('core.v1.NodeConfigStatus', '', {
  assigned: pointer(1, NodeConfigSource),
  active: pointer(2, NodeConfigSource),
  lastKnownGood: pointer(3, NodeConfigSource),
  error: optional(4, string),
});
export type NodeConfigStatus = Infer<typeof NodeConfigStatus>;

export const NodeRuntimeHandlerFeatures = message('core.v1.NodeRuntimeHandlerFeatures', '', {
  recursiveReadOnlyMounts: pointer(1, bool),
  userNamespaces: pointer(2, bool),
});
export type NodeRuntimeHandlerFeatures = Infer<typeof NodeRuntimeHandlerFeatures>;

export const NodeRuntimeHandler = message('core.v1.NodeRuntimeHandler', '', {
  name: required(1, string),
  features: pointer(2, NodeRuntimeHandlerFeatures),
});
export type NodeRuntimeHandler = Infer<typeof NodeRuntimeHandler>;

export const NodeFeatures = message('core.v1.NodeFeatures', '', {
  supplementalGroupsPolicy: pointer(1, bool),
});
export type NodeFeatures = Infer<typeof NodeFeatures>;

export const NodeStatus = message('core.v1.NodeStatus', '', {
  capacity: optional(1, map(quantity)),
  allocatable: optional(2, map(quantity)),
  phase: optional(3, string),
  conditions: optional(4, list(NodeCondition), {
    merge: true,
    mergeKey: 'type',
    listType: 'map',
    listMapKeys: ['type'],
  }),
  addresses: optional(5, list(NodeAddress), { merge: true, mergeKey: 'type', listType: 'map', listMapKeys: ['type'] }),
  daemonEndpoints: optional(6, NodeDaemonEndpoints),
  nodeInfo: optional(7, NodeSystemInfo),
  images: optional(8, list(ContainerImage)),
  volumesInUse: optional(9, list(string)),
  volumesAttached: optional(10, list(AttachedVolume)),
  config: pointer(11, NodeConfigStatus),
  runtimeHandlers: optional(12, list(NodeRuntimeHandler)),
  features: pointer(13, NodeFeatures),
});
export type NodeStatus = Infer<typeof NodeStatus>;

export const Node = message('core.v1.Node', '', {
  apiVersion: optional(0, string),
  kind: optional(0, string),
  metadata: required(1, ObjectMeta),
  spec: required(2, NodeSpec),
  status: optional(3, NodeStatus),
});
export type Node = Infer<typeof Node>;
