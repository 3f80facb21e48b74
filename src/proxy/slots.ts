// Endpoints of a Service are numbered 0 to n-1, and a connection draws a number. The numbering is not an order: it is kept
// from change to change, so that an endpoint that comes or goes moves at most one other.

/** A pool has at most this many slots; the local pool's numbers begin where those of the other end. */
export const mostSlots = 32768;

/**
 * The wanted endpoints (without duplicates), each in its previous slot where that still exists. Of more than
 * {@link mostSlots} the rest gets none.
 */
export function placeInSlots(previous: readonly (string | undefined)[], wanted: readonly string[]): readonly string[] {
  if (previous.length === 0 && wanted.length <= mostSlots) return wanted;
  const some = wanted.slice(0, mostSlots);
  const homeless = new Set(some);
  const kept = previous
    .slice(0, some.length)
    .map((endpoint) => (endpoint !== undefined && homeless.delete(endpoint) ? endpoint : undefined));
  const rest = homeless.values();
  return some.map((_, slot) => kept[slot] ?? (rest.next().value as string));
}
