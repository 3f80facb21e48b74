// volume: wire types (api.md §4, §10.2).

import {
  bool,
  type Infer,
  inline,
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
} from './dsl.ts';
import { LabelSelector, ObjectMeta } from './meta.ts';
import { PersistentVolumeClaimSpec } from './persistent-volume-claim.ts';
import { LocalObjectReference, ObjectFieldSelector, ResourceFieldSelector } from './selector.ts';

export const HostPathVolumeSource = message('core.v1.HostPathVolumeSource', 'A file or directory of the node.', {
  path: required(1, string, { doc: 'Where it is on the node.' }),
  type: pointer(2, string, {
    doc: 'What has to be there, or to be made: Directory, DirectoryOrCreate, File, FileOrCreate, Socket and others. Empty: no matter.',
  }),
});
export type HostPathVolumeSource = Infer<typeof HostPathVolumeSource>;

export const EmptyDirVolumeSource = message(
  'core.v1.EmptyDirVolumeSource',
  'A directory that starts empty and lives as long as the pod.',
  {
    medium: optional(1, string, { doc: "Memory for a file system in memory; empty for the node's disk." }),
    sizeLimit: pointer(2, quantity, { doc: 'How much it may hold.' }),
  },
);
export type EmptyDirVolumeSource = Infer<typeof EmptyDirVolumeSource>;

export const GCEPersistentDiskVolumeSource = message('core.v1.GCEPersistentDiskVolumeSource', '', {
  pdName: required(1, string),
  fsType: optional(2, string),
  partition: optional(3, int32),
  readOnly: optional(4, bool),
});
export type GCEPersistentDiskVolumeSource = Infer<typeof GCEPersistentDiskVolumeSource>;

export const AWSElasticBlockStoreVolumeSource = message('core.v1.AWSElasticBlockStoreVolumeSource', '', {
  volumeID: required(1, string),
  fsType: optional(2, string),
  partition: optional(3, int32),
  readOnly: optional(4, bool),
});
export type AWSElasticBlockStoreVolumeSource = Infer<typeof AWSElasticBlockStoreVolumeSource>;

export const GitRepoVolumeSource = message('core.v1.GitRepoVolumeSource', '', {
  repository: required(1, string),
  revision: optional(2, string),
  directory: optional(3, string),
});
export type GitRepoVolumeSource = Infer<typeof GitRepoVolumeSource>;

export const KeyToPath = message('core.v1.KeyToPath', 'A key that becomes a file.', {
  key: required(1, string, { doc: 'The key.' }),
  path: required(2, string, { doc: 'Path of the file in the volume.' }),
  mode: pointer(3, int32, { doc: 'Permission bits of the file.' }),
});
export type KeyToPath = Infer<typeof KeyToPath>;

export const SecretVolumeSource = message('core.v1.SecretVolumeSource', 'The keys of a Secret, as files.', {
  secretName: optional(1, string, { doc: 'Name of the Secret.' }),
  items: optional(2, list(KeyToPath), { doc: 'Which keys; all when empty.' }),
  defaultMode: pointer(3, int32, { doc: 'Permission bits of the files. Default 0644.' }),
  optional: pointer(4, bool, { doc: 'Whether Secret and keys may be missing.' }),
});
export type SecretVolumeSource = Infer<typeof SecretVolumeSource>;

export const NFSVolumeSource = message('core.v1.NFSVolumeSource', '', {
  server: required(1, string),
  path: required(2, string),
  readOnly: optional(3, bool),
});
export type NFSVolumeSource = Infer<typeof NFSVolumeSource>;

export const ISCSIVolumeSource = message('core.v1.ISCSIVolumeSource', '', {
  targetPortal: required(1, string),
  iqn: required(2, string),
  lun: required(3, int32),
  iscsiInterface: optional(4, string),
  fsType: optional(5, string),
  readOnly: optional(6, bool),
  portals: optional(7, list(string)),
  chapAuthDiscovery: optional(8, bool),
  chapAuthSession: optional(11, bool),
  secretRef: pointer(10, LocalObjectReference),
  initiatorName: pointer(12, string),
});
export type ISCSIVolumeSource = Infer<typeof ISCSIVolumeSource>;

export const GlusterfsVolumeSource = message('core.v1.GlusterfsVolumeSource', '', {
  endpoints: required(1, string),
  path: required(2, string),
  readOnly: optional(3, bool),
});
export type GlusterfsVolumeSource = Infer<typeof GlusterfsVolumeSource>;

export const PersistentVolumeClaimVolumeSource = message('core.v1.PersistentVolumeClaimVolumeSource', '', {
  claimName: required(1, string),
  readOnly: optional(2, bool),
});
export type PersistentVolumeClaimVolumeSource = Infer<typeof PersistentVolumeClaimVolumeSource>;

