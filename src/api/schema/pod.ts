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
import { LabelSelector, ObjectMeta, objectFields } from './meta.ts';
import { LocalObjectReference, ObjectReference, Toleration } from './selector.ts';
import { Volume } from './volume.ts';

export const Sysctl = message('core.v1.Sysctl', 'A kernel parameter.', {
  name: required(1, string, { doc: 'Its name.' }),
  value: required(2, string, { doc: 'Its value.' }),
});
export type Sysctl = Infer<typeof Sysctl>;

export const PodSecurityContext = message('core.v1.PodSecurityContext', 'Security settings of a pod.', {
  seLinuxOptions: pointer(1, SELinuxOptions, { doc: 'SELinux context.' }),
  windowsOptions: pointer(8, WindowsSecurityContextOptions, { doc: 'Settings for Windows.' }),
  runAsUser: pointer(2, int64, { doc: "User id of the containers' processes." }),
  runAsGroup: pointer(6, int64, { doc: "Group id of the containers' processes." }),
  runAsNonRoot: pointer(3, bool, { doc: 'Whether to refuse to run as root.' }),
  supplementalGroups: optional(4, list(int64), { doc: 'Further group ids.' }),
  supplementalGroupsPolicy: pointer(12, string, { doc: "Merge (default) with the image's groups, or Strict." }),
  fsGroup: pointer(5, int64, { doc: 'Group that owns volumes.' }),
  sysctls: optional(7, list(Sysctl), { doc: "Kernel parameters of the pod's namespaces." }),
  fsGroupChangePolicy: pointer(9, string, {
    doc: 'When volumes are given to fsGroup: Always (default) or OnRootMismatch.',
  }),
  seccompProfile: pointer(10, SeccompProfile, { doc: 'Which system calls are allowed.' }),
  appArmorProfile: pointer(11, AppArmorProfile, { doc: 'AppArmor profile.' }),
  seLinuxChangePolicy: pointer(13, string, { doc: 'How volumes get their SELinux label: MountOption or Recursive.' }),
});
export type PodSecurityContext = Infer<typeof PodSecurityContext>;

export const HostAlias = message('core.v1.HostAlias', 'A line for /etc/hosts.', {
  ip: required(1, string, { doc: 'The address.' }),
  hostnames: optional(2, list(string), { doc: 'Names for it.' }),
});
export type HostAlias = Infer<typeof HostAlias>;

export const PodDNSConfigOption = message('core.v1.PodDNSConfigOption', 'An option of the resolver.', {
  name: optional(1, string, { doc: 'Name of the option, such as ndots.' }),
  value: pointer(2, string, { doc: 'Its value, if it takes one.' }),
});
export type PodDNSConfigOption = Infer<typeof PodDNSConfigOption>;

export const PodDNSConfig = message('core.v1.PodDNSConfig', 'DNS settings of a pod.', {
  nameservers: optional(1, list(string), { doc: 'Addresses of DNS servers.' }),
  searches: optional(2, list(string), { doc: 'Domains in which short names are looked up.' }),
  options: optional(3, list(PodDNSConfigOption), { doc: 'Options of the resolver.' }),
});
export type PodDNSConfig = Infer<typeof PodDNSConfig>;

export const PodReadinessGate = message('core.v1.PodReadinessGate', "A condition that counts for a pod's readiness.", {
  conditionType: required(1, string, { doc: 'Type of the condition.' }),
});
export type PodReadinessGate = Infer<typeof PodReadinessGate>;

export const TopologySpreadConstraint = message(
  'core.v1.TopologySpreadConstraint',
  'How pods are to be spread over zones or nodes.',
  {
    maxSkew: required(1, int32, { doc: 'By how many pods the fullest may exceed the emptiest.' }),
    topologyKey: required(2, string, { doc: 'Node label by whose values nodes are grouped.' }),
    whenUnsatisfiable: required(3, string, {
      doc: 'What to do when it cannot be kept: DoNotSchedule (default) or ScheduleAnyway.',
    }),
    labelSelector: pointer(4, LabelSelector, { doc: 'The pods that count.' }),
    minDomains: pointer(5, int32, { doc: 'Least number of groups to spread over.' }),
    nodeAffinityPolicy: pointer(6, string, {
      doc: "Whether only nodes of the pod's node affinity count: Honor (default) or Ignore.",
    }),
    nodeTaintsPolicy: pointer(7, string, {
      doc: 'Whether only nodes whose taints it tolerates count: Honor or Ignore (default).',
    }),
    matchLabelKeys: optional(8, list(string), { doc: 'Labels in which counted pods must be like this pod.' }),
  },
);
export type TopologySpreadConstraint = Infer<typeof TopologySpreadConstraint>;

