// The service proxy of a node.

export { ConntrackExec } from './conntrack/conntrack.ts';
export { NodeProxy, type NodeProxyOptions, type NodeProxyParts } from './node-proxy.ts';
