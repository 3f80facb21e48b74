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
import { objectFields } from './meta.ts';
import { LocalObjectReference, ObjectReference } from './selector.ts';

export const NamespaceSpec = message('core.v1.NamespaceSpec', 'What a namespace is to be.', {
  finalizers: optional(1, list(string), {
    doc: 'Those who must agree before a deleted namespace is gone; "kubernetes" stands for the controller that empties it.',
  }),
});
export type NamespaceSpec = Infer<typeof NamespaceSpec>;

export const NamespaceCondition = message('core.v1.NamespaceCondition', "One aspect of a namespace's state.", {
  type: required(1, string, { doc: 'Name of the aspect.' }),
  status: required(2, string, { doc: 'True, False or Unknown.' }),
  lastTransitionTime: optional(4, time, { doc: 'When status last changed.' }),
  reason: optional(5, string, { doc: 'Why, in one word for programs.' }),
  message: optional(6, string, { doc: 'Why, for people.' }),
});
export type NamespaceCondition = Infer<typeof NamespaceCondition>;

export const NamespaceStatus = message('core.v1.NamespaceStatus', 'Whether a namespace is in use.', {
  phase: optional(1, string, { doc: 'Active, or Terminating while what is in it is being deleted.' }),
  conditions: optional(2, list(NamespaceCondition), {
    doc: 'What the deletion is waiting for.',
    merge: true,
    mergeKey: 'type',
    listType: 'map',
    listMapKeys: ['type'],
  }),
});
export type NamespaceStatus = Infer<typeof NamespaceStatus>;

export const Namespace = message(
  'core.v1.Namespace',
  'A room for names: objects in different namespaces may have the same name.',
  {
    ...objectFields,
    spec: required(2, NamespaceSpec, { doc: 'What the namespace is to be.' }),
    status: optional(3, NamespaceStatus, { doc: 'Whether it is in use or on its way out.' }),
  },
);
export type Namespace = Infer<typeof Namespace>;

export const ConfigMap = message('core.v1.ConfigMap', 'Configuration for pods: keys with text or octets.', {
  ...objectFields,
  immutable: pointer(4, bool, { doc: 'Whether the data is fixed for good. It cannot be taken back.' }),
  data: optional(2, map(string), { doc: 'Text by key.' }),
  binaryData: optional(3, map(bytes), { doc: 'Octets by key, in base64. No key may be in data as well.' }),
});
export type ConfigMap = Infer<typeof ConfigMap>;

export const Secret = message('core.v1.Secret', 'Like a ConfigMap, for what not everybody should read.', {
  ...objectFields,
  immutable: pointer(5, bool, { doc: 'Whether the data is fixed for good. It cannot be taken back.' }),
  data: optional(2, map(bytes), { doc: 'Octets by key, in base64.' }),
  stringData: optional(4, map(string), {
    doc: 'Text by key, for writing only: the server adds it to data and never shows it.',
  }),
  type: optional(3, string, {
    doc: 'What the secret is for; Opaque (default) when nobody needs to know. It cannot be changed.',
  }),
});
export type Secret = Infer<typeof Secret>;

export const ServiceAccount = message('core.v1.ServiceAccount', 'An identity for what runs in pods.', {
  ...objectFields,
  secrets: optional(2, list(ObjectReference), {
    doc: 'Secrets that pods of the account may use.',
    merge: true,
    mergeKey: 'name',
    listType: 'map',
    listMapKeys: ['name'],
  }),
  imagePullSecrets: optional(3, list(LocalObjectReference), {
    doc: 'Secrets with which images are pulled for its pods.',
  }),
  automountServiceAccountToken: pointer(4, bool, { doc: 'Whether its pods get a token by default.' }),
});
export type ServiceAccount = Infer<typeof ServiceAccount>;

export const EventSource = message('core.v1.EventSource', 'Who reports an event.', {
  component: optional(1, string, { doc: 'Name of the component.' }),
  host: optional(2, string, { doc: 'Node it runs on.' }),
});
export type EventSource = Infer<typeof EventSource>;

export const EventSeries = message('core.v1.EventSeries', 'How often something was seen again.', {
  count: optional(1, int32, { doc: 'How often.' }),
  lastObservedTime: optional(2, microTime, { doc: 'When it was last seen.' }),
});
export type EventSeries = Infer<typeof EventSeries>;

export const Event = message('core.v1.Event', 'A report of something that happened to an object.', {
  ...objectFields,
  involvedObject: required(2, ObjectReference, { doc: 'The object.' }),
  reason: optional(3, string, { doc: 'What happened, in one word for programs.' }),
  message: optional(4, string, { doc: 'What happened, for people.' }),
  source: optional(5, EventSource, { doc: 'Who says so.' }),
  firstTimestamp: optional(6, time, { doc: 'When it was first seen.' }),
  lastTimestamp: optional(7, time, { doc: 'When it was last seen.' }),
  count: optional(8, int32, { doc: 'How often it was seen.' }),
  type: optional(9, string, { doc: 'Normal or Warning.' }),
  eventTime: optional(10, microTime, { doc: 'When it was first seen, to the microsecond.' }),
  series: pointer(11, EventSeries, { doc: 'How often it was seen again.' }),
  action: optional(12, string, { doc: 'What was done about it.' }),
  related: pointer(13, ObjectReference, { doc: 'A second object that has to do with it.' }),
  reportingComponent: required(14, string, { omittable: true, doc: 'Name of the component that reports.' }),
  reportingInstance: required(15, string, { omittable: true, doc: 'Which instance of it.' }),
});
export type Event = Infer<typeof Event>;
