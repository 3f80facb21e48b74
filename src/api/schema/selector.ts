// selector: wire types (api.md §4, §10.2).

import {
  atomic,
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

export const Taint = message('core.v1.Taint', 'Keeps pods off a node that do not tolerate it.', {
  key: required(1, string, { doc: 'Key of the taint.' }),
  value: optional(2, string, { doc: 'Value of the taint.' }),
  effect: required(3, string, {
    doc: 'NoSchedule, PreferNoSchedule, or NoExecute, which also drives out pods that are there.',
  }),
  timeAdded: pointer(4, time, { doc: 'When it was added; for NoExecute.' }),
});
export type Taint = Infer<typeof Taint>;

export const LocalObjectReference = atomic(
  message('core.v1.LocalObjectReference', 'Points to an object in the same namespace.', {
    name: optional(1, string, { doc: 'Its name.', default: '' }),
  }),
);
export type LocalObjectReference = Infer<typeof LocalObjectReference>;

export const ObjectFieldSelector = atomic(
  message('core.v1.ObjectFieldSelector', 'Points to a field of the pod itself.', {
    apiVersion: optional(1, string, { doc: 'Version of the schema; v1 when empty.' }),
    fieldPath: required(2, string, { doc: 'Path of the field, such as metadata.name or status.podIP.' }),
  }),
);
export type ObjectFieldSelector = Infer<typeof ObjectFieldSelector>;

export const ResourceFieldSelector = atomic(
  message('core.v1.ResourceFieldSelector', 'Points to an amount of a resource of a container.', {
    containerName: optional(1, string, { doc: 'Name of the container; needed in volumes.' }),
    resource: required(2, string, { doc: 'Which amount, such as limits.cpu.' }),
    divisor: optional(3, quantity, { doc: 'Unit to express it in; 1 when unset.' }),
  }),
);
export type ResourceFieldSelector = Infer<typeof ResourceFieldSelector>;

export const ConfigMapKeySelector = atomic(
  message(
    'core.v1.ConfigMapKeySelector',
    'One key of a ConfigMap.',
    {
      key: required(2, string, { doc: 'The key.' }),
      optional: pointer(3, bool, { doc: 'Whether ConfigMap and key may be missing.' }),
    },
    [inline(1, LocalObjectReference)],
  ),
);
export type ConfigMapKeySelector = Infer<typeof ConfigMapKeySelector>;

export const SecretKeySelector = atomic(
  message(
    'core.v1.SecretKeySelector',
    'One key of a Secret.',
    {
      key: required(2, string, { doc: 'The key.' }),
      optional: pointer(3, bool, { doc: 'Whether Secret and key may be missing.' }),
    },
    [inline(1, LocalObjectReference)],
  ),
);
export type SecretKeySelector = Infer<typeof SecretKeySelector>;

export const NodeSelectorRequirement = message('core.v1.NodeSelectorRequirement', 'A condition on a label or field.', {
  key: required(1, string, { doc: 'Key of the label, or path of the field.' }),
  operator: required(2, string, { doc: 'In, NotIn, Exists, DoesNotExist, Gt or Lt.' }),
  values: optional(3, list(string), { doc: 'The values for In and NotIn, one number for Gt and Lt.' }),
});
export type NodeSelectorRequirement = Infer<typeof NodeSelectorRequirement>;

export const NodeSelectorTerm = atomic(
  message('core.v1.NodeSelectorTerm', 'What a node must be like: all of this.', {
    matchExpressions: optional(1, list(NodeSelectorRequirement), { doc: 'Conditions on labels.' }),
    matchFields: optional(2, list(NodeSelectorRequirement), { doc: 'Conditions on fields: metadata.name.' }),
  }),
);
export type NodeSelectorTerm = Infer<typeof NodeSelectorTerm>;

export const NodeSelector = atomic(
  message('core.v1.NodeSelector', 'Nodes, chosen by their labels and fields.', {
    nodeSelectorTerms: required(1, list(NodeSelectorTerm), { doc: 'The terms; one of them has to hold.' }),
  }),
);
export type NodeSelector = Infer<typeof NodeSelector>;

export const Toleration = message('core.v1.Toleration', 'Lets a pod onto nodes with a matching taint.', {
  key: optional(1, string, { doc: 'Key of the taint; empty for all, with operator Exists.' }),
  operator: optional(2, string, { doc: 'Equal (default) or Exists.' }),
  value: optional(3, string, { doc: 'Value of the taint, for Equal.' }),
  effect: optional(4, string, { doc: 'Effect of the taint; empty for all.' }),
  tolerationSeconds: pointer(5, int64, { doc: 'Seconds for which NoExecute is tolerated; for ever when unset.' }),
});
export type Toleration = Infer<typeof Toleration>;

export const ObjectReference = atomic(
  message('core.v1.ObjectReference', 'Points to an object, or to a part of it.', {
    kind: optional(1, string, { doc: 'Its kind.' }),
    namespace: optional(2, string, { doc: 'Its namespace.' }),
    name: optional(3, string, { doc: 'Its name.' }),
    uid: optional(4, string, { doc: 'Its uid.' }),
    apiVersion: optional(5, string, { doc: 'Its group and version.' }),
    resourceVersion: optional(6, string, { doc: 'Its revision that is meant.' }),
    fieldPath: optional(7, string, { doc: 'Part of it that is meant, such as spec.containers{web}.' }),
  }),
);
export type ObjectReference = Infer<typeof ObjectReference>;