export const PodOS = message('core.v1.PodOS', 'The operating system of a pod.', {
  name: required(1, string, { doc: 'linux or windows.' }),
});
export type PodOS = Infer<typeof PodOS>;

export const PodSchedulingGate = message(
  'core.v1.PodSchedulingGate',
  'Something that a pod waits for before it is scheduled.',
  {
    name: required(1, string, { doc: 'Its name.' }),
  },
);
export type PodSchedulingGate = Infer<typeof PodSchedulingGate>;

export const PodResourceClaim = message('core.v1.PodResourceClaim', 'Devices that a pod uses.', {
  name: required(1, string, { doc: 'Name by which containers refer to them.' }),
  resourceClaimName: pointer(3, string, { doc: 'Name of a ResourceClaim.' }),
  resourceClaimTemplateName: pointer(4, string, {
    doc: 'Name of a template, of which the pod gets a claim of its own.',
  }),
});
export type PodResourceClaim = Infer<typeof PodResourceClaim>;

export const PodSpec = message('core.v1.PodSpec', 'What is to run in a pod, and how.', {
  volumes: optional(1, list(Volume), {
    doc: 'Volumes that the containers can mount.',
    merge: true,
    mergeKey: 'name',
    retainKeys: true,
    listType: 'map',
    listMapKeys: ['name'],
  }),
  initContainers: optional(20, list(Container), {
    doc: 'Containers that run before the others, one after the other, each to its end. With restartPolicy Always one goes on running beside the others.',
    merge: true,
    mergeKey: 'name',
    listType: 'map',
    listMapKeys: ['name'],
  }),
  containers: required(2, list(Container), {
    doc: 'The containers, at least one.',
    merge: true,
    mergeKey: 'name',
    listType: 'map',
    listMapKeys: ['name'],
  }),
  ephemeralContainers: optional(34, list(EphemeralContainer), {
    doc: 'Containers added to the running pod for debugging.',
    merge: true,
    mergeKey: 'name',
    listType: 'map',
    listMapKeys: ['name'],
  }),
  restartPolicy: optional(3, string, {
    doc: 'What happens when a container ends: Always (default) starts it again, OnFailure only after a failure, Never does not.',
  }),
  terminationGracePeriodSeconds: pointer(4, int64, {
    doc: 'Seconds between asking the containers to end and killing them. Default 30.',
  }),
  activeDeadlineSeconds: pointer(5, int64, { doc: 'Seconds after which the pod is ended and counts as failed.' }),
  dnsPolicy: optional(6, string, {
    doc: 'Where names are looked up: ClusterFirst (default) in the cluster, Default as the node does, ClusterFirstWithHostNet, or None for dnsConfig alone.',
  }),
  nodeSelector: optional(7, map(string), { doc: 'Labels that the node must have.', mapType: 'atomic' }),
  serviceAccountName: optional(8, string, { doc: 'Service account the pod runs as.' }),
  serviceAccount: optional(9, string, { doc: 'Old name of serviceAccountName.' }),
  automountServiceAccountToken: pointer(21, bool, {
    doc: 'Whether the containers get a token of the service account.',
  }),
  nodeName: optional(10, string, { doc: 'Node it runs on. Set by the scheduler, or by hand to go past it.' }),
  hostNetwork: optional(11, bool, { doc: "Whether it uses the node's network instead of one of its own." }),
  hostPID: optional(12, bool, { doc: "Whether it sees the node's processes." }),
  hostIPC: optional(13, bool, { doc: "Whether it shares the node's IPC." }),
  shareProcessNamespace: pointer(27, bool, { doc: "Whether its containers see each other's processes." }),
  securityContext: pointer(14, PodSecurityContext, {
    doc: 'Security settings of the pod, and defaults for its containers.',
  }),
  imagePullSecrets: optional(15, list(LocalObjectReference), {
    doc: 'Secrets with which its images are pulled.',
    merge: true,
    mergeKey: 'name',
    listType: 'map',
    listMapKeys: ['name'],
  }),
  hostname: optional(16, string, { doc: "Host name; the pod's name when empty." }),
  subdomain: optional(17, string, {
    doc: 'Makes the fully qualified name HOSTNAME.SUBDOMAIN.NAMESPACE.svc.DOMAIN, when a headless service has this name.',
  }),
  affinity: pointer(18, Affinity, { doc: 'Rules on which nodes to choose.' }),
  schedulerName: optional(19, string, { doc: 'Scheduler that chooses the node. Default "default-scheduler".' }),
  tolerations: optional(22, list(Toleration), { doc: 'Taints of nodes that do not keep the pod away.' }),
  hostAliases: optional(23, list(HostAlias), {
    doc: 'Further lines for /etc/hosts.',
    merge: true,
    mergeKey: 'ip',
    listType: 'map',
    listMapKeys: ['ip'],
  }),
  priorityClassName: optional(24, string, { doc: 'Class that gives the pod its priority.' }),
  priority: pointer(25, int32, { doc: 'How important it is; higher is more.' }),
  dnsConfig: pointer(26, PodDNSConfig, { doc: 'Further DNS settings, added to those of dnsPolicy.' }),
  readinessGates: optional(28, list(PodReadinessGate), {
    doc: 'Conditions, set by others, that must be true as well for the pod to be ready.',
  }),
  runtimeClassName: pointer(29, string, { doc: 'How its containers are run; the default when empty.' }),
  enableServiceLinks: pointer(30, bool, {
    doc: 'Whether containers get environment variables for the services of the namespace. Default true.',
  }),
  preemptionPolicy: pointer(31, string, {
    doc: 'Whether it may displace pods of lower priority: PreemptLowerPriority (default) or Never.',
  }),
  overhead: optional(32, map(quantity), { doc: 'Resources the pod needs beside those of its containers.' }),
  topologySpreadConstraints: optional(33, list(TopologySpreadConstraint), {
    doc: 'How its like are to be spread over zones or nodes.',
    merge: true,
    mergeKey: 'topologyKey',
    listType: 'map',
    listMapKeys: ['topologyKey', 'whenUnsatisfiable'],
  }),
  setHostnameAsFQDN: pointer(35, bool, { doc: 'Whether the host name is the fully qualified one.' }),
  os: pointer(36, PodOS, { doc: 'Operating system of its containers.' }),
  hostUsers: pointer(37, bool, { doc: "Whether it uses the node's user ids. Default true." }),
  schedulingGates: optional(38, list(PodSchedulingGate), {
    doc: 'Reasons not to schedule it yet.',
    merge: true,
    mergeKey: 'name',
    listType: 'map',
    listMapKeys: ['name'],
  }),
  resourceClaims: optional(39, list(PodResourceClaim), {
    doc: 'Claims for devices.',
    merge: true,
    mergeKey: 'name',
    retainKeys: true,
    listType: 'map',
    listMapKeys: ['name'],
  }),
  resources: pointer(40, ResourceRequirements, { doc: 'Resources of the pod as a whole.' }),
});
export type PodSpec = Infer<typeof PodSpec>;

