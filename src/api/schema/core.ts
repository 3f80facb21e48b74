// core: wire types (api.md §4, §10.2).

import {
  bool,
  bytes,
  type Infer,
  int32,
  list,
  map,
  message,
  microTime,
  optional,
  pointer,
  required,
  string,
  time,
} from './dsl.ts';
import { ObjectMeta } from './meta.ts';
import { LocalObjectReference, ObjectReference } from './selector.ts';

export const NamespaceSpec = message('core.v1.NamespaceSpec', '', {
  finalizers: optional(1, list(string)),
});
export type NamespaceSpec = Infer<typeof NamespaceSpec>;

export const NamespaceCondition = message('core.v1.NamespaceCondition', '', {
  type: required(1, string),
  status: required(2, string),
  lastTransitionTime: optional(4, time),
  reason: optional(5, string),
  message: optional(6, string),
});
export type NamespaceCondition = Infer<typeof NamespaceCondition>;

export const NamespaceStatus = message('core.v1.NamespaceStatus', '', {
  phase: optional(1, string),
  conditions: optional(2, list(NamespaceCondition), {
    merge: true,
    mergeKey: 'type',
    listType: 'map',
    listMapKeys: ['type'],
  }),
});
export type NamespaceStatus = Infer<typeof NamespaceStatus>;

export const Namespace = message('core.v1.Namespace', '', {
  apiVersion: optional(0, string),
  kind: optional(0, string),
  metadata: required(1, ObjectMeta),
  spec: required(2, NamespaceSpec),
  status: optional(3, NamespaceStatus),
});
export type Namespace = Infer<typeof Namespace>;

export const ConfigMap = message('core.v1.ConfigMap', '', {
  apiVersion: optional(0, string),
  kind: optional(0, string),
  metadata: required(1, ObjectMeta),
  immutable: pointer(4, bool),
  data: optional(2, map(string)),
  binaryData: optional(3, map(bytes)),
});
export type ConfigMap = Infer<typeof ConfigMap>;

export const Secret = message('core.v1.Secret', '', {
  apiVersion: optional(0, string),
  kind: optional(0, string),
  metadata: required(1, ObjectMeta),
  immutable: pointer(5, bool),
  data: optional(2, map(bytes)),
  stringData: optional(4, map(string)),
  type: optional(3, string),
});
export type Secret = Infer<typeof Secret>;

export const ServiceAccount = message('core.v1.ServiceAccount', '', {
  apiVersion: optional(0, string),
  kind: optional(0, string),
  metadata: required(1, ObjectMeta),
  secrets: optional(2, list(ObjectReference), {
    merge: true,
    mergeKey: 'name',
    listType: 'map',
    listMapKeys: ['name'],
  }),
  imagePullSecrets: optional(3, list(LocalObjectReference)),
  automountServiceAccountToken: pointer(4, bool),
});
export type ServiceAccount = Infer<typeof ServiceAccount>;

export const EventSource = message('core.v1.EventSource', '', {
  component: optional(1, string),
  host: optional(2, string),
});
export type EventSource = Infer<typeof EventSource>;

export const EventSeries = message('core.v1.EventSeries', '', {
  count: optional(1, int32),
  lastObservedTime: optional(2, microTime),
});
export type EventSeries = Infer<typeof EventSeries>;

export const Event = message('core.v1.Event', '', {
  apiVersion: optional(0, string),
  kind: optional(0, string),
  metadata: required(1, ObjectMeta),
  involvedObject: required(2, ObjectReference),
  reason: optional(3, string),
  message: optional(4, string),
  source: optional(5, EventSource),
  firstTimestamp: optional(6, time),
  lastTimestamp: optional(7, time),
  count: optional(8, int32),
  type: optional(9, string),
  eventTime: optional(10, microTime),
  series: pointer(11, EventSeries),
  action: optional(12, string),
  related: pointer(13, ObjectReference),
  reportingComponent: required(14, string),
  reportingInstance: required(15, string),
});
export type Event = Infer<typeof Event>;