export const RBDVolumeSource = message('core.v1.RBDVolumeSource', '', {
  monitors: required(1, list(string)),
  image: required(2, string),
  fsType: optional(3, string),
  pool: optional(4, string),
  user: optional(5, string),
  keyring: optional(6, string),
  secretRef: pointer(7, LocalObjectReference),
  readOnly: optional(8, bool),
});
export type RBDVolumeSource = Infer<typeof RBDVolumeSource>;

export const FlexVolumeSource = message('core.v1.FlexVolumeSource', '', {
  driver: required(1, string),
  fsType: optional(2, string),
  secretRef: pointer(3, LocalObjectReference),
  readOnly: optional(4, bool),
  options: optional(5, map(string)),
});
export type FlexVolumeSource = Infer<typeof FlexVolumeSource>;

export const CinderVolumeSource = message('core.v1.CinderVolumeSource', '', {
  volumeID: required(1, string),
  fsType: optional(2, string),
  readOnly: optional(3, bool),
  secretRef: pointer(4, LocalObjectReference),
});
export type CinderVolumeSource = Infer<typeof CinderVolumeSource>;

export const CephFSVolumeSource = message('core.v1.CephFSVolumeSource', '', {
  monitors: required(1, list(string)),
  path: optional(2, string),
  user: optional(3, string),
  secretFile: optional(4, string),
  secretRef: pointer(5, LocalObjectReference),
  readOnly: optional(6, bool),
});
export type CephFSVolumeSource = Infer<typeof CephFSVolumeSource>;

export const FlockerVolumeSource = message('core.v1.FlockerVolumeSource', '', {
  datasetName: optional(1, string),
  datasetUUID: optional(2, string),
});
export type FlockerVolumeSource = Infer<typeof FlockerVolumeSource>;

export const DownwardAPIVolumeFile = message('core.v1.DownwardAPIVolumeFile', 'A file with a field of the pod.', {
  path: required(1, string, { doc: 'Path of the file in the volume.' }),
  fieldRef: pointer(2, ObjectFieldSelector, { doc: 'The field.' }),
  resourceFieldRef: pointer(3, ResourceFieldSelector, { doc: 'An amount of a resource of a container, instead.' }),
  mode: pointer(4, int32, { doc: 'Permission bits of the file.' }),
});
export type DownwardAPIVolumeFile = Infer<typeof DownwardAPIVolumeFile>;

export const DownwardAPIVolumeSource = message('core.v1.DownwardAPIVolumeSource', 'Fields of the pod, as files.', {
  items: optional(1, list(DownwardAPIVolumeFile), { doc: 'The files.' }),
  defaultMode: pointer(2, int32, { doc: 'Permission bits of the files. Default 0644.' }),
});
export type DownwardAPIVolumeSource = Infer<typeof DownwardAPIVolumeSource>;

export const FCVolumeSource = message('core.v1.FCVolumeSource', '', {
  targetWWNs: optional(1, list(string)),
  lun: pointer(2, int32),
  fsType: optional(3, string),
  readOnly: optional(4, bool),
  wwids: optional(5, list(string)),
});
export type FCVolumeSource = Infer<typeof FCVolumeSource>;

export const AzureFileVolumeSource = message('core.v1.AzureFileVolumeSource', '', {
  secretName: required(1, string),
  shareName: required(2, string),
  readOnly: optional(3, bool),
});
export type AzureFileVolumeSource = Infer<typeof AzureFileVolumeSource>;

export const ConfigMapVolumeSource = message(
  'core.v1.ConfigMapVolumeSource',
  'The keys of a ConfigMap, as files.',
  {
    items: optional(2, list(KeyToPath), { doc: 'Which keys; all when empty.' }),
    defaultMode: pointer(3, int32, { doc: 'Permission bits of the files. Default 0644.' }),
    optional: pointer(4, bool, { doc: 'Whether ConfigMap and keys may be missing.' }),
  },
  [inline(1, LocalObjectReference)],
);
export type ConfigMapVolumeSource = Infer<typeof ConfigMapVolumeSource>;

export const VsphereVirtualDiskVolumeSource = message('core.v1.VsphereVirtualDiskVolumeSource', '', {
  volumePath: required(1, string),
  fsType: optional(2, string),
  storagePolicyName: optional(3, string),
  storagePolicyID: optional(4, string),
});
export type VsphereVirtualDiskVolumeSource = Infer<typeof VsphereVirtualDiskVolumeSource>;

export const QuobyteVolumeSource = message('core.v1.QuobyteVolumeSource', '', {
  registry: required(1, string),
  volume: required(2, string),
  readOnly: optional(3, bool),
  user: optional(4, string),
  group: optional(5, string),
  tenant: optional(6, string),
});
export type QuobyteVolumeSource = Infer<typeof QuobyteVolumeSource>;

