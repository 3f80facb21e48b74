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

export const ContainerPort = message('core.v1.ContainerPort', 'A port that a container listens at.', {
  name: optional(1, string, { doc: 'Name that services and probes can refer to, unique in the pod.' }),
  hostPort: optional(2, int32, { doc: 'Port of the node that leads to it.' }),
  containerPort: required(3, int32, { doc: 'The number.' }),
  protocol: optional(4, string, { doc: 'TCP (default), UDP or SCTP.', default: 'TCP' }),
  hostIP: optional(5, string, { doc: 'Address of the node for hostPort.' }),
});
export type ContainerPort = Infer<typeof ContainerPort>;

export const ConfigMapEnvSource = message(
  'core.v1.ConfigMapEnvSource',
  'A ConfigMap whose keys become environment variables.',
  {
    optional: pointer(2, bool, { doc: 'Whether it may be missing.' }),
  },
  [inline(1, LocalObjectReference)],
);
export type ConfigMapEnvSource = Infer<typeof ConfigMapEnvSource>;

export const SecretEnvSource = message(
  'core.v1.SecretEnvSource',
  'A Secret whose keys become environment variables.',
  {
    optional: pointer(2, bool, { doc: 'Whether it may be missing.' }),
  },
  [inline(1, LocalObjectReference)],
);
export type SecretEnvSource = Infer<typeof SecretEnvSource>;

export const EnvFromSource = message(
  'core.v1.EnvFromSource',
  'An object all of whose keys become environment variables.',
  {
    prefix: optional(1, string, { doc: 'Text to put before each key.' }),
    configMapRef: pointer(2, ConfigMapEnvSource, { doc: 'The ConfigMap.' }),
    secretRef: pointer(3, SecretEnvSource, { doc: 'The Secret.' }),
  },
);
export type EnvFromSource = Infer<typeof EnvFromSource>;

export const EnvVarSource = message(
  'core.v1.EnvVarSource',
  'Where the value of an environment variable comes from: one of these.',
  {
    fieldRef: pointer(1, ObjectFieldSelector, { doc: 'A field of the pod.' }),
    resourceFieldRef: pointer(2, ResourceFieldSelector, { doc: 'An amount of a resource of a container.' }),
    configMapKeyRef: pointer(3, ConfigMapKeySelector, { doc: 'A key of a ConfigMap.' }),
    secretKeyRef: pointer(4, SecretKeySelector, { doc: 'A key of a Secret.' }),
  },
);
export type EnvVarSource = Infer<typeof EnvVarSource>;

export const EnvVar = message('core.v1.EnvVar', 'An environment variable.', {
  name: required(1, string, { doc: 'Its name.' }),
  value: optional(2, string, { doc: 'Its value. $(NAME) stands for variables before it; $$ for a dollar sign.' }),
  valueFrom: pointer(3, EnvVarSource, { doc: 'Where the value comes from instead.' }),
});
export type EnvVar = Infer<typeof EnvVar>;

export const ResourceClaim = message('core.v1.ResourceClaim', 'Devices that a container uses.', {
  name: required(1, string, { doc: "Name of one of the pod's resourceClaims." }),
  request: optional(2, string, { doc: 'Which of its requests; all when not given.' }),
});
export type ResourceClaim = Infer<typeof ResourceClaim>;

export const ResourceRequirements = message(
  'core.v1.ResourceRequirements',
  'Resources that a container needs, and may use.',
  {
    limits: optional(1, map(quantity), { doc: 'Most it may use.' }),
    requests: optional(2, map(quantity), { doc: 'What is set aside for it. Default: limits.' }),
    claims: optional(3, list(ResourceClaim), {
      doc: 'Resource claims of the pod that it uses.',
      listType: 'map',
      listMapKeys: ['name'],
    }),
  },
);
export type ResourceRequirements = Infer<typeof ResourceRequirements>;

