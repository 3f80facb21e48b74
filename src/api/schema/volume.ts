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

export const GCEPersistentDiskVolumeSource = message(
  'core.v1.GCEPersistentDiskVolumeSource',
  'A disk of Google Cloud.',
  {
    pdName: required(1, string, { doc: 'Name of the disk.' }),
    fsType: optional(2, string, { doc: 'Type of its file system, such as ext4.' }),
    partition: optional(3, int32, { doc: 'Number of the partition; the whole disk when 0.' }),
    readOnly: optional(4, bool, { doc: 'Whether it is mounted read-only.' }),
  },
);
export type GCEPersistentDiskVolumeSource = Infer<typeof GCEPersistentDiskVolumeSource>;

export const AWSElasticBlockStoreVolumeSource = message('core.v1.AWSElasticBlockStoreVolumeSource', 'A disk of AWS.', {
  volumeID: required(1, string, { doc: 'Its id.' }),
  fsType: optional(2, string, { doc: 'Type of its file system, such as ext4.' }),
  partition: optional(3, int32, { doc: 'Number of the partition; the whole disk when 0.' }),
  readOnly: optional(4, bool, { doc: 'Whether it is mounted read-only.' }),
});
export type AWSElasticBlockStoreVolumeSource = Infer<typeof AWSElasticBlockStoreVolumeSource>;

