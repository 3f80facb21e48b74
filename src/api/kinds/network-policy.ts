// NetworkPolicy: which pods are isolated, and what is let through all the same (api.md §13, §18).

import { contains, formatCidr, parseAddress, parseCidr } from '#lib/cidr.ts';
import { type FieldError, forbiddenField, invalidValue, notSupported, required } from '../errors.ts';
import type { Kind } from '../kind.ts';
import { portName } from '../names.ts';
import { networkPolicies } from '../resources.ts';
import {
  type IPBlock,
  NetworkPolicy,
  type NetworkPolicyPeer,
  type NetworkPolicyPort,
} from '../schema/networking-policy.ts';
import { cidrValue } from './addresses.ts';
import { check, optionallyOneOf, portNumber, protocols } from './checks.ts';
import { ageColumn, column, nameColumn, selectorCell } from './columns.ts';
import { validateLabelSelector } from './metadata.ts';

const directions = ['Ingress', 'Egress'];

interface Rule {
  readonly path: string;
  readonly ports: NetworkPolicyPort[];
  readonly peers: NetworkPolicyPeer[];
  readonly peersPath: string;
}

/** The rules of both directions in one form. */
const rulesOf = ({ spec: { ingress = [], egress = [] } }: NetworkPolicy): Rule[] => [
  ...ingress.map(({ ports = [], from = [] }, i) => {
    const path = `spec.ingress[${i}]`;
    return { path, ports, peers: from, peersPath: `${path}.from` };
  }),
  ...egress.map(({ ports = [], to = [] }, i) => {
    const path = `spec.egress[${i}]`;
    return { path, ports, peers: to, peersPath: `${path}.to` };
  }),
];

function setDefaults(policy: NetworkPolicy): void {
  const { spec } = policy;
  for (const { ports } of rulesOf(policy)) for (const port of ports) port.protocol ??= 'TCP';
  if (!spec.policyTypes?.length) spec.policyTypes = spec.egress?.length ? ['Ingress', 'Egress'] : ['Ingress'];
}

const validate = (policy: NetworkPolicy): FieldError[] => [
  ...validateLabelSelector('spec.podSelector', policy.spec.podSelector),
  ...rulesOf(policy).flatMap(({ path, ports, peers, peersPath }) => [
    ...ports.flatMap((port, i) => validatePort(port, `${path}.ports[${i}]`)),
    ...peers.flatMap((peer, i) => validatePeer(peer, `${peersPath}[${i}]`)),
  ]),
  ...validateTypes(policy.spec.policyTypes ?? []),
];

function validateTypes(types: string[]): FieldError[] {
  const path = 'spec.policyTypes';
  if (types.length > 2) return [invalidValue(path, types, 'may not specify more than two policyTypes')];
  return types.flatMap((type, i) => (directions.includes(type) ? [] : notSupported(`${path}[${i}]`, type, directions)));
}

function validatePort({ protocol, port, endPort }: NetworkPolicyPort, path: string): FieldError[] {
  const errors = optionallyOneOf(`${path}.protocol`, protocol, protocols);
  if (typeof port === 'number') {
    errors.push(...portNumber(`${path}.port`, port));
    if (endPort === undefined) return errors;
    if (endPort < port)
      errors.push(invalidValue(`${path}.endPort`, endPort, 'must be greater than or equal to `port`'));
    return [...errors, ...portNumber(`${path}.endPort`, endPort)];
  }
  if (endPort !== undefined) {
    const which = port === undefined ? 'not specified' : 'non-numeric';
    errors.push(invalidValue(`${path}.endPort`, endPort, `may not be specified when \`port\` is ${which}`));
  }
  return port === undefined ? errors : [...errors, ...check(`${path}.port`, port, portName)];
}

function validatePeer({ podSelector, namespaceSelector, ipBlock }: NetworkPolicyPeer, path: string): FieldError[] {
  if (!podSelector && !namespaceSelector && !ipBlock) return [required(path, 'must specify a peer')];
  const errors = [
    ...validateLabelSelector(`${path}.podSelector`, podSelector),
    ...validateLabelSelector(`${path}.namespaceSelector`, namespaceSelector),
    ...(ipBlock ? validateBlock(ipBlock, `${path}.ipBlock`) : []),
  ];
  if (ipBlock && (podSelector || namespaceSelector)) {
    errors.push(forbiddenField(path, 'may not specify both ipBlock and another peer'));
  }
  return errors;
}

function validateBlock({ cidr, except = [] }: IPBlock, path: string): FieldError[] {
  if (!cidr) return [required(`${path}.cidr`)];
  const range = parseCidr(cidr);
  if (!range) return cidrValue(`${path}.cidr`, cidr);
  return except.flatMap((text, i) => {
    const hole = parseCidr(text);
    const at = `${path}.except[${i}]`;
    if (!hole) return cidrValue(at, text);
    const isInside = contains(range, { family: hole.family, value: hole.base }) && hole.prefix > range.prefix;
    return isInside ? [] : [invalidValue(at, text, 'must be a strict subset of `cidr`')];
  });
}

/** Ranges that say more than a range can: somebody may have meant the one address. */
const warnings = (policy: NetworkPolicy): string[] =>
  rulesOf(policy).flatMap(({ peers, peersPath }) =>
    peers.flatMap(({ ipBlock }, i) => {
      const path = `${peersPath}[${i}].ipBlock`;
      if (!ipBlock) return [];
      const excepted = (ipBlock.except ?? []).flatMap((text, j) => ambiguity(`${path}.except[${j}]`, text));
      return [...ambiguity(`${path}.cidr`, ipBlock.cidr), ...excepted];
    }),
  );

function ambiguity(path: string, text: string): string[] {
  const range = parseCidr(text);
  const address = parseAddress(text.split('/')[0] ?? '');
  if (!range || !address || address.value === range.base) return [];
  const single = formatCidr({
    family: address.family,
    base: address.value,
    prefix: range.family === 'IPv4' ? 32 : 128,
  });
  return [
    `${path}: CIDR value "${text}" is ambiguous in this context (should be "${formatCidr(range)}" or "${single}"?)`,
  ];
}

export const networkPolicyKind: Kind<NetworkPolicy> = {
  ...networkPolicies,
  singular: 'networkpolicy',
  shortNames: ['netpol'],
  schema: NetworkPolicy,
  setDefaults,
  validate,
  warnings,
  nameFormat: 'dns1123Subdomain',
  columns: [
    nameColumn,
    column('Pod-Selector', 'Labels of the pods that are isolated', ({ spec }) => selectorCell(spec.podSelector)),
    ageColumn,
  ],
  hasGeneration: true,
};