export const ContainerResizePolicy = message(
  'core.v1.ContainerResizePolicy',
  'What a change of an amount of a resource means to a container.',
  {
    resourceName: required(1, string, { doc: 'The resource: cpu or memory.' }),
    restartPolicy: required(2, string, { doc: 'NotRequired (default) or RestartContainer.' }),
  },
);
export type ContainerResizePolicy = Infer<typeof ContainerResizePolicy>;

export const VolumeMount = message('core.v1.VolumeMount', 'Where a volume appears in a container.', {
  name: required(1, string, { doc: 'Name of the volume.' }),
  readOnly: optional(2, bool, { doc: 'Whether it cannot be written to.' }),
  recursiveReadOnly: pointer(7, string, {
    doc: 'Whether mounts below are read-only too: Disabled (default), IfPossible or Enabled.',
  }),
  mountPath: required(3, string, { doc: 'Where it appears.' }),
  subPath: optional(4, string, { doc: 'Part of the volume to mount; all of it when empty.' }),
  mountPropagation: pointer(5, string, { doc: 'Whether mounts below it pass between node and container.' }),
  subPathExpr: optional(6, string, { doc: 'Like subPath, with $(NAME) for environment variables.' }),
});
export type VolumeMount = Infer<typeof VolumeMount>;

export const VolumeDevice = message('core.v1.VolumeDevice', 'A block device for a container.', {
  name: required(1, string, { doc: "Name of one of the pod's volumes, of a claim with volumeMode Block." }),
  devicePath: required(2, string, { doc: 'Where it appears in the container.' }),
});
export type VolumeDevice = Infer<typeof VolumeDevice>;

export const ExecAction = message('core.v1.ExecAction', 'A command to run in a container.', {
  command: optional(1, list(string), { doc: 'Program and arguments. No shell is involved.' }),
});
export type ExecAction = Infer<typeof ExecAction>;

export const HTTPHeader = message('core.v1.HTTPHeader', 'A header of an HTTP request.', {
  name: required(1, string, { doc: 'Its name.' }),
  value: required(2, string, { doc: 'Its value.' }),
});
export type HTTPHeader = Infer<typeof HTTPHeader>;

export const HTTPGetAction = message('core.v1.HTTPGetAction', 'An HTTP request.', {
  path: optional(1, string, { doc: 'Path to ask for. Default /.' }),
  port: required(2, intOrString, { doc: 'Port: a number, or the name of a container port.' }),
  host: optional(3, string, { doc: 'Host to connect to; the pod when empty.' }),
  scheme: optional(4, string, { doc: 'HTTP (default) or HTTPS.' }),
  httpHeaders: optional(5, list(HTTPHeader), { doc: 'Headers to send.' }),
});
export type HTTPGetAction = Infer<typeof HTTPGetAction>;

export const TCPSocketAction = message('core.v1.TCPSocketAction', 'A TCP connection to open.', {
  port: required(1, intOrString, { doc: 'Port: a number, or the name of a container port.' }),
  host: optional(2, string, { doc: 'Host to connect to; the pod when empty.' }),
});
export type TCPSocketAction = Infer<typeof TCPSocketAction>;

export const GRPCAction = message('core.v1.GRPCAction', 'A gRPC health request.', {
  port: required(1, int32, { doc: 'Port number.' }),
  service: pointer(2, string, { doc: 'Name of the service to ask about.' }),
});
export type GRPCAction = Infer<typeof GRPCAction>;

export const ProbeHandler = message('core.v1.ProbeHandler', 'How a container is checked: one of these.', {
  exec: pointer(1, ExecAction, { doc: 'Run a command in it; exit code 0 is good.' }),
  httpGet: pointer(2, HTTPGetAction, { doc: 'Ask by HTTP; a status of 200 to 399 is good.' }),
  tcpSocket: pointer(3, TCPSocketAction, { doc: 'Open a TCP connection.' }),
  grpc: pointer(4, GRPCAction, { doc: 'Ask by the gRPC health protocol.' }),
});
export type ProbeHandler = Infer<typeof ProbeHandler>;

