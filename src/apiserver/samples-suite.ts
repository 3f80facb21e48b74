// The least that each kind accepts, for tests that try every kind. A kind that needs no more than a name is not here.

import { apiVersionOf, type Kind, type KubeObject } from '#api/index.ts';
import { deployment, pod, service } from './in-process-suite.ts';

const metadata = { name: 'x' };
const template = { metadata: { labels: { app: 'x' } }, spec: { containers: [{ name: 'c', image: 'host' }] } };
const jobSpec = { template: { spec: { containers: [{ name: 'c', image: 'host' }], restartPolicy: 'Never' } } };
const resources = { requests: { storage: '1Gi' } };
/** By apiVersion and kind; all of them called x, unless their kind has other ideas of names. */
const samplesOf = (namespace: string): Readonly<Record<string, object>> => ({
  'v1 Pod': pod('x'),
  'v1 Service': service('x'),
  'v1 Event': {
    metadata,
    involvedObject: { namespace, kind: 'Pod', name: 'p' },
    reason: 'r',
    type: 'Normal',
  },
  'events.k8s.io/v1 Event': {
    metadata,
    eventTime: '2026-01-01T00:00:00.000000Z',
    reportingController: 'example.com/c',
    reportingInstance: 'c-1',
    action: 'a',
    regarding: { namespace, kind: 'Pod', name: 'p' },
    reason: 'r',
    type: 'Normal',
  },
  'v1 PodTemplate': { metadata, template },
  'v1 ReplicationController': { metadata, spec: { template } },
  'v1 PersistentVolume': {
    metadata,
    spec: { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], hostPath: { path: '/data' } },
  },
  'v1 PersistentVolumeClaim': { metadata, spec: { accessModes: ['ReadWriteOnce'], resources } },
  'apps/v1 ControllerRevision': { metadata, data: { spec: {} }, revision: 1 },
  'apps/v1 DaemonSet': deployment('x'),
  'apps/v1 Deployment': deployment('x'),
  'apps/v1 StatefulSet': deployment('x'),
  'batch/v1 CronJob': { metadata, spec: { schedule: '*/5 * * * *', jobTemplate: { spec: jobSpec } } },
  'batch/v1 Job': { metadata, spec: jobSpec },
  'storage.k8s.io/v1 StorageClass': { metadata, provisioner: 'example.com/disk' },
  'apps/v1 ReplicaSet': deployment('x'),
  'autoscaling/v1 HorizontalPodAutoscaler': {
    metadata,
    spec: { scaleTargetRef: { kind: 'Deployment', name: 'd', apiVersion: 'apps/v1' }, maxReplicas: 3 },
  },
  'autoscaling/v2 HorizontalPodAutoscaler': {
    metadata,
    spec: { scaleTargetRef: { kind: 'Deployment', name: 'd', apiVersion: 'apps/v1' }, maxReplicas: 3 },
  },
  'networking.k8s.io/v1 Ingress': {
    metadata,
    spec: { defaultBackend: { service: { name: 's', port: { number: 80 } } } },
  },
  'networking.k8s.io/v1 IngressClass': { metadata, spec: { controller: 'example.com/c' } },
  'networking.k8s.io/v1 IPAddress': {
    metadata: { name: '10.96.0.20' },
    spec: { parentRef: { resource: 'services', namespace, name: 's' } },
  },
  'networking.k8s.io/v1 ServiceCIDR': { metadata, spec: { cidrs: ['10.96.0.0/16'] } },
  'discovery.k8s.io/v1 EndpointSlice': { metadata, addressType: 'IPv4', endpoints: [], ports: [] },
});

export const keyOf = (kind: Kind): string => `${apiVersionOf(kind)} ${kind.kind}`;
export const sampledKinds = Object.keys(samplesOf('default'));
export const sampleOf = (kind: Kind, namespace = 'default'): KubeObject =>
  (samplesOf(namespace)[keyOf(kind)] ?? { metadata }) as KubeObject;

export function collectionOf(kind: Kind, namespace = 'default'): string {
  const root = kind.group ? `/apis/${apiVersionOf(kind)}` : `/api/${kind.version}`;
  return kind.namespaced ? `${root}/namespaces/${namespace}/${kind.resource}` : `${root}/${kind.resource}`;
}