export const PodCondition = message('core.v1.PodCondition', "One aspect of a pod's state.", {
  type: required(1, string, { doc: 'Name of the aspect.' }),
  status: required(2, string, { doc: 'True, False or Unknown.' }),
  lastProbeTime: optional(3, time, { doc: 'When it was last looked at.' }),
  lastTransitionTime: optional(4, time, { doc: 'When status last changed.' }),
  reason: optional(5, string, { doc: 'Why, in one word for programs.' }),
  message: optional(6, string, { doc: 'Why, for people.' }),
});
export type PodCondition = Infer<typeof PodCondition>;

export const HostIP = message('core.v1.HostIP', 'An address of a node.', {
  ip: required(1, string, { doc: 'The address.' }),
});
export type HostIP = Infer<typeof HostIP>;

export const PodIP = message('core.v1.PodIP', 'An address of a pod.', {
  ip: required(1, string, { doc: 'The address.' }),
});
export type PodIP = Infer<typeof PodIP>;

export const ContainerStateWaiting = message('core.v1.ContainerStateWaiting', 'A container that is not running yet.', {
  reason: optional(1, string, { doc: 'Why, in one word for programs.' }),
  message: optional(2, string, { doc: 'Why, for people.' }),
});
export type ContainerStateWaiting = Infer<typeof ContainerStateWaiting>;

