// pod: wire types (api.md §4, §10.2).

import { Affinity } from './affinity.ts';
import {
  AppArmorProfile,
  Container,
  EphemeralContainer,
  ResourceRequirements,
  SELinuxOptions,
  SeccompProfile,
  WindowsSecurityContextOptions,
} from './container.ts';
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
import { LabelSelector, ObjectMeta } from './meta.ts';
import { LocalObjectReference, ObjectReference, Toleration } from './selector.ts';
import { Volume } from './volume.ts';

export const Sysctl = message('core.v1.Sysctl', '', {
  name: required(1, string),
  value: required(2, string),
});
export type Sysctl = Infer<typeof Sysctl>;

export const PodSecurityContext = message('core.v1.PodSecurityContext', '', {
  seLinuxOptions: pointer(1, SELinuxOptions),
  windowsOptions: pointer(8, WindowsSecurityContextOptions),
  runAsUser: pointer(2, int64),
  runAsGroup: pointer(6, int64),
  runAsNonRoot: pointer(3, bool),
  supplementalGroups: optional(4, list(int64)),
  supplementalGroupsPolicy: pointer(12, string),
  fsGroup: pointer(5, int64),
  sysctls: optional(7, list(Sysctl)),
  fsGroupChangePolicy: pointer(9, string),
  seccompProfile: pointer(10, SeccompProfile),
  appArmorProfile: pointer(11, AppArmorProfile),
  seLinuxChangePolicy: pointer(13, string),
});
export type PodSecurityContext = Infer<typeof PodSecurityContext>;

export const HostAlias = message('core.v1.HostAlias', '', {
  ip: required(1, string),
  hostnames: optional(2, list(string)),
});
export type HostAlias = Infer<typeof HostAlias>;

export const PodDNSConfigOption = message('core.v1.PodDNSConfigOption', '', {
  name: optional(1, string),
  value: pointer(2, string),
});
export type PodDNSConfigOption = Infer<typeof PodDNSConfigOption>;

export const PodDNSConfig = message('core.v1.PodDNSConfig', '', {
  nameservers: optional(1, list(string)),
  searches: optional(2, list(string)),
  options: optional(3, list(PodDNSConfigOption)),
});
export type PodDNSConfig = Infer<typeof PodDNSConfig>;

export const PodReadinessGate = message('core.v1.PodReadinessGate', '', {
  conditionType: required(1, string),
});
export type PodReadinessGate = Infer<typeof PodReadinessGate>;

export const TopologySpreadConstraint = message('core.v1.TopologySpreadConstraint', '', {
  maxSkew: required(1, int32),
  topologyKey: required(2, string),
  whenUnsatisfiable: required(3, string),
  labelSelector: pointer(4, LabelSelector),
  minDomains: pointer(5, int32),
  nodeAffinityPolicy: pointer(6, string),
  nodeTaintsPolicy: pointer(7, string),
  matchLabelKeys: optional(8, list(string)),
});
export type TopologySpreadConstraint = Infer<typeof TopologySpreadConstraint>;

export const PodOS = message('core.v1.PodOS', '', {
  name: required(1, string),
});
export type PodOS = Infer<typeof PodOS>;

export const PodSchedulingGate = message('core.v1.PodSchedulingGate', '', {
  name: required(1, string),
});
export type PodSchedulingGate = Infer<typeof PodSchedulingGate>;

export const PodResourceClaim = message('core.v1.PodResourceClaim', '', {
  name: required(1, string),
  resourceClaimName: pointer(3, string),
  resourceClaimTemplateName: pointer(4, string),
});
export type PodResourceClaim = Infer<typeof PodResourceClaim>;

