// A signal that aborts when one of several does, and lets go of them again. AbortSignal.any() stays registered with its
// sources for as long as somebody listens to it, which in a server would be a leak for each request.

export interface LinkedSignal {
  readonly signal: AbortSignal;
  abort(): void;
  /** Forgets the sources; must be called when the work is done. */
  unlink(): void;
}

export function linkSignals(sources: readonly (AbortSignal | undefined)[]): LinkedSignal {
  const controller = new AbortController();
  const live = sources.filter((source) => source !== undefined);
  const unlink = () => {
    for (const source of live) source.removeEventListener('abort', abort);
  };
  const abort = () => {
    unlink();
    controller.abort(live.find(({ aborted }) => aborted)?.reason);
  };
  for (const source of live) source.addEventListener('abort', abort, { once: true });
  if (live.some(({ aborted }) => aborted)) abort();
  return { signal: controller.signal, abort, unlink };
}