export const ContainerStateRunning = message('core.v1.ContainerStateRunning', 'A container that is running.', {
  startedAt: optional(1, time, { doc: 'Since when.' }),
});
export type ContainerStateRunning = Infer<typeof ContainerStateRunning>;

export const ContainerStateTerminated = message('core.v1.ContainerStateTerminated', 'A container that has ended.', {
  exitCode: required(1, int32, { doc: 'Its exit code.' }),
  signal: optional(2, int32, { doc: 'Signal that ended it.' }),
  reason: optional(3, string, { doc: 'Why, in one word for programs.' }),
  message: optional(4, string, { doc: 'Why, for people.' }),
  startedAt: optional(5, time, { doc: 'When it had started.' }),
  finishedAt: optional(6, time, { doc: 'When it ended.' }),
  containerID: optional(7, string, { doc: 'Identifier at the runtime.' }),
});
export type ContainerStateTerminated = Infer<typeof ContainerStateTerminated>;

export const ContainerState = message('core.v1.ContainerState', 'What a container is doing: one of these.', {
  waiting: pointer(1, ContainerStateWaiting, { doc: 'It is not running yet.' }),
  running: pointer(2, ContainerStateRunning, { doc: 'It is running.' }),
  terminated: pointer(3, ContainerStateTerminated, { doc: 'It has ended.' }),
});
export type ContainerState = Infer<typeof ContainerState>;

export const VolumeMountStatus = message('core.v1.VolumeMountStatus', 'How a volume is mounted.', {
  name: required(1, string, { doc: 'Name of the volume.' }),
  mountPath: required(2, string, { doc: 'Where it is mounted.' }),
  readOnly: optional(3, bool, { doc: 'Whether it is mounted read-only.' }),
  recursiveReadOnly: pointer(4, string, { doc: 'Whether mounts below are read-only too.' }),
});
export type VolumeMountStatus = Infer<typeof VolumeMountStatus>;

export const LinuxContainerUser = message('core.v1.LinuxContainerUser', 'As whom a container runs on Linux.', {
  uid: required(1, int64, { doc: 'User id.' }),
  gid: required(2, int64, { doc: 'Group id.' }),
  supplementalGroups: optional(3, list(int64), { doc: 'Ids of further groups.' }),
});
export type LinuxContainerUser = Infer<typeof LinuxContainerUser>;

export const ContainerUser = message('core.v1.ContainerUser', 'As whom a container runs.', {
  linux: pointer(1, LinuxContainerUser, { doc: 'On Linux.' }),
});
export type ContainerUser = Infer<typeof ContainerUser>;

export const ResourceHealth = message('core.v1.ResourceHealth', 'How a device is.', {
  resourceID: required(1, string, { doc: 'Its id.' }),
  health: optional(2, string, { doc: 'Healthy, Unhealthy or Unknown.' }),
});
export type ResourceHealth = Infer<typeof ResourceHealth>;

export const ResourceStatus = message('core.v1.ResourceStatus', 'How the devices of a resource are.', {
  name: required(1, string, { doc: 'Name of the resource.' }),
  resources: optional(2, list(ResourceHealth), { doc: 'The devices.', listType: 'map', listMapKeys: ['resourceID'] }),
});
export type ResourceStatus = Infer<typeof ResourceStatus>;

export const ContainerStatus = message('core.v1.ContainerStatus', 'What became of a container.', {
  name: required(1, string, { doc: 'Name of the container.' }),
  state: optional(2, ContainerState, { doc: 'What it is doing.' }),
  lastState: optional(3, ContainerState, { doc: 'How it ended the last time.' }),
  ready: required(4, bool, { doc: 'Whether it is ready for traffic.' }),
  restartCount: required(5, int32, { doc: 'How often it was started again.' }),
  image: required(6, string, { doc: 'Image it runs.' }),
  imageID: required(7, string, { doc: 'Exact image it runs.' }),
  containerID: optional(8, string, { doc: 'Identifier at the runtime, as TYPE://ID.' }),
  started: pointer(9, bool, { doc: 'Whether its startup probe has succeeded.' }),
  allocatedResources: optional(10, map(quantity), { doc: 'Amounts that the node has set aside.' }),
  resources: pointer(11, ResourceRequirements, { doc: 'Amounts that it runs with.' }),
  volumeMounts: optional(12, list(VolumeMountStatus), {
    doc: 'How its volumes are mounted.',
    merge: true,
    mergeKey: 'mountPath',
    listType: 'map',
    listMapKeys: ['mountPath'],
  }),
  user: pointer(13, ContainerUser, { doc: 'As whom it runs.' }),
  allocatedResourcesStatus: optional(14, list(ResourceStatus), {
    doc: 'How its devices are.',
    merge: true,
    mergeKey: 'name',
    listType: 'map',
    listMapKeys: ['name'],
  }),
});
export type ContainerStatus = Infer<typeof ContainerStatus>;