export const AzureDiskVolumeSource = message('core.v1.AzureDiskVolumeSource', '', {
  diskName: required(1, string),
  diskURI: required(2, string),
  cachingMode: pointer(3, string),
  fsType: pointer(4, string),
  readOnly: pointer(5, bool),
  kind: pointer(6, string),
});
export type AzureDiskVolumeSource = Infer<typeof AzureDiskVolumeSource>;

export const PhotonPersistentDiskVolumeSource = message('core.v1.PhotonPersistentDiskVolumeSource', '', {
  pdID: required(1, string),
  fsType: optional(2, string),
});
export type PhotonPersistentDiskVolumeSource = Infer<typeof PhotonPersistentDiskVolumeSource>;

export const SecretProjection = message(
  'core.v1.SecretProjection',
  'The keys of a Secret, as files.',
  {
    items: optional(2, list(KeyToPath), { doc: 'Which keys; all when empty.' }),
    optional: pointer(4, bool, { doc: 'Whether Secret and keys may be missing.' }),
  },
  [inline(1, LocalObjectReference)],
);
export type SecretProjection = Infer<typeof SecretProjection>;

export const DownwardAPIProjection = message('core.v1.DownwardAPIProjection', 'Fields of the pod, as files.', {
  items: optional(1, list(DownwardAPIVolumeFile), { doc: 'The files.' }),
});
export type DownwardAPIProjection = Infer<typeof DownwardAPIProjection>;

export const ConfigMapProjection = message(
  'core.v1.ConfigMapProjection',
  'The keys of a ConfigMap, as files.',
  {
    items: optional(2, list(KeyToPath), { doc: 'Which keys; all when empty.' }),
    optional: pointer(4, bool, { doc: 'Whether ConfigMap and keys may be missing.' }),
  },
  [inline(1, LocalObjectReference)],
);
export type ConfigMapProjection = Infer<typeof ConfigMapProjection>;

export const ServiceAccountTokenProjection = message(
  'core.v1.ServiceAccountTokenProjection',
  "A token of the pod's service account, as a file.",
  {
    audience: optional(1, string, { doc: 'Whom the token is for; the API server when empty.' }),
    expirationSeconds: pointer(2, int64, {
      doc: 'Seconds for which it is valid. It is renewed in time. Default 3600.',
    }),
    path: required(3, string, { doc: 'Path of the file in the volume.' }),
  },
);
export type ServiceAccountTokenProjection = Infer<typeof ServiceAccountTokenProjection>;

export const ClusterTrustBundleProjection = message('core.v1.ClusterTrustBundleProjection', '', {
  name: pointer(1, string),
  signerName: pointer(2, string),
  labelSelector: pointer(3, LabelSelector),
  optional: pointer(5, bool),
  path: required(4, string),
});
export type ClusterTrustBundleProjection = Infer<typeof ClusterTrustBundleProjection>;

export const VolumeProjection = message('core.v1.VolumeProjection', 'One source of a projected volume: one of these.', {
  secret: pointer(1, SecretProjection, { doc: 'The keys of a Secret.' }),
  downwardAPI: pointer(2, DownwardAPIProjection, { doc: 'Fields of the pod.' }),
  configMap: pointer(3, ConfigMapProjection, { doc: 'The keys of a ConfigMap.' }),
  serviceAccountToken: pointer(4, ServiceAccountTokenProjection, { doc: "A token of the pod's service account." }),
  clusterTrustBundle: pointer(5, ClusterTrustBundleProjection, {
    doc: 'Certificates of authorities that the cluster trusts.',
  }),
});
export type VolumeProjection = Infer<typeof VolumeProjection>;

export const ProjectedVolumeSource = message('core.v1.ProjectedVolumeSource', 'Several sources in one directory.', {
  sources: required(1, list(VolumeProjection), { omittable: true, doc: 'The sources.' }),
  defaultMode: pointer(2, int32, { doc: 'Permission bits of the files. Default 0644.' }),
});
export type ProjectedVolumeSource = Infer<typeof ProjectedVolumeSource>;

export const PortworxVolumeSource = message('core.v1.PortworxVolumeSource', '', {
  volumeID: required(1, string),
  fsType: optional(2, string),
  readOnly: optional(3, bool),
});
export type PortworxVolumeSource = Infer<typeof PortworxVolumeSource>;

