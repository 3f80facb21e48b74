// The service proxy of a node.

export { type Conntrack, ConntrackExec, type Flow } from './conntrack.ts';
export { Proxier, type ProxierOptions, type ProxierParts } from './proxier.ts';