export const PodResourceClaimStatus = message(
  'core.v1.PodResourceClaimStatus',
  'The claim that a pod got for its devices.',
  {
    name: required(1, string, { doc: "Name of one of the pod's resourceClaims." }),
    resourceClaimName: pointer(2, string, { doc: 'Name of the ResourceClaim.' }),
  },
);
export type PodResourceClaimStatus = Infer<typeof PodResourceClaimStatus>;

export const PodStatus = message('core.v1.PodStatus', 'What became of a pod.', {
  phase: optional(1, string, { doc: 'Where it is in its life: Pending, Running, Succeeded, Failed or Unknown.' }),
  conditions: optional(2, list(PodCondition), {
    doc: 'Aspects of its state, such as PodScheduled, Initialized, ContainersReady and Ready.',
    merge: true,
    mergeKey: 'type',
    listType: 'map',
    listMapKeys: ['type'],
  }),
  message: optional(3, string, { doc: 'Why it is in this state, for people.' }),
  reason: optional(4, string, { doc: 'Why it is in this state, in one word for programs.' }),
  nominatedNodeName: optional(11, string, { doc: 'Node on which room is being made for it.' }),
  hostIP: optional(5, string, { doc: 'Address of its node.' }),
  hostIPs: optional(16, list(HostIP), { doc: 'All addresses of its node.', merge: true, mergeKey: 'ip' }),
  podIP: optional(6, string, { doc: 'Its address.' }),
  podIPs: optional(12, list(PodIP), {
    doc: 'All its addresses, at most one of each family.',
    merge: true,
    mergeKey: 'ip',
    listType: 'map',
    listMapKeys: ['ip'],
  }),
  startTime: pointer(7, time, { doc: 'When the node took it on.' }),
  initContainerStatuses: optional(10, list(ContainerStatus), { doc: 'What became of the init containers.' }),
  containerStatuses: optional(8, list(ContainerStatus), { doc: 'What became of the containers.' }),
  qosClass: optional(9, string, { doc: 'Guaranteed, Burstable or BestEffort, by its requests and limits.' }),
  ephemeralContainerStatuses: optional(13, list(ContainerStatus), { doc: 'What became of the ephemeral containers.' }),
  resize: optional(14, string, { doc: 'How a change of its resources goes on.' }),
  resourceClaimStatuses: optional(15, list(PodResourceClaimStatus), {
    doc: 'What became of its resource claims.',
    merge: true,
    mergeKey: 'name',
    retainKeys: true,
    listType: 'map',
    listMapKeys: ['name'],
  }),
});
export type PodStatus = Infer<typeof PodStatus>;

export const Pod = message(
  'core.v1.Pod',
  'Containers that run together on one node and share its network address and volumes.',
  {
    ...objectFields,
    spec: required(2, PodSpec, { doc: 'What is to run, and how.' }),
    status: optional(3, PodStatus, { doc: 'What became of it.' }),
  },
);
export type Pod = Infer<typeof Pod>;

export const Binding = message('core.v1.Binding', 'Assigns a pod to a node.', {
  ...objectFields,
  target: required(2, ObjectReference, { doc: 'The node.' }),
});
export type Binding = Infer<typeof Binding>;

export const PodTemplateSpec = message('core.v1.PodTemplateSpec', 'What pods are made from.', {
  metadata: optional(1, ObjectMeta, { doc: 'Labels and annotations of the pods.' }),
  spec: optional(2, PodSpec, { doc: 'What is to run in them.' }),
});
export type PodTemplateSpec = Infer<typeof PodTemplateSpec>;
