// The door of the kubelet.

export { Kubelet, type KubeletOptions, type KubeletParts } from './kubelet.ts';
export { removeLeftovers } from './leftovers.ts';
export type { Runtime } from './runtime.ts';
export { OciRuntime, type OciRuntimeOptions } from './runtimes/oci.ts';
