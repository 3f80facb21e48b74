// How a process is started that serves many small requests: settings that Node and the C library read before any of our
// code runs.

/**
 * A young generation of at most 12 MiB a half. By default it grows to 32 MiB: pauses of 10 to 40 ms, and 100 MB more memory,
 * for work in which nearly everything lives no longer than its request.
 */
const youngGeneration = '--max-semi-space-size=12';
/** The old generation may a little more than double between two collections; without a word, it grows further. */
const oldGeneration = '--heap-growing-percent=120';
export const serverNodeFlags: readonly string[] = [youngGeneration, oldGeneration];

/** Two heaps of the C library for all threads: with one for each, 50 MB more are held for nothing. */
export const serverEnvironment: Readonly<Record<string, string>> = { MALLOC_ARENA_MAX: '2' };

/**
 * Of the DNS server, as `bin/portolan dns` has them: 160 MB in place of 230 with 150,000 endpoints when every name has been asked
 * for, and no more after many lists anew. A query costs 1 % more.
 */
export const dnsNodeFlags: readonly string[] = ['--max-semi-space-size=4', '--heap-growing-percent=50'];
