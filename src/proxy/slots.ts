// Endpoints of a Service are numbered 0 to n-1, and a connection draws a number. The numbering is not an order: it is kept
// from change to change, so that an endpoint that comes or goes moves at most one other.

/** The wanted endpoints (without duplicates), each in its previous slot where that still exists. */
export function placeInSlots(previous: readonly string[], wanted: readonly string[]): string[] {
  const homeless = new Set(wanted);
  const kept = previous.slice(0, wanted.length).map((endpoint) => (homeless.delete(endpoint) ? endpoint : undefined));
  const rest = homeless.values();
  return wanted.map((_, slot) => kept[slot] ?? (rest.next().value as string));
}
