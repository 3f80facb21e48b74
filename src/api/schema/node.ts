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
import { objectFields } from './meta.ts';
import { Taint } from './selector.ts';

export const ConfigMapNodeConfigSource = message('core.v1.ConfigMapNodeConfigSource', 'Not used any more.', {
  namespace: required(1, string, { doc: 'Not used any more.' }),
  name: required(2, string, { doc: 'Not used any more.' }),
  uid: optional(3, string, { doc: 'Not used any more.' }),
  resourceVersion: optional(4, string, { doc: 'Not used any more.' }),
  kubeletConfigKey: required(5, string, { doc: 'Not used any more.' }),
});
export type ConfigMapNodeConfigSource = Infer<typeof ConfigMapNodeConfigSource>;

export const NodeConfigSource = message('core.v1.NodeConfigSource', 'Not used any more.', {
  configMap: pointer(2, ConfigMapNodeConfigSource, { doc: 'Not used any more.' }),
});
export type NodeConfigSource = Infer<typeof NodeConfigSource>;

export const NodeSpec = message('core.v1.NodeSpec', 'What a node is to be.', {
  podCIDR: optional(1, string, { doc: 'Range from which its pods get their addresses.' }),
  podCIDRs: optional(7, list(string), {
    doc: 'All such ranges, at most one of each family.',
    merge: true,
    listType: 'set',
  }),
  providerID: optional(3, string, { doc: 'Identifier of the machine at its provider.' }),
  unschedulable: optional(4, bool, { doc: 'Whether new pods stay away, as kubectl cordon has it.' }),
  taints: optional(5, list(Taint), { doc: 'Taints that keep pods away.' }),
  configSource: pointer(6, NodeConfigSource, { doc: 'Not used any more.' }),
  externalID: optional(2, string, { doc: 'Not used any more.' }),
});
export type NodeSpec = Infer<typeof NodeSpec>;

export const NodeCondition = message('core.v1.NodeCondition', "One aspect of a node's state.", {
  type: required(1, string, { doc: 'Name of the aspect.' }),
  status: required(2, string, { doc: 'True, False or Unknown.' }),
  lastHeartbeatTime: optional(3, time, { doc: 'When the node last reported it.' }),
  lastTransitionTime: optional(4, time, { doc: 'When status last changed.' }),
  reason: optional(5, string, { doc: 'Why, in one word for programs.' }),
  message: optional(6, string, { doc: 'Why, for people.' }),
});
export type NodeCondition = Infer<typeof NodeCondition>;

export const NodeAddress = message('core.v1.NodeAddress', 'An address or name of a node.', {
  type: required(1, string, { doc: 'What it is: Hostname, InternalIP, ExternalIP, InternalDNS or ExternalDNS.' }),
  address: required(2, string, { doc: 'The address or name.' }),
});
export type NodeAddress = Infer<typeof NodeAddress>;

export const DaemonEndpoint = message('core.v1.DaemonEndpoint', 'Where a daemon listens.', {
  Port: required(1, int32, { doc: 'The port number.' }),
});
export type DaemonEndpoint = Infer<typeof DaemonEndpoint>;

export const NodeDaemonEndpoints = message('core.v1.NodeDaemonEndpoints', "Ports of a node's daemons.", {
  kubeletEndpoint: optional(1, DaemonEndpoint, { doc: 'Where its kubelet listens.' }),
});
export type NodeDaemonEndpoints = Infer<typeof NodeDaemonEndpoints>;

export const NodeSystemInfo = message('core.v1.NodeSystemInfo', 'The software of a node.', {
  machineID: required(1, string, { doc: 'Identifier of the installation.' }),
  systemUUID: required(2, string, { doc: 'Identifier of the machine.' }),
  bootID: required(3, string, { doc: 'Identifier of the current boot.' }),
  kernelVersion: required(4, string, { doc: 'Version of the kernel.' }),
  osImage: required(5, string, { doc: "Name of the operating system's release." }),
  containerRuntimeVersion: required(6, string, { doc: 'Name and version of the container runtime.' }),
  kubeletVersion: required(7, string, { doc: 'Version of the kubelet.' }),
  kubeProxyVersion: required(8, string, { doc: 'Version of the service proxy.' }),
  operatingSystem: required(9, string, { doc: 'Operating system, such as linux.' }),
  architecture: required(10, string, { doc: 'Architecture of the processor, such as amd64.' }),
});
export type NodeSystemInfo = Infer<typeof NodeSystemInfo>;

