// affinity: wire types (api.md §4, §10.2).

import { type Infer, int32, list, message, optional, pointer, required, string } from './dsl.ts';
import { LabelSelector } from './meta.ts';
import { NodeSelector, NodeSelectorTerm } from './selector.ts';

export const PreferredSchedulingTerm = message(
  'core.v1.PreferredSchedulingTerm',
  'Nodes that are better than others.',
  {
    weight: required(1, int32, { doc: 'How much better: 1 to 100.' }),
    preference: required(2, NodeSelectorTerm, { doc: 'Which nodes.' }),
  },
);
export type PreferredSchedulingTerm = Infer<typeof PreferredSchedulingTerm>;

export const NodeAffinity = message('core.v1.NodeAffinity', 'Rules on nodes.', {
  requiredDuringSchedulingIgnoredDuringExecution: pointer(1, NodeSelector, { doc: 'Nodes that will do.' }),
  preferredDuringSchedulingIgnoredDuringExecution: optional(2, list(PreferredSchedulingTerm), {
    doc: 'Nodes that would be better.',
  }),
});
export type NodeAffinity = Infer<typeof NodeAffinity>;

export const PodAffinityTerm = message('core.v1.PodAffinityTerm', 'Other pods, and what near them means.', {
  labelSelector: pointer(1, LabelSelector, { doc: 'Labels of the pods.' }),
  namespaces: optional(2, list(string), {
    doc: "Their namespaces; the pod's own when neither these nor a selector are given.",
  }),
  topologyKey: required(3, string, { doc: 'Label of nodes: those with the same value are near.' }),
  namespaceSelector: pointer(4, LabelSelector, { doc: 'Labels of their namespaces.' }),
  matchLabelKeys: optional(5, list(string), { doc: 'Labels in which they must be like this pod.' }),
  mismatchLabelKeys: optional(6, list(string), { doc: 'Labels in which they must differ from this pod.' }),
});
export type PodAffinityTerm = Infer<typeof PodAffinityTerm>;

export const WeightedPodAffinityTerm = message('core.v1.WeightedPodAffinityTerm', 'Other pods, with a weight.', {
  weight: required(1, int32, { doc: 'How much it counts: 1 to 100.' }),
  podAffinityTerm: required(2, PodAffinityTerm, { doc: 'The pods.' }),
});
export type WeightedPodAffinityTerm = Infer<typeof WeightedPodAffinityTerm>;

export const PodAffinity = message('core.v1.PodAffinity', 'Near which other pods to run.', {
  requiredDuringSchedulingIgnoredDuringExecution: optional(1, list(PodAffinityTerm), { doc: 'It must.' }),
  preferredDuringSchedulingIgnoredDuringExecution: optional(2, list(WeightedPodAffinityTerm), { doc: 'It should.' }),
});
export type PodAffinity = Infer<typeof PodAffinity>;

export const PodAntiAffinity = message('core.v1.PodAntiAffinity', 'Not near which other pods to run.', {
  requiredDuringSchedulingIgnoredDuringExecution: optional(1, list(PodAffinityTerm), { doc: 'It must not.' }),
  preferredDuringSchedulingIgnoredDuringExecution: optional(2, list(WeightedPodAffinityTerm), {
    doc: 'It should not.',
  }),
});
export type PodAntiAffinity = Infer<typeof PodAntiAffinity>;

export const Affinity = message('core.v1.Affinity', 'Rules on which nodes to choose for a pod.', {
  nodeAffinity: pointer(1, NodeAffinity, { doc: 'Rules on the nodes themselves.' }),
  podAffinity: pointer(2, PodAffinity, { doc: 'Pods to be near to.' }),
  podAntiAffinity: pointer(3, PodAntiAffinity, { doc: 'Pods to be away from.' }),
});
export type Affinity = Infer<typeof Affinity>;
