// networking.k8s.io: wire types of NetworkPolicy (api.md §4, §10.2).

import { type Infer, int32, intOrString, list, message, optional, pointer, required, string } from './dsl.ts';
import { LabelSelector, objectFields } from './meta.ts';

export const NetworkPolicyPort = message(
  'networking.v1.NetworkPolicyPort',
  'A port, or a range of ports, that traffic may go to.',
  {
    protocol: pointer(1, string, { doc: 'TCP (default), UDP or SCTP.' }),
    port: pointer(2, intOrString, { doc: 'Number, or name of a container port. Unset: every port.' }),
    endPort: pointer(3, int32, { doc: 'Last port of a range that begins at port, which must be a number then.' }),
  },
);
export type NetworkPolicyPort = Infer<typeof NetworkPolicyPort>;

export const IPBlock = message('networking.v1.IPBlock', 'A range of addresses, with holes.', {
  cidr: required(1, string, { doc: 'The range, such as 192.168.1.0/24 or 2001:db8::/64.' }),
  except: optional(2, list(string), { doc: 'Ranges inside of it that are left out.' }),
});
export type IPBlock = Infer<typeof IPBlock>;

export const NetworkPolicyPeer = message(
  'networking.v1.NetworkPolicyPeer',
  'Who may be at the other end: pods by label, or addresses.',
  {
    podSelector: pointer(1, LabelSelector, {
      doc: "Pods by their labels, in the policy's namespace or in those that namespaceSelector chooses.",
    }),
    namespaceSelector: pointer(2, LabelSelector, { doc: 'Namespaces by their labels. Alone it means all pods there.' }),
    ipBlock: pointer(3, IPBlock, { doc: 'Addresses. It stands alone, without selectors.' }),
  },
);
export type NetworkPolicyPeer = Infer<typeof NetworkPolicyPeer>;

export const NetworkPolicyIngressRule = message(
  'networking.v1.NetworkPolicyIngressRule',
  'Traffic that is let in: from any of the peers, to any of the ports.',
  {
    ports: optional(1, list(NetworkPolicyPort), { doc: 'Ports of the isolated pods. Empty: all.' }),
    from: optional(2, list(NetworkPolicyPeer), { doc: 'Where it comes from. Empty: anywhere.' }),
  },
);
export type NetworkPolicyIngressRule = Infer<typeof NetworkPolicyIngressRule>;

export const NetworkPolicyEgressRule = message(
  'networking.v1.NetworkPolicyEgressRule',
  'Traffic that is let out: to any of the peers, at any of the ports.',
  {
    ports: optional(1, list(NetworkPolicyPort), { doc: 'Ports at the other end. Empty: all.' }),
    to: optional(2, list(NetworkPolicyPeer), { doc: 'Where it goes. Empty: anywhere.' }),
  },
);
export type NetworkPolicyEgressRule = Infer<typeof NetworkPolicyEgressRule>;

export const NetworkPolicySpec = message(
  'networking.v1.NetworkPolicySpec',
  'Which pods are isolated, and what is let through all the same.',
  {
    podSelector: required(1, LabelSelector, { doc: 'The pods that are isolated. Empty: all of the namespace.' }),
    ingress: optional(2, list(NetworkPolicyIngressRule), {
      doc: 'What is let in. Empty: nothing, but what other policies allow.',
    }),
    egress: optional(3, list(NetworkPolicyEgressRule), { doc: 'What is let out, where policyTypes has Egress.' }),
    policyTypes: optional(4, list(string), {
      doc: 'The directions that are isolated: Ingress, Egress or both. By default Ingress, and Egress when there are egress rules.',
    }),
  },
);
export type NetworkPolicySpec = Infer<typeof NetworkPolicySpec>;

export const NetworkPolicy = message(
  'networking.v1.NetworkPolicy',
  'Isolates pods: what no policy lets through is dropped.',
  {
    ...objectFields,
    spec: required(2, NetworkPolicySpec, { doc: 'What is isolated and what is let through.' }),
  },
);
export type NetworkPolicy = Infer<typeof NetworkPolicy>;