export const Probe = message(
  'core.v1.Probe',
  'A check of a container, made again and again.',
  {
    initialDelaySeconds: optional(2, int32, { doc: 'Seconds from the start to the first check. Default 0.' }),
    timeoutSeconds: optional(3, int32, { doc: 'Seconds after which a check has failed. Default 1.' }),
    periodSeconds: optional(4, int32, { doc: 'Seconds between checks. Default 10.' }),
    successThreshold: optional(5, int32, { doc: 'Successes in a row that make it good again. Default 1.' }),
    failureThreshold: optional(6, int32, { doc: 'Failures in a row that make it bad. Default 3.' }),
    terminationGracePeriodSeconds: pointer(7, int64, {
      doc: "Seconds to end after a failed check, in place of the pod's.",
    }),
  },
  [inline(1, ProbeHandler)],
);
export type Probe = Infer<typeof Probe>;

export const SleepAction = message('core.v1.SleepAction', 'A pause.', {
  seconds: required(1, int64, { doc: 'How long.' }),
});
export type SleepAction = Infer<typeof SleepAction>;

export const LifecycleHandler = message('core.v1.LifecycleHandler', 'What to do: one of these.', {
  exec: pointer(1, ExecAction, { doc: 'Run a command in the container.' }),
  httpGet: pointer(2, HTTPGetAction, { doc: 'Make an HTTP request.' }),
  tcpSocket: pointer(3, TCPSocketAction, { doc: 'Not supported any more.' }),
  sleep: pointer(4, SleepAction, { doc: 'Wait.' }),
});
export type LifecycleHandler = Infer<typeof LifecycleHandler>;

export const Lifecycle = message('core.v1.Lifecycle', "What to do at the ends of a container's life.", {
  postStart: pointer(1, LifecycleHandler, { doc: 'Right after its start.' }),
  preStop: pointer(2, LifecycleHandler, { doc: 'Before it is asked to end.' }),
});
export type Lifecycle = Infer<typeof Lifecycle>;

export const Capabilities = message('core.v1.Capabilities', 'Linux capabilities.', {
  add: optional(1, list(string), { doc: 'To add.' }),
  drop: optional(2, list(string), { doc: 'To take away; ALL for all.' }),
});
export type Capabilities = Infer<typeof Capabilities>;

export const SELinuxOptions = message('core.v1.SELinuxOptions', 'An SELinux context.', {
  user: optional(1, string, { doc: 'User.' }),
  role: optional(2, string, { doc: 'Role.' }),
  type: optional(3, string, { doc: 'Type.' }),
  level: optional(4, string, { doc: 'Level.' }),
});
export type SELinuxOptions = Infer<typeof SELinuxOptions>;

export const WindowsSecurityContextOptions = message('core.v1.WindowsSecurityContextOptions', 'Settings for Windows.', {
  gmsaCredentialSpecName: pointer(1, string, { doc: 'Name of the GMSA credential spec.' }),
  gmsaCredentialSpec: pointer(2, string, { doc: 'The GMSA credential spec itself.' }),
  runAsUserName: pointer(3, string, { doc: 'Name of the user to run as.' }),
  hostProcess: pointer(4, bool, { doc: 'Whether to run as a process of the host.' }),
});
export type WindowsSecurityContextOptions = Infer<typeof WindowsSecurityContextOptions>;

export const SeccompProfile = message('core.v1.SeccompProfile', 'Which system calls are allowed.', {
  type: required(1, string, { doc: 'RuntimeDefault, Localhost or Unconfined.' }),
  localhostProfile: pointer(2, string, { doc: 'File of the profile on the node, for Localhost.' }),
});
export type SeccompProfile = Infer<typeof SeccompProfile>;

export const AppArmorProfile = message('core.v1.AppArmorProfile', 'An AppArmor profile.', {
  type: required(1, string, { doc: 'RuntimeDefault, Localhost or Unconfined.' }),
  localhostProfile: pointer(2, string, { doc: 'Name of the profile on the node, for Localhost.' }),
});
export type AppArmorProfile = Infer<typeof AppArmorProfile>;

