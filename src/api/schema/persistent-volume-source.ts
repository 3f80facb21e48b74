// persistent volume source: wire types (api.md §4, §10.2).

import { atomic, bool, type Infer, int32, list, map, message, optional, pointer, required, string } from './dsl.ts';
import { ObjectReference } from './selector.ts';
import {
  AWSElasticBlockStoreVolumeSource,
  AzureDiskVolumeSource,
  FCVolumeSource,
  FlockerVolumeSource,
  GCEPersistentDiskVolumeSource,
  HostPathVolumeSource,
  NFSVolumeSource,
  PhotonPersistentDiskVolumeSource,
  PortworxVolumeSource,
  QuobyteVolumeSource,
  VsphereVirtualDiskVolumeSource,
} from './volume.ts';

export const SecretReference = atomic(
  message('core.v1.SecretReference', 'A Secret of any namespace.', {
    name: optional(1, string, { doc: 'Its name.' }),
    namespace: optional(2, string, { doc: 'Its namespace.' }),
  }),
);
export type SecretReference = Infer<typeof SecretReference>;

export const GlusterfsPersistentVolumeSource = message(
  'core.v1.GlusterfsPersistentVolumeSource',
  'A GlusterFS volume.',
  {
    endpoints: required(1, string, { doc: 'Endpoints with the servers.' }),
    path: required(2, string, { doc: 'Name of the volume.' }),
    readOnly: optional(3, bool, { doc: 'Whether it is mounted read-only.' }),
    endpointsNamespace: pointer(4, string, { doc: "Namespace of the Endpoints; the claim's when not given." }),
  },
);
export type GlusterfsPersistentVolumeSource = Infer<typeof GlusterfsPersistentVolumeSource>;

export const RBDPersistentVolumeSource = message('core.v1.RBDPersistentVolumeSource', 'A block device of Ceph.', {
  monitors: required(1, list(string), { doc: 'Addresses of the monitors.' }),
  image: required(2, string, { doc: 'Name of the image.' }),
  fsType: optional(3, string, { doc: 'Type of its file system, such as ext4.' }),
  pool: optional(4, string, { doc: 'Pool of the image. Default rbd.' }),
  user: optional(5, string, { doc: 'User of Ceph. Default admin.' }),
  keyring: optional(6, string, { doc: 'Path of the keyring. Default /etc/ceph/keyring.' }),
  secretRef: pointer(7, SecretReference, { doc: 'Secret with the credentials.' }),
  readOnly: optional(8, bool, { doc: 'Whether it is mounted read-only.' }),
});
export type RBDPersistentVolumeSource = Infer<typeof RBDPersistentVolumeSource>;

export const ISCSIPersistentVolumeSource = message(
  'core.v1.ISCSIPersistentVolumeSource',
  'A disk of an iSCSI target.',
  {
    targetPortal: required(1, string, { doc: 'Address of the target.' }),
    iqn: required(2, string, { doc: 'Name of the target.' }),
    lun: required(3, int32, { doc: 'Number of the disk.' }),
    iscsiInterface: optional(4, string, { doc: 'Interface of the initiator. Default default.' }),
    fsType: optional(5, string, { doc: 'Type of its file system, such as ext4.' }),
    readOnly: optional(6, bool, { doc: 'Whether it is mounted read-only.' }),
    portals: optional(7, list(string), { doc: 'Further addresses of the target.' }),
    chapAuthDiscovery: optional(8, bool, { doc: 'Whether discovery uses CHAP.' }),
    chapAuthSession: optional(11, bool, { doc: 'Whether sessions use CHAP.' }),
    secretRef: pointer(10, SecretReference, { doc: 'Secret with the credentials.' }),
    initiatorName: pointer(12, string, { doc: 'Name of the initiator.' }),
  },
);
export type ISCSIPersistentVolumeSource = Infer<typeof ISCSIPersistentVolumeSource>;

export const CinderPersistentVolumeSource = message('core.v1.CinderPersistentVolumeSource', 'A volume of OpenStack.', {
  volumeID: required(1, string, { doc: 'Its id.' }),
  fsType: optional(2, string, { doc: 'Type of its file system, such as ext4.' }),
  readOnly: optional(3, bool, { doc: 'Whether it is mounted read-only.' }),
  secretRef: pointer(4, SecretReference, { doc: 'Secret with the credentials.' }),
});
export type CinderPersistentVolumeSource = Infer<typeof CinderPersistentVolumeSource>;

