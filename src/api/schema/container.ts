// container: wire types (api.md §4, §10.2).

import {
  bool,
  type Infer,
  inline,
  int32,
  int64,
  intOrString,
  list,
  map,
  message,
  optional,
  pointer,
  quantity,
  required,
  string,
} from './dsl.ts';
import {
  ConfigMapKeySelector,
  LocalObjectReference,
  ObjectFieldSelector,
  ResourceFieldSelector,
  SecretKeySelector,
} from './selector.ts';

export const ContainerPort = message('core.v1.ContainerPort', '', {
  name: optional(1, string),
  hostPort: optional(2, int32),
  containerPort: required(3, int32),
  protocol: optional(4, string),
  hostIP: optional(5, string),
});
export type ContainerPort = Infer<typeof ContainerPort>;

export const ConfigMapEnvSource = message(
  'core.v1.ConfigMapEnvSource',
  '',
  {
    optional: pointer(2, bool),
  },
  [inline(1, LocalObjectReference)],
);
export type ConfigMapEnvSource = Infer<typeof ConfigMapEnvSource>;

export const SecretEnvSource = message(
  'core.v1.SecretEnvSource',
  '',
  {
    optional: pointer(2, bool),
  },
  [inline(1, LocalObjectReference)],
);
export type SecretEnvSource = Infer<typeof SecretEnvSource>;

export const EnvFromSource = message('core.v1.EnvFromSource', '', {
  prefix: optional(1, string),
  configMapRef: pointer(2, ConfigMapEnvSource),
  secretRef: pointer(3, SecretEnvSource),
});
export type EnvFromSource = Infer<typeof EnvFromSource>;

export const EnvVarSource = message('core.v1.EnvVarSource', '', {
  fieldRef: pointer(1, ObjectFieldSelector),
  resourceFieldRef: pointer(2, ResourceFieldSelector),
  configMapKeyRef: pointer(3, ConfigMapKeySelector),
  secretKeyRef: pointer(4, SecretKeySelector),
});
export type EnvVarSource = Infer<typeof EnvVarSource>;

export const EnvVar = message('core.v1.EnvVar', '', {
  name: required(1, string),
  value: optional(2, string),
  valueFrom: pointer(3, EnvVarSource),
});
export type EnvVar = Infer<typeof EnvVar>;

export const ResourceClaim = message('core.v1.ResourceClaim', '', {
  name: required(1, string),
  request: optional(2, string),
});
export type ResourceClaim = Infer<typeof ResourceClaim>;

export const ResourceRequirements = message('core.v1.ResourceRequirements', '', {
  limits: optional(1, map(quantity)),
  requests: optional(2, map(quantity)),
  claims: optional(3, list(ResourceClaim), { listType: 'map', listMapKeys: ['name'] }),
});
export type ResourceRequirements = Infer<typeof ResourceRequirements>;

export const ContainerResizePolicy = message('core.v1.ContainerResizePolicy', '', {
  resourceName: required(1, string),
  restartPolicy: required(2, string),
});
export type ContainerResizePolicy = Infer<typeof ContainerResizePolicy>;

export const VolumeMount = message('core.v1.VolumeMount', '', {
  name: required(1, string),
  readOnly: optional(2, bool),
  recursiveReadOnly: pointer(7, string),
  mountPath: required(3, string),
  subPath: optional(4, string),
  mountPropagation: pointer(5, string),
  subPathExpr: optional(6, string),
});
export type VolumeMount = Infer<typeof VolumeMount>;

export const VolumeDevice = message('core.v1.VolumeDevice', '', {
  name: required(1, string),
  devicePath: required(2, string),
});
export type VolumeDevice = Infer<typeof VolumeDevice>;

export const ExecAction = message('core.v1.ExecAction', '', {
  command: optional(1, list(string)),
});
export type ExecAction = Infer<typeof ExecAction>;

export const HTTPHeader = message('core.v1.HTTPHeader', '', {
  name: required(1, string),
  value: required(2, string),
});
export type HTTPHeader = Infer<typeof HTTPHeader>;