export const SecurityContext = message('core.v1.SecurityContext', 'Security settings of a container.', {
  capabilities: pointer(1, Capabilities, { doc: 'Capabilities to add and to take away.' }),
  privileged: pointer(2, bool, { doc: 'Whether it may do all that root on the node may.' }),
  seLinuxOptions: pointer(3, SELinuxOptions, { doc: 'SELinux context.' }),
  windowsOptions: pointer(10, WindowsSecurityContextOptions, { doc: 'Settings for Windows.' }),
  runAsUser: pointer(4, int64, { doc: 'User id of its processes.' }),
  runAsGroup: pointer(8, int64, { doc: 'Group id of its processes.' }),
  runAsNonRoot: pointer(5, bool, { doc: 'Whether to refuse to run as root.' }),
  readOnlyRootFilesystem: pointer(6, bool, { doc: 'Whether its root file system cannot be written to.' }),
  allowPrivilegeEscalation: pointer(7, bool, { doc: 'Whether a process may get more rights than its parent.' }),
  procMount: pointer(9, string, { doc: 'How /proc is mounted: Default or Unmasked.' }),
  seccompProfile: pointer(11, SeccompProfile, { doc: 'Which system calls are allowed.' }),
  appArmorProfile: pointer(12, AppArmorProfile, { doc: 'AppArmor profile.' }),
});
export type SecurityContext = Infer<typeof SecurityContext>;

export const Container = message('core.v1.Container', 'One program of a pod, run from an image.', {
  name: required(1, string, { doc: 'Name of the container, unique in the pod.' }),
  image: optional(2, string, { doc: 'Image to run.' }),
  command: optional(3, list(string), { doc: "Program to run, in place of the image's entry point." }),
  args: optional(4, list(string), { doc: "Arguments, in place of the image's." }),
  workingDir: optional(5, string, { doc: "Directory to run in; the image's when empty." }),
  ports: optional(6, list(ContainerPort), {
    doc: 'Ports the program listens at. Information, except that services can refer to the names.',
    merge: true,
    mergeKey: 'containerPort',
    listType: 'map',
    listMapKeys: ['containerPort', 'protocol'],
  }),
  envFrom: optional(19, list(EnvFromSource), {
    doc: 'ConfigMaps and Secrets all of whose keys become environment variables.',
  }),
  env: optional(7, list(EnvVar), {
    doc: 'Environment variables.',
    merge: true,
    mergeKey: 'name',
    listType: 'map',
    listMapKeys: ['name'],
  }),
  resources: optional(8, ResourceRequirements, { doc: 'Resources it needs, and may use.' }),
  resizePolicy: optional(23, list(ContainerResizePolicy), { doc: 'What a change of its resources takes.' }),
  restartPolicy: pointer(24, string, { doc: 'For init containers: Always makes one run on beside the others.' }),
  volumeMounts: optional(9, list(VolumeMount), {
    doc: 'Where volumes appear in its file system.',
    merge: true,
    mergeKey: 'mountPath',
    listType: 'map',
    listMapKeys: ['mountPath'],
  }),
  volumeDevices: optional(21, list(VolumeDevice), {
    doc: 'Where block devices appear.',
    merge: true,
    mergeKey: 'devicePath',
    listType: 'map',
    listMapKeys: ['devicePath'],
  }),
  livenessProbe: pointer(10, Probe, {
    doc: 'Check that it still works. After failures the container is started again.',
  }),
  readinessProbe: pointer(11, Probe, {
    doc: 'Check that it is ready for traffic. After failures services leave the pod out.',
  }),
  startupProbe: pointer(22, Probe, { doc: 'Check that it has come up. The other probes wait for it.' }),
  lifecycle: pointer(12, Lifecycle, { doc: 'What to do after its start and before its end.' }),
  terminationMessagePath: optional(13, string, {
    doc: 'File from which its last words are read. Default /dev/termination-log.',
  }),
  terminationMessagePolicy: optional(20, string, {
    doc: 'Where last words come from: File (default), or FallbackToLogsOnError.',
  }),
  imagePullPolicy: optional(14, string, { doc: 'When to pull the image: Always, IfNotPresent or Never.' }),
  securityContext: pointer(15, SecurityContext, { doc: 'Its security settings, before those of the pod.' }),
  stdin: optional(16, bool, { doc: 'Whether it has an open standard input.' }),
  stdinOnce: optional(17, bool, { doc: 'Whether standard input closes when the first client leaves.' }),
  tty: optional(18, bool, { doc: 'Whether it has a terminal.' }),
});
export type Container = Infer<typeof Container>;