export const CephFSPersistentVolumeSource = message('core.v1.CephFSPersistentVolumeSource', 'A directory of CephFS.', {
  monitors: required(1, list(string), { doc: 'Addresses of the monitors.' }),
  path: optional(2, string, { doc: 'The directory. Default /.' }),
  user: optional(3, string, { doc: 'User of Ceph. Default admin.' }),
  secretFile: optional(4, string, { doc: 'Path of the keyring. Default /etc/ceph/user.secret.' }),
  secretRef: pointer(5, SecretReference, { doc: 'Secret with the credentials.' }),
  readOnly: optional(6, bool, { doc: 'Whether it is mounted read-only.' }),
});
export type CephFSPersistentVolumeSource = Infer<typeof CephFSPersistentVolumeSource>;

export const FlexPersistentVolumeSource = message(
  'core.v1.FlexPersistentVolumeSource',
  'A volume of a driver that is a program on the node.',
  {
    driver: required(1, string, { doc: 'Name of the driver.' }),
    fsType: optional(2, string, { doc: 'Type of its file system, such as ext4.' }),
    secretRef: pointer(3, SecretReference, { doc: 'Secret with the credentials.' }),
    readOnly: optional(4, bool, { doc: 'Whether it is mounted read-only.' }),
    options: optional(5, map(string), { doc: "The driver's own settings." }),
  },
);
export type FlexPersistentVolumeSource = Infer<typeof FlexPersistentVolumeSource>;

export const AzureFilePersistentVolumeSource = message('core.v1.AzureFilePersistentVolumeSource', 'A share of Azure.', {
  secretName: required(1, string, { doc: 'Secret with the credentials.' }),
  shareName: required(2, string, { doc: 'Name of the share.' }),
  readOnly: optional(3, bool, { doc: 'Whether it is mounted read-only.' }),
  secretNamespace: pointer(4, string, { doc: "Namespace of the Secret; the claim's when not given." }),
});
export type AzureFilePersistentVolumeSource = Infer<typeof AzureFilePersistentVolumeSource>;

export const ScaleIOPersistentVolumeSource = message('core.v1.ScaleIOPersistentVolumeSource', 'A volume of ScaleIO.', {
  gateway: required(1, string, { doc: 'Address of the gateway.' }),
  system: required(2, string, { doc: 'Name of the system.' }),
  secretRef: pointer(3, SecretReference, { doc: 'Secret with the credentials.' }),
  sslEnabled: optional(4, bool, { doc: 'Whether to speak TLS with the gateway.' }),
  protectionDomain: optional(5, string, { doc: 'Protection domain.' }),
  storagePool: optional(6, string, { doc: 'Storage pool.' }),
  storageMode: optional(7, string, { doc: 'ThinProvisioned (default) or ThickProvisioned.' }),
  volumeName: optional(8, string, { doc: 'Name of the volume.' }),
  fsType: optional(9, string, { doc: 'Type of its file system, such as ext4.' }),
  readOnly: optional(10, bool, { doc: 'Whether it is mounted read-only.' }),
});
export type ScaleIOPersistentVolumeSource = Infer<typeof ScaleIOPersistentVolumeSource>;

export const LocalVolumeSource = message(
  'core.v1.LocalVolumeSource',
  "A disk or directory of one node, the one of the volume's nodeAffinity.",
  {
    path: required(1, string, { doc: 'Where it is on the node.' }),
    fsType: pointer(2, string, { doc: 'Type of its file system, such as ext4.' }),
  },
);
export type LocalVolumeSource = Infer<typeof LocalVolumeSource>;

export const StorageOSPersistentVolumeSource = message(
  'core.v1.StorageOSPersistentVolumeSource',
  'A volume of StorageOS.',
  {
    volumeName: optional(1, string, { doc: 'Name of the volume.' }),
    volumeNamespace: optional(2, string, { doc: 'Its namespace in StorageOS.' }),
    fsType: optional(3, string, { doc: 'Type of its file system, such as ext4.' }),
    readOnly: optional(4, bool, { doc: 'Whether it is mounted read-only.' }),
    secretRef: pointer(5, ObjectReference, { doc: 'Secret with the credentials.' }),
  },
);
export type StorageOSPersistentVolumeSource = Infer<typeof StorageOSPersistentVolumeSource>;