export const HTTPGetAction = message('core.v1.HTTPGetAction', '', {
  path: optional(1, string),
  port: required(2, intOrString),
  host: optional(3, string),
  scheme: optional(4, string),
  httpHeaders: optional(5, list(HTTPHeader)),
});
export type HTTPGetAction = Infer<typeof HTTPGetAction>;

export const TCPSocketAction = message('core.v1.TCPSocketAction', '', {
  port: required(1, intOrString),
  host: optional(2, string),
});
export type TCPSocketAction = Infer<typeof TCPSocketAction>;

export const GRPCAction = message('core.v1.GRPCAction', '', {
  port: required(1, int32),
  service: pointer(2, string),
});
export type GRPCAction = Infer<typeof GRPCAction>;

export const ProbeHandler = message('core.v1.ProbeHandler', '', {
  exec: pointer(1, ExecAction),
  httpGet: pointer(2, HTTPGetAction),
  tcpSocket: pointer(3, TCPSocketAction),
  grpc: pointer(4, GRPCAction),
});
export type ProbeHandler = Infer<typeof ProbeHandler>;

export const Probe = message(
  'core.v1.Probe',
  '',
  {
    initialDelaySeconds: optional(2, int32),
    timeoutSeconds: optional(3, int32),
    periodSeconds: optional(4, int32),
    successThreshold: optional(5, int32),
    failureThreshold: optional(6, int32),
    terminationGracePeriodSeconds: pointer(7, int64),
  },
  [inline(1, ProbeHandler)],
);
export type Probe = Infer<typeof Probe>;

export const SleepAction = message('core.v1.SleepAction', '', {
  seconds: required(1, int64),
});
export type SleepAction = Infer<typeof SleepAction>;

export const LifecycleHandler = message('core.v1.LifecycleHandler', '', {
  exec: pointer(1, ExecAction),
  httpGet: pointer(2, HTTPGetAction),
  tcpSocket: pointer(3, TCPSocketAction),
  sleep: pointer(4, SleepAction),
});
export type LifecycleHandler = Infer<typeof LifecycleHandler>;

export const Lifecycle = message('core.v1.Lifecycle', '', {
  postStart: pointer(1, LifecycleHandler),
  preStop: pointer(2, LifecycleHandler),
});
export type Lifecycle = Infer<typeof Lifecycle>;

export const Capabilities = message('core.v1.Capabilities', '', {
  add: optional(1, list(string)),
  drop: optional(2, list(string)),
});
export type Capabilities = Infer<typeof Capabilities>;

export const SELinuxOptions = message('core.v1.SELinuxOptions', '', {
  user: optional(1, string),
  role: optional(2, string),
  type: optional(3, string),
  level: optional(4, string),
});
export type SELinuxOptions = Infer<typeof SELinuxOptions>;

export const WindowsSecurityContextOptions = message('core.v1.WindowsSecurityContextOptions', '', {
  gmsaCredentialSpecName: pointer(1, string),
  gmsaCredentialSpec: pointer(2, string),
  runAsUserName: pointer(3, string),
  hostProcess: pointer(4, bool),
});
export type WindowsSecurityContextOptions = Infer<typeof WindowsSecurityContextOptions>;

export const SeccompProfile = message('core.v1.SeccompProfile', '', {
  type: required(1, string),
  localhostProfile: pointer(2, string),
});
export type SeccompProfile = Infer<typeof SeccompProfile>;

export const AppArmorProfile = message('core.v1.AppArmorProfile', '', {
  type: required(1, string),
  localhostProfile: pointer(2, string),
});
export type AppArmorProfile = Infer<typeof AppArmorProfile>;

export const SecurityContext = message('core.v1.SecurityContext', '', {
  capabilities: pointer(1, Capabilities),
  privileged: pointer(2, bool),
  seLinuxOptions: pointer(3, SELinuxOptions),
  windowsOptions: pointer(10, WindowsSecurityContextOptions),
  runAsUser: pointer(4, int64),
  runAsGroup: pointer(8, int64),
  runAsNonRoot: pointer(5, bool),
  readOnlyRootFilesystem: pointer(6, bool),
  allowPrivilegeEscalation: pointer(7, bool),
  procMount: pointer(9, string),
  seccompProfile: pointer(11, SeccompProfile),
  appArmorProfile: pointer(12, AppArmorProfile),
});
export type SecurityContext = Infer<typeof SecurityContext>;

