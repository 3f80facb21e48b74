// Revisioned keys with compare-and-set and watch: etcd's model, cut to what Kubernetes uses.

export { LmdbStore, type LmdbStoreOptions } from './lmdb.ts';
export { MemoryStore, type MemoryStoreOptions } from './memory.ts';
export * from './store.ts';
