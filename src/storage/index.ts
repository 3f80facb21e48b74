// Revisioned keys with compare-and-set and watch: etcd's model, cut to what Kubernetes uses.

export { MemoryStore, type MemoryStoreOptions } from './memory.ts';
export * from './store.ts';