export const Container = message('core.v1.Container', '', {
  name: required(1, string),
  image: optional(2, string),
  command: optional(3, list(string)),
  args: optional(4, list(string)),
  workingDir: optional(5, string),
  ports: optional(6, list(ContainerPort), {
    merge: true,
    mergeKey: 'containerPort',
    listType: 'map',
    listMapKeys: ['containerPort', 'protocol'],
  }),
  envFrom: optional(19, list(EnvFromSource)),
  env: optional(7, list(EnvVar), { merge: true, mergeKey: 'name', listType: 'map', listMapKeys: ['name'] }),
  resources: optional(8, ResourceRequirements),
  resizePolicy: optional(23, list(ContainerResizePolicy)),
  restartPolicy: pointer(24, string),
  volumeMounts: optional(9, list(VolumeMount), {
    merge: true,
    mergeKey: 'mountPath',
    listType: 'map',
    listMapKeys: ['mountPath'],
  }),
  volumeDevices: optional(21, list(VolumeDevice), {
    merge: true,
    mergeKey: 'devicePath',
    listType: 'map',
    listMapKeys: ['devicePath'],
  }),
  livenessProbe: pointer(10, Probe),
  readinessProbe: pointer(11, Probe),
  startupProbe: pointer(22, Probe),
  lifecycle: pointer(12, Lifecycle),
  terminationMessagePath: optional(13, string),
  terminationMessagePolicy: optional(20, string),
  imagePullPolicy: optional(14, string),
  securityContext: pointer(15, SecurityContext),
  stdin: optional(16, bool),
  stdinOnce: optional(17, bool),
  tty: optional(18, bool),
});
export type Container = Infer<typeof Container>;

export const EphemeralContainerCommon = message('core.v1.EphemeralContainerCommon', '', {
  name: required(1, string),
  image: optional(2, string),
  command: optional(3, list(string)),
  args: optional(4, list(string)),
  workingDir: optional(5, string),
  ports: optional(6, list(ContainerPort), {
    merge: true,
    mergeKey: 'containerPort',
    listType: 'map',
    listMapKeys: ['containerPort', 'protocol'],
  }),
  envFrom: optional(19, list(EnvFromSource)),
  env: optional(7, list(EnvVar), { merge: true, mergeKey: 'name', listType: 'map', listMapKeys: ['name'] }),
  resources: optional(8, ResourceRequirements),
  resizePolicy: optional(23, list(ContainerResizePolicy)),
  restartPolicy: pointer(24, string),
  volumeMounts: optional(9, list(VolumeMount), {
    merge: true,
    mergeKey: 'mountPath',
    listType: 'map',
    listMapKeys: ['mountPath'],
  }),
  volumeDevices: optional(21, list(VolumeDevice), {
    merge: true,
    mergeKey: 'devicePath',
    listType: 'map',
    listMapKeys: ['devicePath'],
  }),
  livenessProbe: pointer(10, Probe),
  readinessProbe: pointer(11, Probe),
  startupProbe: pointer(22, Probe),
  lifecycle: pointer(12, Lifecycle),
  terminationMessagePath: optional(13, string),
  terminationMessagePolicy: optional(20, string),
  imagePullPolicy: optional(14, string),
  securityContext: pointer(15, SecurityContext),
  stdin: optional(16, bool),
  stdinOnce: optional(17, bool),
  tty: optional(18, bool),
});
export type EphemeralContainerCommon = Infer<typeof EphemeralContainerCommon>;

export const EphemeralContainer = message(
  'core.v1.EphemeralContainer',
  '',
  {
    targetContainerName: optional(2, string),
  },
  [inline(1, EphemeralContainerCommon)],
);
export type EphemeralContainer = Infer<typeof EphemeralContainer>;
