// The Kubernetes API over a Store: in-process or over HTTPS.

export type { KubeletCredentials } from './kubelet-proxy.ts';
export type { ListenOptions } from './listener.ts';
export { ApiServer, type ApiServerOptions, type ApiServerParts } from './server.ts';