export const ScaleIOVolumeSource = message('core.v1.ScaleIOVolumeSource', '', {
  gateway: required(1, string),
  system: required(2, string),
  secretRef: pointer(3, LocalObjectReference),
  sslEnabled: optional(4, bool),
  protectionDomain: optional(5, string),
  storagePool: optional(6, string),
  storageMode: optional(7, string),
  volumeName: optional(8, string),
  fsType: optional(9, string),
  readOnly: optional(10, bool),
});
export type ScaleIOVolumeSource = Infer<typeof ScaleIOVolumeSource>;

export const StorageOSVolumeSource = message('core.v1.StorageOSVolumeSource', '', {
  volumeName: optional(1, string),
  volumeNamespace: optional(2, string),
  fsType: optional(3, string),
  readOnly: optional(4, bool),
  secretRef: pointer(5, LocalObjectReference),
});
export type StorageOSVolumeSource = Infer<typeof StorageOSVolumeSource>;

export const CSIVolumeSource = message('core.v1.CSIVolumeSource', '', {
  driver: required(1, string),
  readOnly: pointer(2, bool),
  fsType: pointer(3, string),
  volumeAttributes: optional(4, map(string)),
  nodePublishSecretRef: pointer(5, LocalObjectReference),
});
export type CSIVolumeSource = Infer<typeof CSIVolumeSource>;

export const PersistentVolumeClaimTemplate = message('core.v1.PersistentVolumeClaimTemplate', '', {
  metadata: optional(1, ObjectMeta),
  spec: required(2, PersistentVolumeClaimSpec),
});
export type PersistentVolumeClaimTemplate = Infer<typeof PersistentVolumeClaimTemplate>;

export const EphemeralVolumeSource = message('core.v1.EphemeralVolumeSource', '', {
  volumeClaimTemplate: pointer(1, PersistentVolumeClaimTemplate),
});
export type EphemeralVolumeSource = Infer<typeof EphemeralVolumeSource>;

export const ImageVolumeSource = message('core.v1.ImageVolumeSource', '', {
  reference: optional(1, string),
  pullPolicy: optional(2, string),
});
export type ImageVolumeSource = Infer<typeof ImageVolumeSource>;

export const VolumeSource = message('core.v1.VolumeSource', 'What a volume is: one of these.', {
  hostPath: pointer(1, HostPathVolumeSource, { doc: 'A file or directory of the node.' }),
  emptyDir: pointer(2, EmptyDirVolumeSource, { doc: 'A directory that starts empty and lives as long as the pod.' }),
  gcePersistentDisk: pointer(3, GCEPersistentDiskVolumeSource),
  awsElasticBlockStore: pointer(4, AWSElasticBlockStoreVolumeSource),
  gitRepo: pointer(5, GitRepoVolumeSource),
  secret: pointer(6, SecretVolumeSource, { doc: 'The keys of a Secret, as files.' }),
  nfs: pointer(7, NFSVolumeSource),
  iscsi: pointer(8, ISCSIVolumeSource),
  glusterfs: pointer(9, GlusterfsVolumeSource),
  persistentVolumeClaim: pointer(10, PersistentVolumeClaimVolumeSource, { doc: 'A persistent volume, by its claim.' }),
  rbd: pointer(11, RBDVolumeSource),
  flexVolume: pointer(12, FlexVolumeSource),
  cinder: pointer(13, CinderVolumeSource),
  cephfs: pointer(14, CephFSVolumeSource),
  flocker: pointer(15, FlockerVolumeSource),
  downwardAPI: pointer(16, DownwardAPIVolumeSource, { doc: 'Fields of the pod, as files.' }),
  fc: pointer(17, FCVolumeSource),
  azureFile: pointer(18, AzureFileVolumeSource),
  configMap: pointer(19, ConfigMapVolumeSource, { doc: 'The keys of a ConfigMap, as files.' }),
  vsphereVolume: pointer(20, VsphereVirtualDiskVolumeSource),
  quobyte: pointer(21, QuobyteVolumeSource),
  azureDisk: pointer(22, AzureDiskVolumeSource),
  photonPersistentDisk: pointer(23, PhotonPersistentDiskVolumeSource),
  projected: pointer(26, ProjectedVolumeSource, { doc: 'Several of these in one directory.' }),
  portworxVolume: pointer(24, PortworxVolumeSource),
  scaleIO: pointer(25, ScaleIOVolumeSource),
  storageos: pointer(27, StorageOSVolumeSource),
  csi: pointer(28, CSIVolumeSource),
  ephemeral: pointer(29, EphemeralVolumeSource),
  image: pointer(30, ImageVolumeSource),
});
export type VolumeSource = Infer<typeof VolumeSource>;

export const Volume = message(
  'core.v1.Volume',
  'A directory that containers of a pod can mount.',
  {
    name: required(1, string, { doc: 'Name by which volumeMounts refer to it.' }),
  },
  [inline(2, VolumeSource)],
);
export type Volume = Infer<typeof Volume>;
