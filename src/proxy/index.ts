// The service proxy of a node.

export { cleanUp } from './clean-up.ts';
export { ConntrackExec } from './conntrack/conntrack.ts';
export { NodeProxy, type NodeProxyOptions, type NodeProxyParts } from './node-proxy.ts';