export const ContainerImage = message('core.v1.ContainerImage', 'An image that the node has.', {
  names: required(1, list(string), { doc: 'Its names.' }),
  sizeBytes: optional(2, int64, { doc: 'Its size.' }),
});
export type ContainerImage = Infer<typeof ContainerImage>;

export const AttachedVolume = message('core.v1.AttachedVolume', 'A volume that is attached to a node.', {
  name: required(1, string, { doc: 'Its name.' }),
  devicePath: required(2, string, { doc: 'Where the device is.' }),
});
export type AttachedVolume = Infer<typeof AttachedVolume>;

export const NodeConfigStatus = message('core.v1.NodeConfigStatus', 'Not used any more.', {
  assigned: pointer(1, NodeConfigSource, { doc: 'Not used any more.' }),
  active: pointer(2, NodeConfigSource, { doc: 'Not used any more.' }),
  lastKnownGood: pointer(3, NodeConfigSource, { doc: 'Not used any more.' }),
  error: optional(4, string, { doc: 'Not used any more.' }),
});
export type NodeConfigStatus = Infer<typeof NodeConfigStatus>;

export const NodeRuntimeHandlerFeatures = message(
  'core.v1.NodeRuntimeHandlerFeatures',
  'What a way to run containers can do.',
  {
    recursiveReadOnlyMounts: pointer(1, bool, { doc: 'Whether mounts can be read-only all the way down.' }),
    userNamespaces: pointer(2, bool, { doc: 'Whether pods can have users of their own.' }),
  },
);
export type NodeRuntimeHandlerFeatures = Infer<typeof NodeRuntimeHandlerFeatures>;

export const NodeRuntimeHandler = message('core.v1.NodeRuntimeHandler', 'A way to run containers.', {
  name: required(1, string, { doc: 'Its name; empty for the usual one.' }),
  features: pointer(2, NodeRuntimeHandlerFeatures, { doc: 'What it can do.' }),
});
export type NodeRuntimeHandler = Infer<typeof NodeRuntimeHandler>;

export const NodeFeatures = message('core.v1.NodeFeatures', "What a node's runtime can do.", {
  supplementalGroupsPolicy: pointer(1, bool, { doc: 'Whether supplementalGroupsPolicy is heeded.' }),
});
export type NodeFeatures = Infer<typeof NodeFeatures>;

export const NodeStatus = message('core.v1.NodeStatus', 'What a node is.', {
  capacity: optional(1, map(quantity), { doc: 'Resources it has.' }),
  allocatable: optional(2, map(quantity), { doc: 'Resources of these that pods can use.' }),
  phase: optional(3, string, { doc: 'Not used any more.' }),
  conditions: optional(4, list(NodeCondition), {
    doc: 'Aspects of its state, such as Ready.',
    merge: true,
    mergeKey: 'type',
    listType: 'map',
    listMapKeys: ['type'],
  }),
  addresses: optional(5, list(NodeAddress), {
    doc: 'Its addresses and names.',
    merge: true,
    mergeKey: 'type',
    listType: 'map',
    listMapKeys: ['type'],
  }),
  daemonEndpoints: optional(6, NodeDaemonEndpoints, { doc: 'Ports of its daemons.' }),
  nodeInfo: optional(7, NodeSystemInfo, { doc: 'Its software.' }),
  images: optional(8, list(ContainerImage), { doc: 'Images it has.' }),
  volumesInUse: optional(9, list(string), { doc: 'Volumes that are mounted or about to be.' }),
  volumesAttached: optional(10, list(AttachedVolume), { doc: 'Volumes that are attached.' }),
  config: pointer(11, NodeConfigStatus, { doc: 'Not used any more.' }),
  runtimeHandlers: optional(12, list(NodeRuntimeHandler), { doc: 'Ways to run containers that the node offers.' }),
  features: pointer(13, NodeFeatures, { doc: 'What its runtime can do.' }),
});
export type NodeStatus = Infer<typeof NodeStatus>;

export const Node = message('core.v1.Node', 'A machine that runs pods.', {
  ...objectFields,
  spec: required(2, NodeSpec, { doc: 'What the node is to be.' }),
  status: optional(3, NodeStatus, { doc: 'What it is.' }),
});
export type Node = Infer<typeof Node>;
