// Ports, domain and files that a cluster's processes agree on.

import { join } from 'node:path';
import { dataDirOf } from './data-folder.ts';
import { type ClusterCard, stateDirOf } from './state.ts';

export const clusterDomain = 'cluster.local';
/** Not 53: a resolver of the host may hold that port on every address. */
export const dnsPort = 10053;
export const kubeletPort = 10250;
export const defaultApiPort = 6443;
/** The certificate authority stays with the data, so that a kubeconfig is good for every run of a cluster. */
export const pkiDirOf = ({ name, storage }: ClusterCard): string =>
  join(storage === 'memory' ? stateDirOf(name) : dataDirOf(name), 'pki');
export const kubeconfigPath = (name: string): string => join(stateDirOf(name), 'kubeconfig');
export const dnsKubeconfigPath = (name: string): string => join(stateDirOf(name), 'dns.kubeconfig');