export const GitRepoVolumeSource = message('core.v1.GitRepoVolumeSource', 'A repository that is cloned at the start.', {
  repository: required(1, string, { doc: 'Its URL.' }),
  revision: optional(2, string, { doc: 'Which commit.' }),
  directory: optional(3, string, { doc: 'Where to put it in the volume.' }),
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

export const NFSVolumeSource = message('core.v1.NFSVolumeSource', 'A directory of an NFS server.', {
  server: required(1, string, { doc: 'Name or address of the server.' }),
  path: required(2, string, { doc: 'The directory.' }),
  readOnly: optional(3, bool, { doc: 'Whether it is mounted read-only.' }),
});
export type NFSVolumeSource = Infer<typeof NFSVolumeSource>;

export const ISCSIVolumeSource = message('core.v1.ISCSIVolumeSource', 'A disk of an iSCSI target.', {
  targetPortal: required(1, string, { doc: 'Address of the target.' }),
  iqn: required(2, string, { doc: 'Name of the target.' }),
  lun: required(3, int32, { doc: 'Number of the disk.' }),
  iscsiInterface: optional(4, string, { doc: 'Interface of the initiator. Default default.' }),
  fsType: optional(5, string, { doc: 'Type of its file system, such as ext4.' }),
  readOnly: optional(6, bool, { doc: 'Whether it is mounted read-only.' }),
  portals: optional(7, list(string), { doc: 'Further addresses of the target.' }),
  chapAuthDiscovery: optional(8, bool, { doc: 'Whether discovery uses CHAP.' }),
  chapAuthSession: optional(11, bool, { doc: 'Whether sessions use CHAP.' }),
  secretRef: pointer(10, LocalObjectReference, { doc: 'Secret with the credentials.' }),
  initiatorName: pointer(12, string, { doc: 'Name of the initiator.' }),
});
export type ISCSIVolumeSource = Infer<typeof ISCSIVolumeSource>;

export const GlusterfsVolumeSource = message('core.v1.GlusterfsVolumeSource', 'A GlusterFS volume.', {
  endpoints: required(1, string, { doc: 'Endpoints with the servers.' }),
  path: required(2, string, { doc: 'Name of the volume.' }),
  readOnly: optional(3, bool, { doc: 'Whether it is mounted read-only.' }),
});
export type GlusterfsVolumeSource = Infer<typeof GlusterfsVolumeSource>;

export const PersistentVolumeClaimVolumeSource = message(
  'core.v1.PersistentVolumeClaimVolumeSource',
  'A persistent volume, by its claim.',
  {
    claimName: required(1, string, { doc: 'Name of the claim, in the namespace of the pod.' }),
    readOnly: optional(2, bool, { doc: 'Whether it is mounted read-only.' }),
  },
);
export type PersistentVolumeClaimVolumeSource = Infer<typeof PersistentVolumeClaimVolumeSource>;

export const RBDVolumeSource = message('core.v1.RBDVolumeSource', 'A block device of Ceph.', {
  monitors: required(1, list(string), { doc: 'Addresses of the monitors.' }),
  image: required(2, string, { doc: 'Name of the image.' }),
  fsType: optional(3, string, { doc: 'Type of its file system, such as ext4.' }),
  pool: optional(4, string, { doc: 'Pool of the image. Default rbd.' }),
  user: optional(5, string, { doc: 'User of Ceph. Default admin.' }),
  keyring: optional(6, string, { doc: 'Path of the keyring. Default /etc/ceph/keyring.' }),
  secretRef: pointer(7, LocalObjectReference, { doc: 'Secret with the credentials.' }),
  readOnly: optional(8, bool, { doc: 'Whether it is mounted read-only.' }),
});
export type RBDVolumeSource = Infer<typeof RBDVolumeSource>;

export const FlexVolumeSource = message(
  'core.v1.FlexVolumeSource',
  'A volume of a driver that is a program on the node.',
  {
    driver: required(1, string, { doc: 'Name of the driver.' }),
    fsType: optional(2, string, { doc: 'Type of its file system, such as ext4.' }),
    secretRef: pointer(3, LocalObjectReference, { doc: 'Secret with the credentials.' }),
    readOnly: optional(4, bool, { doc: 'Whether it is mounted read-only.' }),
    options: optional(5, map(string), { doc: "The driver's own settings." }),
  },
);
export type FlexVolumeSource = Infer<typeof FlexVolumeSource>;

export const CinderVolumeSource = message('core.v1.CinderVolumeSource', 'A volume of OpenStack.', {
  volumeID: required(1, string, { doc: 'Its id.' }),
  fsType: optional(2, string, { doc: 'Type of its file system, such as ext4.' }),
  readOnly: optional(3, bool, { doc: 'Whether it is mounted read-only.' }),
  secretRef: pointer(4, LocalObjectReference, { doc: 'Secret with the credentials.' }),
});
export type CinderVolumeSource = Infer<typeof CinderVolumeSource>;

export const CephFSVolumeSource = message('core.v1.CephFSVolumeSource', 'A directory of CephFS.', {
  monitors: required(1, list(string), { doc: 'Addresses of the monitors.' }),
  path: optional(2, string, { doc: 'The directory. Default /.' }),
  user: optional(3, string, { doc: 'User of Ceph. Default admin.' }),
  secretFile: optional(4, string, { doc: 'Path of the keyring. Default /etc/ceph/user.secret.' }),
  secretRef: pointer(5, LocalObjectReference, { doc: 'Secret with the credentials.' }),
  readOnly: optional(6, bool, { doc: 'Whether it is mounted read-only.' }),
});
export type CephFSVolumeSource = Infer<typeof CephFSVolumeSource>;

export const FlockerVolumeSource = message('core.v1.FlockerVolumeSource', 'A volume of Flocker.', {
  datasetName: optional(1, string, { doc: 'Name of the dataset.' }),
  datasetUUID: optional(2, string, { doc: 'Id of the dataset.' }),
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

export const FCVolumeSource = message('core.v1.FCVolumeSource', 'A disk of a Fibre Channel network.', {
  targetWWNs: optional(1, list(string), { doc: 'Names of the targets.' }),
  lun: pointer(2, int32, { doc: 'Number of the disk.' }),
  fsType: optional(3, string, { doc: 'Type of its file system, such as ext4.' }),
  readOnly: optional(4, bool, { doc: 'Whether it is mounted read-only.' }),
  wwids: optional(5, list(string), { doc: 'Ids of the disk, instead of targets and number.' }),
});
export type FCVolumeSource = Infer<typeof FCVolumeSource>;

export const AzureFileVolumeSource = message('core.v1.AzureFileVolumeSource', 'A share of Azure.', {
  secretName: required(1, string, { doc: 'Secret with the credentials.' }),
  shareName: required(2, string, { doc: 'Name of the share.' }),
  readOnly: optional(3, bool, { doc: 'Whether it is mounted read-only.' }),
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

export const VsphereVirtualDiskVolumeSource = message('core.v1.VsphereVirtualDiskVolumeSource', 'A disk of vSphere.', {
  volumePath: required(1, string, { doc: 'Path of the disk.' }),
  fsType: optional(2, string, { doc: 'Type of its file system, such as ext4.' }),
  storagePolicyName: optional(3, string, { doc: 'Name of the storage policy.' }),
  storagePolicyID: optional(4, string, { doc: 'Id of the storage policy.' }),
});
export type VsphereVirtualDiskVolumeSource = Infer<typeof VsphereVirtualDiskVolumeSource>;

export const QuobyteVolumeSource = message('core.v1.QuobyteVolumeSource', 'A volume of Quobyte.', {
  registry: required(1, string, { doc: 'Addresses of the registries.' }),
  volume: required(2, string, { doc: 'Name of the volume.' }),
  readOnly: optional(3, bool, { doc: 'Whether it is mounted read-only.' }),
  user: optional(4, string, { doc: 'User to mount it as.' }),
  group: optional(5, string, { doc: 'Group to mount it as.' }),
  tenant: optional(6, string, { doc: 'Tenant that it belongs to.' }),
});
export type QuobyteVolumeSource = Infer<typeof QuobyteVolumeSource>;

export const AzureDiskVolumeSource = message('core.v1.AzureDiskVolumeSource', 'A disk of Azure.', {
  diskName: required(1, string, { doc: 'Name of the disk.' }),
  diskURI: required(2, string, { doc: 'URI of the disk.' }),
  cachingMode: pointer(3, string, { doc: 'None, ReadOnly or ReadWrite (default).' }),
  fsType: pointer(4, string, { doc: 'Type of its file system, such as ext4.' }),
  readOnly: pointer(5, bool, { doc: 'Whether it is mounted read-only.' }),
  kind: pointer(6, string, { doc: 'Shared (default), Dedicated or Managed.' }),
});
export type AzureDiskVolumeSource = Infer<typeof AzureDiskVolumeSource>;

export const PhotonPersistentDiskVolumeSource = message(
  'core.v1.PhotonPersistentDiskVolumeSource',
  'A disk of Photon Controller.',
  {
    pdID: required(1, string, { doc: 'Its id.' }),
    fsType: optional(2, string, { doc: 'Type of its file system, such as ext4.' }),
  },
);
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

export const ClusterTrustBundleProjection = message(
  'core.v1.ClusterTrustBundleProjection',
  'Certificates of authorities that the cluster trusts, as a file.',
  {
    name: pointer(1, string, { doc: 'Name of the bundle. Either this or signerName.' }),
    signerName: pointer(2, string, { doc: 'All bundles of this signer.' }),
    labelSelector: pointer(3, LabelSelector, { doc: 'Which of them; none without it.' }),
    optional: pointer(5, bool, { doc: 'Whether there may be none.' }),
    path: required(4, string, { doc: 'Path of the file in the volume.' }),
  },
);
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

export const PortworxVolumeSource = message('core.v1.PortworxVolumeSource', 'A volume of Portworx.', {
  volumeID: required(1, string, { doc: 'Its id.' }),
  fsType: optional(2, string, { doc: 'Type of its file system, such as ext4.' }),
  readOnly: optional(3, bool, { doc: 'Whether it is mounted read-only.' }),
});
export type PortworxVolumeSource = Infer<typeof PortworxVolumeSource>;

export const ScaleIOVolumeSource = message('core.v1.ScaleIOVolumeSource', 'A volume of ScaleIO.', {
  gateway: required(1, string, { doc: 'Address of the gateway.' }),
  system: required(2, string, { doc: 'Name of the system.' }),
  secretRef: pointer(3, LocalObjectReference, { doc: 'Secret with the credentials.' }),
  sslEnabled: optional(4, bool, { doc: 'Whether to speak TLS with the gateway.' }),
  protectionDomain: optional(5, string, { doc: 'Protection domain.' }),
  storagePool: optional(6, string, { doc: 'Storage pool.' }),
  storageMode: optional(7, string, { doc: 'ThinProvisioned (default) or ThickProvisioned.' }),
  volumeName: optional(8, string, { doc: 'Name of the volume.' }),
  fsType: optional(9, string, { doc: 'Type of its file system, such as ext4.' }),
  readOnly: optional(10, bool, { doc: 'Whether it is mounted read-only.' }),
});
export type ScaleIOVolumeSource = Infer<typeof ScaleIOVolumeSource>;

export const StorageOSVolumeSource = message('core.v1.StorageOSVolumeSource', 'A volume of StorageOS.', {
  volumeName: optional(1, string, { doc: 'Name of the volume.' }),
  volumeNamespace: optional(2, string, { doc: 'Its namespace in StorageOS.' }),
  fsType: optional(3, string, { doc: 'Type of its file system, such as ext4.' }),
  readOnly: optional(4, bool, { doc: 'Whether it is mounted read-only.' }),
  secretRef: pointer(5, LocalObjectReference, { doc: 'Secret with the credentials.' }),
});
export type StorageOSVolumeSource = Infer<typeof StorageOSVolumeSource>;

export const CSIVolumeSource = message(
  'core.v1.CSIVolumeSource',
  'A volume of a CSI driver that lives as long as the pod.',
  {
    driver: required(1, string, { doc: 'Name of the driver.' }),
    readOnly: pointer(2, bool, { doc: 'Whether it is mounted read-only.' }),
    fsType: pointer(3, string, { doc: 'Type of its file system, such as ext4.' }),
    volumeAttributes: optional(4, map(string), { doc: "The driver's own settings." }),
    nodePublishSecretRef: pointer(5, LocalObjectReference, { doc: 'Secret for mounting.' }),
  },
);
export type CSIVolumeSource = Infer<typeof CSIVolumeSource>;

export const PersistentVolumeClaimTemplate = message(
  'core.v1.PersistentVolumeClaimTemplate',
  'What a claim is made from.',
  {
    metadata: optional(1, ObjectMeta, { doc: 'Labels and annotations of the claim.' }),
    spec: required(2, PersistentVolumeClaimSpec, { doc: 'What the volume must be like.' }),
  },
);
export type PersistentVolumeClaimTemplate = Infer<typeof PersistentVolumeClaimTemplate>;

export const EphemeralVolumeSource = message(
  'core.v1.EphemeralVolumeSource',
  'A persistent volume that is made for the pod and goes with it.',
  {
    volumeClaimTemplate: pointer(1, PersistentVolumeClaimTemplate, { doc: 'What its claim is made from.' }),
  },
);
export type EphemeralVolumeSource = Infer<typeof EphemeralVolumeSource>;

export const ImageVolumeSource = message('core.v1.ImageVolumeSource', 'The files of an image.', {
  reference: optional(1, string, { doc: 'Name of the image.' }),
  pullPolicy: optional(2, string, { doc: 'When to pull it: Always, IfNotPresent or Never.' }),
});
export type ImageVolumeSource = Infer<typeof ImageVolumeSource>;

export const VolumeSource = message('core.v1.VolumeSource', 'What a volume is: one of these.', {
  hostPath: pointer(1, HostPathVolumeSource, { doc: 'A file or directory of the node.' }),
  emptyDir: pointer(2, EmptyDirVolumeSource, { doc: 'A directory that starts empty and lives as long as the pod.' }),
  gcePersistentDisk: pointer(3, GCEPersistentDiskVolumeSource, { doc: 'A disk of Google Cloud.' }),
  awsElasticBlockStore: pointer(4, AWSElasticBlockStoreVolumeSource, { doc: 'A disk of AWS.' }),
  gitRepo: pointer(5, GitRepoVolumeSource, { doc: 'A repository that is cloned at the start.' }),
  secret: pointer(6, SecretVolumeSource, { doc: 'The keys of a Secret, as files.' }),
  nfs: pointer(7, NFSVolumeSource, { doc: 'A directory of an NFS server.' }),
  iscsi: pointer(8, ISCSIVolumeSource, { doc: 'A disk of an iSCSI target.' }),
  glusterfs: pointer(9, GlusterfsVolumeSource, { doc: 'A GlusterFS volume.' }),
  persistentVolumeClaim: pointer(10, PersistentVolumeClaimVolumeSource, { doc: 'A persistent volume, by its claim.' }),
  rbd: pointer(11, RBDVolumeSource, { doc: 'A block device of Ceph.' }),
  flexVolume: pointer(12, FlexVolumeSource, { doc: 'A volume of a driver that is a program on the node.' }),
  cinder: pointer(13, CinderVolumeSource, { doc: 'A volume of OpenStack.' }),
  cephfs: pointer(14, CephFSVolumeSource, { doc: 'A directory of CephFS.' }),
  flocker: pointer(15, FlockerVolumeSource, { doc: 'A volume of Flocker.' }),
  downwardAPI: pointer(16, DownwardAPIVolumeSource, { doc: 'Fields of the pod, as files.' }),
  fc: pointer(17, FCVolumeSource, { doc: 'A disk of a Fibre Channel network.' }),
  azureFile: pointer(18, AzureFileVolumeSource, { doc: 'A share of Azure.' }),
  configMap: pointer(19, ConfigMapVolumeSource, { doc: 'The keys of a ConfigMap, as files.' }),
  vsphereVolume: pointer(20, VsphereVirtualDiskVolumeSource, { doc: 'A disk of vSphere.' }),
  quobyte: pointer(21, QuobyteVolumeSource, { doc: 'A volume of Quobyte.' }),
  azureDisk: pointer(22, AzureDiskVolumeSource, { doc: 'A disk of Azure.' }),
  photonPersistentDisk: pointer(23, PhotonPersistentDiskVolumeSource, { doc: 'A disk of Photon Controller.' }),
  projected: pointer(26, ProjectedVolumeSource, { doc: 'Several of these in one directory.' }),
  portworxVolume: pointer(24, PortworxVolumeSource, { doc: 'A volume of Portworx.' }),
  scaleIO: pointer(25, ScaleIOVolumeSource, { doc: 'A volume of ScaleIO.' }),
  storageos: pointer(27, StorageOSVolumeSource, { doc: 'A volume of StorageOS.' }),
  csi: pointer(28, CSIVolumeSource, { doc: 'A volume of a CSI driver that lives as long as the pod.' }),
  ephemeral: pointer(29, EphemeralVolumeSource, {
    doc: 'A persistent volume that is made for the pod and goes with it.',
  }),
  image: pointer(30, ImageVolumeSource, { doc: 'The files of an image.' }),
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