export const EphemeralContainerCommon = message(
  'core.v1.EphemeralContainerCommon',
  'A container that is added to a running pod, to look into it.',
  {
    name: required(1, string, { doc: 'Name of the container.' }),
    image: optional(2, string, { doc: 'Image to run.' }),
    command: optional(3, list(string), { doc: "What to run, instead of the image's entry point." }),
    args: optional(4, list(string), { doc: "Its arguments, instead of the image's." }),
    workingDir: optional(5, string, { doc: 'Directory to start in.' }),
    ports: optional(6, list(ContainerPort), {
      doc: 'Not allowed here.',
      merge: true,
      mergeKey: 'containerPort',
      listType: 'map',
      listMapKeys: ['containerPort', 'protocol'],
    }),
    envFrom: optional(19, list(EnvFromSource), { doc: 'Environment variables, all those of a ConfigMap or Secret.' }),
    env: optional(7, list(EnvVar), {
      doc: 'Environment variables.',
      merge: true,
      mergeKey: 'name',
      listType: 'map',
      listMapKeys: ['name'],
    }),
    resources: optional(8, ResourceRequirements, { doc: 'Not allowed here.' }),
    resizePolicy: optional(23, list(ContainerResizePolicy), { doc: 'Not allowed here.' }),
    restartPolicy: pointer(24, string, { doc: 'Not allowed here.' }),
    volumeMounts: optional(9, list(VolumeMount), {
      doc: 'Volumes to mount, and where.',
      merge: true,
      mergeKey: 'mountPath',
      listType: 'map',
      listMapKeys: ['mountPath'],
    }),
    volumeDevices: optional(21, list(VolumeDevice), {
      doc: 'Block devices to give to the container.',
      merge: true,
      mergeKey: 'devicePath',
      listType: 'map',
      listMapKeys: ['devicePath'],
    }),
    livenessProbe: pointer(10, Probe, { doc: 'Not allowed here.' }),
    readinessProbe: pointer(11, Probe, { doc: 'Not allowed here.' }),
    startupProbe: pointer(22, Probe, { doc: 'Not allowed here.' }),
    lifecycle: pointer(12, Lifecycle, { doc: 'Not allowed here.' }),
    terminationMessagePath: optional(13, string, { doc: 'File with what the container says at its end.' }),
    terminationMessagePolicy: optional(20, string, { doc: 'Where that comes from: File, or FallbackToLogsOnError.' }),
    imagePullPolicy: optional(14, string, { doc: 'When to pull the image: Always, IfNotPresent or Never.' }),
    securityContext: pointer(15, SecurityContext, { doc: 'With which rights to run.' }),
    stdin: optional(16, bool, { doc: 'Whether it reads from a client that attaches.' }),
    stdinOnce: optional(17, bool, { doc: 'Whether its input ends with the first client.' }),
    tty: optional(18, bool, { doc: 'Whether it gets a terminal.' }),
  },
);
export type EphemeralContainerCommon = Infer<typeof EphemeralContainerCommon>;

export const EphemeralContainer = message(
  'core.v1.EphemeralContainer',
  'A container that is added to a running pod, to look into it.',
  {
    targetContainerName: optional(2, string, { doc: 'Container whose processes it sees.' }),
  },
  [inline(1, EphemeralContainerCommon)],
);
export type EphemeralContainer = Infer<typeof EphemeralContainer>;
