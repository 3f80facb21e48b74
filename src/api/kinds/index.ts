// Every kind that the API server serves, in the order in which discovery lists them.

import type { Kind } from '../kind.ts';
import type { KubeObject } from '../object.ts';
import { apiVersionOf } from '../resources.ts';
import { configMapKind } from './config-map.ts';
import { deploymentKind } from './deployment.ts';
import { endpointSliceKind } from './endpoint-slice.ts';
import { endpointsKind } from './endpoints.ts';
import { eventKind } from './event.ts';
import { leaseKind } from './lease.ts';
import { namespaceKind } from './namespace.ts';
import { nodeKind } from './node.ts';
import { podKind } from './pod.ts';
import { replicaSetKind } from './replica-set.ts';
import { secretKind } from './secret.ts';
import { serviceKind } from './service.ts';
import { serviceAccountKind } from './service-account.ts';

/** Forgets the type: a kind's functions are only ever given objects of that kind. */
const untyped = <T extends KubeObject>(kind: Kind<T>): Kind => kind as unknown as Kind;

export const kinds: readonly Kind[] = [
  untyped(configMapKind),
  untyped(endpointsKind),
  untyped(eventKind),
  untyped(namespaceKind),
  untyped(nodeKind),
  untyped(podKind),
  untyped(secretKind),
  untyped(serviceAccountKind),
  untyped(serviceKind),
  untyped(deploymentKind),
  untyped(replicaSetKind),
  untyped(leaseKind),
  untyped(endpointSliceKind),
];

const byGroupVersionKind = new Map(kinds.map((kind) => [`${apiVersionOf(kind)} ${kind.kind}`, kind]));
/** By the `apiVersion` and `kind` that an object carries. */
export const kindFor = (apiVersion: string, kind: string): Kind | undefined =>
  byGroupVersionKind.get(`${apiVersion} ${kind}`);

export { validateMetadata, validateMetadataUpdate } from './metadata.ts';
export { scaleColumns } from './scale.ts';
