// How Node runs a process that serves many small requests.

/**
 * A young generation of at most 8 MiB a half. By default it grows to 32 MiB: pauses of 10 to 40 ms, and 100 MB more memory,
 * for work in which nearly everything lives no longer than its request.
 */
export const serverNodeFlags: readonly string[] = ['--max-semi-space-size=8'];