export const CSIPersistentVolumeSource = message('core.v1.CSIPersistentVolumeSource', 'A volume of a CSI driver.', {
  driver: required(1, string, { doc: 'Name of the driver.' }),
  volumeHandle: required(2, string, { doc: "The driver's name of the volume." }),
  readOnly: optional(3, bool, { doc: 'Whether it is mounted read-only.' }),
  fsType: optional(4, string, { doc: 'Type of its file system, such as ext4.' }),
  volumeAttributes: optional(5, map(string), { doc: "The driver's own settings." }),
  controllerPublishSecretRef: pointer(6, SecretReference, { doc: 'Secret for attaching.' }),
  nodeStageSecretRef: pointer(7, SecretReference, { doc: 'Secret for the first mount on a node.' }),
  nodePublishSecretRef: pointer(8, SecretReference, { doc: 'Secret for mounting.' }),
  controllerExpandSecretRef: pointer(9, SecretReference, { doc: 'Secret for making it larger.' }),
  nodeExpandSecretRef: pointer(10, SecretReference, { doc: 'Secret for making it larger on the node.' }),
});
export type CSIPersistentVolumeSource = Infer<typeof CSIPersistentVolumeSource>;

export const PersistentVolumeSource = message('core.v1.PersistentVolumeSource', 'What a volume is: one of these.', {
  gcePersistentDisk: pointer(1, GCEPersistentDiskVolumeSource, { doc: 'A disk of Google Cloud.' }),
  awsElasticBlockStore: pointer(2, AWSElasticBlockStoreVolumeSource, { doc: 'A disk of AWS.' }),
  hostPath: pointer(3, HostPathVolumeSource, { doc: 'A directory of the node; for tests with one node.' }),
  glusterfs: pointer(4, GlusterfsPersistentVolumeSource, { doc: 'A GlusterFS volume.' }),
  nfs: pointer(5, NFSVolumeSource, { doc: 'A directory of an NFS server.' }),
  rbd: pointer(6, RBDPersistentVolumeSource, { doc: 'A block device of Ceph.' }),
  iscsi: pointer(7, ISCSIPersistentVolumeSource, { doc: 'A disk of an iSCSI target.' }),
  cinder: pointer(8, CinderPersistentVolumeSource, { doc: 'A volume of OpenStack.' }),
  cephfs: pointer(9, CephFSPersistentVolumeSource, { doc: 'A directory of CephFS.' }),
  fc: pointer(10, FCVolumeSource, { doc: 'A disk of a Fibre Channel network.' }),
  flocker: pointer(11, FlockerVolumeSource, { doc: 'A volume of Flocker.' }),
  flexVolume: pointer(12, FlexPersistentVolumeSource, { doc: 'A volume of a driver that is a program on the node.' }),
  azureFile: pointer(13, AzureFilePersistentVolumeSource, { doc: 'A share of Azure.' }),
  vsphereVolume: pointer(14, VsphereVirtualDiskVolumeSource, { doc: 'A disk of vSphere.' }),
  quobyte: pointer(15, QuobyteVolumeSource, { doc: 'A volume of Quobyte.' }),
  azureDisk: pointer(16, AzureDiskVolumeSource, { doc: 'A disk of Azure.' }),
  photonPersistentDisk: pointer(17, PhotonPersistentDiskVolumeSource, { doc: 'A disk of Photon Controller.' }),
  portworxVolume: pointer(18, PortworxVolumeSource, { doc: 'A volume of Portworx.' }),
  scaleIO: pointer(19, ScaleIOPersistentVolumeSource, { doc: 'A volume of ScaleIO.' }),
  local: pointer(20, LocalVolumeSource, { doc: 'A disk or directory of one node.' }),
  storageos: pointer(21, StorageOSPersistentVolumeSource, { doc: 'A volume of StorageOS.' }),
  csi: pointer(22, CSIPersistentVolumeSource, { doc: 'A volume of a CSI driver.' }),
});
export type PersistentVolumeSource = Infer<typeof PersistentVolumeSource>;
