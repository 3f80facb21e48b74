// What the rest of src/dns uses of the cache.

export { Cache } from './cache.ts';
export type { CacheLabels } from './cache-metrics.ts';
