// selector: wire types (api.md §4, §10.2).

import {
  bool,
  type Infer,
  inline,
  int64,
  list,
  message,
  optional,
  pointer,
  quantity,
  required,
  string,
  time,
} from './dsl.ts';

export const Taint = message('core.v1.Taint', '', {
  key: required(1, string),
  value: optional(2, string),
  effect: required(3, string),
  timeAdded: pointer(4, time),
});
export type Taint = Infer<typeof Taint>;

export const LocalObjectReference = message('core.v1.LocalObjectReference', '', {
  name: optional(1, string),
});
export type LocalObjectReference = Infer<typeof LocalObjectReference>;

export const ObjectFieldSelector = message('core.v1.ObjectFieldSelector', '', {
  apiVersion: optional(1, string),
  fieldPath: required(2, string),
});
export type ObjectFieldSelector = Infer<typeof ObjectFieldSelector>;

export const ResourceFieldSelector = message('core.v1.ResourceFieldSelector', '', {
  containerName: optional(1, string),
  resource: required(2, string),
  divisor: optional(3, quantity),
});
export type ResourceFieldSelector = Infer<typeof ResourceFieldSelector>;

export const ConfigMapKeySelector = message(
  'core.v1.ConfigMapKeySelector',
  '',
  {
    key: required(2, string),
    optional: pointer(3, bool),
  },
  [inline(1, LocalObjectReference)],
);
export type ConfigMapKeySelector = Infer<typeof ConfigMapKeySelector>;

export const SecretKeySelector = message(
  'core.v1.SecretKeySelector',
  '',
  {
    key: required(2, string),
    optional: pointer(3, bool),
  },
  [inline(1, LocalObjectReference)],
);
export type SecretKeySelector = Infer<typeof SecretKeySelector>;

export const NodeSelectorRequirement = message('core.v1.NodeSelectorRequirement', '', {
  key: required(1, string),
  operator: required(2, string),
  values: optional(3, list(string)),
});
export type NodeSelectorRequirement = Infer<typeof NodeSelectorRequirement>;

export const NodeSelectorTerm = message('core.v1.NodeSelectorTerm', '', {
  matchExpressions: optional(1, list(NodeSelectorRequirement)),
  matchFields: optional(2, list(NodeSelectorRequirement)),
});
export type NodeSelectorTerm = Infer<typeof NodeSelectorTerm>;

export const NodeSelector = message('core.v1.NodeSelector', '', {
  nodeSelectorTerms: required(1, list(NodeSelectorTerm)),
});
export type NodeSelector = Infer<typeof NodeSelector>;

export const Toleration = message('core.v1.Toleration', '', {
  key: optional(1, string),
  operator: optional(2, string),
  value: optional(3, string),
  effect: optional(4, string),
  tolerationSeconds: pointer(5, int64),
});
export type Toleration = Infer<typeof Toleration>;

export const ObjectReference = message('core.v1.ObjectReference', '', {
  kind: optional(1, string),
  namespace: optional(2, string),
  name: optional(3, string),
  uid: optional(4, string),
  apiVersion: optional(5, string),
  resourceVersion: optional(6, string),
  fieldPath: optional(7, string),
});
export type ObjectReference = Infer<typeof ObjectReference>;
