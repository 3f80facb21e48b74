// affinity: wire types (api.md §4, §10.2).

import { type Infer, int32, list, message, optional, pointer, required, string } from './dsl.ts';
import { LabelSelector } from './meta.ts';
import { NodeSelector, NodeSelectorTerm } from './selector.ts';

export const PreferredSchedulingTerm = message('core.v1.PreferredSchedulingTerm', '', {
  weight: required(1, int32),
  preference: required(2, NodeSelectorTerm),
});
export type PreferredSchedulingTerm = Infer<typeof PreferredSchedulingTerm>;

export const NodeAffinity = message('core.v1.NodeAffinity', 'Rules on nodes.', {
  requiredDuringSchedulingIgnoredDuringExecution: pointer(1, NodeSelector, { doc: 'Nodes that will do.' }),
  preferredDuringSchedulingIgnoredDuringExecution: optional(2, list(PreferredSchedulingTerm), {
    doc: 'Nodes that would be better.',
  }),
});
export type NodeAffinity = Infer<typeof NodeAffinity>;

export const PodAffinityTerm = message('core.v1.PodAffinityTerm', '', {
  labelSelector: pointer(1, LabelSelector),
  namespaces: optional(2, list(string)),
  topologyKey: required(3, string),
  namespaceSelector: pointer(4, LabelSelector),
  matchLabelKeys: optional(5, list(string)),
  mismatchLabelKeys: optional(6, list(string)),
});
export type PodAffinityTerm = Infer<typeof PodAffinityTerm>;

export const WeightedPodAffinityTerm = message('core.v1.WeightedPodAffinityTerm', '', {
  weight: required(1, int32),
  podAffinityTerm: required(2, PodAffinityTerm),
});
export type WeightedPodAffinityTerm = Infer<typeof WeightedPodAffinityTerm>;

export const PodAffinity = message('core.v1.PodAffinity', '', {
  requiredDuringSchedulingIgnoredDuringExecution: optional(1, list(PodAffinityTerm)),
  preferredDuringSchedulingIgnoredDuringExecution: optional(2, list(WeightedPodAffinityTerm)),
});
export type PodAffinity = Infer<typeof PodAffinity>;

export const PodAntiAffinity = message('core.v1.PodAntiAffinity', '', {
  requiredDuringSchedulingIgnoredDuringExecution: optional(1, list(PodAffinityTerm)),
  preferredDuringSchedulingIgnoredDuringExecution: optional(2, list(WeightedPodAffinityTerm)),
});
export type PodAntiAffinity = Infer<typeof PodAntiAffinity>;

export const Affinity = message('core.v1.Affinity', 'Rules on which nodes to choose for a pod.', {
  nodeAffinity: pointer(1, NodeAffinity, { doc: 'Rules on the nodes themselves.' }),
  podAffinity: pointer(2, PodAffinity, { doc: 'Pods to be near to.' }),
  podAntiAffinity: pointer(3, PodAntiAffinity, { doc: 'Pods to be away from.' }),
});
export type Affinity = Infer<typeof Affinity>;