export const PodSpec = message('core.v1.PodSpec', '', {
  volumes: optional(1, list(Volume), {
    merge: true,
    mergeKey: 'name',
    retainKeys: true,
    listType: 'map',
    listMapKeys: ['name'],
  }),
  initContainers: optional(20, list(Container), {
    merge: true,
    mergeKey: 'name',
    listType: 'map',
    listMapKeys: ['name'],
  }),
  containers: required(2, list(Container), { merge: true, mergeKey: 'name', listType: 'map', listMapKeys: ['name'] }),
  ephemeralContainers: optional(34, list(EphemeralContainer), {
    merge: true,
    mergeKey: 'name',
    listType: 'map',
    listMapKeys: ['name'],
  }),
  restartPolicy: optional(3, string),
  terminationGracePeriodSeconds: pointer(4, int64),
  activeDeadlineSeconds: pointer(5, int64),
  dnsPolicy: optional(6, string),
  nodeSelector: optional(7, map(string), { mapType: 'atomic' }),
  serviceAccountName: optional(8, string),
  serviceAccount: optional(9, string),
  automountServiceAccountToken: pointer(21, bool),
  nodeName: optional(10, string),
  hostNetwork: optional(11, bool),
  hostPID: optional(12, bool),
  hostIPC: optional(13, bool),
  shareProcessNamespace: pointer(27, bool),
  securityContext: pointer(14, PodSecurityContext),
  imagePullSecrets: optional(15, list(LocalObjectReference), {
    merge: true,
    mergeKey: 'name',
    listType: 'map',
    listMapKeys: ['name'],
  }),
  hostname: optional(16, string),
  subdomain: optional(17, string),
  affinity: pointer(18, Affinity),
  schedulerName: optional(19, string),
  tolerations: optional(22, list(Toleration)),
  hostAliases: optional(23, list(HostAlias), { merge: true, mergeKey: 'ip', listType: 'map', listMapKeys: ['ip'] }),
  priorityClassName: optional(24, string),
  priority: pointer(25, int32),
  dnsConfig: pointer(26, PodDNSConfig),
  readinessGates: optional(28, list(PodReadinessGate)),
  runtimeClassName: pointer(29, string),
  enableServiceLinks: pointer(30, bool),
  preemptionPolicy: pointer(31, string),
  overhead: optional(32, map(quantity)),
  topologySpreadConstraints: optional(33, list(TopologySpreadConstraint), {
    merge: true,
    mergeKey: 'topologyKey',
    listType: 'map',
    listMapKeys: ['topologyKey', 'whenUnsatisfiable'],
  }),
  setHostnameAsFQDN: pointer(35, bool),
  os: pointer(36, PodOS),
  hostUsers: pointer(37, bool),
  schedulingGates: optional(38, list(PodSchedulingGate), {
    merge: true,
    mergeKey: 'name',
    listType: 'map',
    listMapKeys: ['name'],
  }),
  resourceClaims: optional(39, list(PodResourceClaim), {
    merge: true,
    mergeKey: 'name',
    retainKeys: true,
    listType: 'map',
    listMapKeys: ['name'],
  }),
  resources: pointer(40, ResourceRequirements),
});
export type PodSpec = Infer<typeof PodSpec>;

export const PodCondition = message('core.v1.PodCondition', '', {
  type: required(1, string),
  status: required(2, string),
  lastProbeTime: optional(3, time),
  lastTransitionTime: optional(4, time),
  reason: optional(5, string),
  message: optional(6, string),
});
export type PodCondition = Infer<typeof PodCondition>;

export const HostIP = message('core.v1.HostIP', '', {
  ip: required(1, string),
});
export type HostIP = Infer<typeof HostIP>;

export const PodIP = message('core.v1.PodIP', '', {
  ip: required(1, string),
});
export type PodIP = Infer<typeof PodIP>;

export const ContainerStateWaiting = message('core.v1.ContainerStateWaiting', '', {
  reason: optional(1, string),
  message: optional(2, string),
});
export type ContainerStateWaiting = Infer<typeof ContainerStateWaiting>;

export const ContainerStateRunning = message('core.v1.ContainerStateRunning', '', {
  startedAt: optional(1, time),
});
export type ContainerStateRunning = Infer<typeof ContainerStateRunning>;

export const ContainerStateTerminated = message('core.v1.ContainerStateTerminated', '', {
  exitCode: required(1, int32),
  signal: optional(2, int32),
  reason: optional(3, string),
  message: optional(4, string),
  startedAt: optional(5, time),
  finishedAt: optional(6, time),
  containerID: optional(7, string),
});
export type ContainerStateTerminated = Infer<typeof ContainerStateTerminated>;

export const ContainerState = message('core.v1.ContainerState', '', {
  waiting: pointer(1, ContainerStateWaiting),
  running: pointer(2, ContainerStateRunning),
  terminated: pointer(3, ContainerStateTerminated),
});
export type ContainerState = Infer<typeof ContainerState>;

export const VolumeMountStatus = message('core.v1.VolumeMountStatus', '', {
  name: required(1, string),
  mountPath: required(2, string),
  readOnly: optional(3, bool),
  recursiveReadOnly: pointer(4, string),
});
export type VolumeMountStatus = Infer<typeof VolumeMountStatus>;

export const LinuxContainerUser = message('core.v1.LinuxContainerUser', '', {
  uid: required(1, int64),
  gid: required(2, int64),
  supplementalGroups: optional(3, list(int64)),
});
export type LinuxContainerUser = Infer<typeof LinuxContainerUser>;

export const ContainerUser = message('core.v1.ContainerUser', '', {
  linux: pointer(1, LinuxContainerUser),
});
export type ContainerUser = Infer<typeof ContainerUser>;

export const ResourceHealth = message('core.v1.ResourceHealth', '', {
  resourceID: required(1, string),
  health: optional(2, string),
});
export type ResourceHealth = Infer<typeof ResourceHealth>;

export const ResourceStatus = message('core.v1.ResourceStatus', '', {
  name: required(1, string),
  resources: optional(2, list(ResourceHealth), { listType: 'map', listMapKeys: ['resourceID'] }),
});
export type ResourceStatus = Infer<typeof ResourceStatus>;

export const ContainerStatus = message('core.v1.ContainerStatus', '', {
  name: required(1, string),
  state: optional(2, ContainerState),
  lastState: optional(3, ContainerState),
  ready: required(4, bool),
  restartCount: required(5, int32),
  image: required(6, string),
  imageID: required(7, string),
  containerID: optional(8, string),
  started: pointer(9, bool),
  allocatedResources: optional(10, map(quantity)),
  resources: pointer(11, ResourceRequirements),
  volumeMounts: optional(12, list(VolumeMountStatus), {
    merge: true,
    mergeKey: 'mountPath',
    listType: 'map',
    listMapKeys: ['mountPath'],
  }),
  user: pointer(13, ContainerUser),
  allocatedResourcesStatus: optional(14, list(ResourceStatus), {
    merge: true,
    mergeKey: 'name',
    listType: 'map',
    listMapKeys: ['name'],
  }),
});
export type ContainerStatus = Infer<typeof ContainerStatus>;

export const PodResourceClaimStatus = message('core.v1.PodResourceClaimStatus', '', {
  name: required(1, string),
  resourceClaimName: pointer(2, string),
});
export type PodResourceClaimStatus = Infer<typeof PodResourceClaimStatus>;

export const PodStatus = message('core.v1.PodStatus', '', {
  phase: optional(1, string),
  conditions: optional(2, list(PodCondition), {
    merge: true,
    mergeKey: 'type',
    listType: 'map',
    listMapKeys: ['type'],
  }),
  message: optional(3, string),
  reason: optional(4, string),
  nominatedNodeName: optional(11, string),
  hostIP: optional(5, string),
  hostIPs: optional(16, list(HostIP), { merge: true, mergeKey: 'ip' }),
  podIP: optional(6, string),
  podIPs: optional(12, list(PodIP), { merge: true, mergeKey: 'ip', listType: 'map', listMapKeys: ['ip'] }),
  startTime: pointer(7, time),
  initContainerStatuses: optional(10, list(ContainerStatus)),
  containerStatuses: optional(8, list(ContainerStatus)),
  qosClass: optional(9, string),
  ephemeralContainerStatuses: optional(13, list(ContainerStatus)),
  resize: optional(14, string),
  resourceClaimStatuses: optional(15, list(PodResourceClaimStatus), {
    merge: true,
    mergeKey: 'name',
    retainKeys: true,
    listType: 'map',
    listMapKeys: ['name'],
  }),
});
export type PodStatus = Infer<typeof PodStatus>;

export const Pod = message('core.v1.Pod', '', {
  apiVersion: optional(0, string),
  kind: optional(0, string),
  metadata: required(1, ObjectMeta),
  spec: required(2, PodSpec),
  status: optional(3, PodStatus),
});
export type Pod = Infer<typeof Pod>;

export const Binding = message('core.v1.Binding', '', {
  apiVersion: optional(0, string),
  kind: optional(0, string),
  metadata: required(1, ObjectMeta),
  target: required(2, ObjectReference),
});
export type Binding = Infer<typeof Binding>;

export const PodTemplateSpec = message('core.v1.PodTemplateSpec', '', {
  metadata: optional(1, ObjectMeta),
  spec: optional(2, PodSpec),
});
export type PodTemplateSpec = Infer<typeof PodTemplateSpec>;
