// What the tests of this folder share: Services of all sorts, as configurations and as objects.

import fc from 'fast-check';

const name = fc.constantFrom('a', 'b', 'c', 'd');
const word = fc.constantFrom('x', 'y', 'z');
const some: { requiredKeys: [] } = { requiredKeys: [] };
const map = fc.dictionary(name, word, { maxKeys: 3 });

const port = fc.record(
  {
    port: fc.constantFrom(80, 443, 53),
    protocol: fc.constantFrom('TCP', 'UDP'),
    name,
    nodePort: fc.integer({ min: 1, max: 3 }),
  },
  { requiredKeys: ['port', 'protocol'] },
);
const ports = fc.uniqueArray(port, { maxLength: 4, selector: (item) => `${item.port}/${item.protocol}` });

/** No list in it is empty, nor any map: those are other than absent only until they are stored. */
export const anyService = fc
  .record(
    {
      metadata: fc.record({ labels: map, annotations: map, finalizers: fc.uniqueArray(name, { maxLength: 3 }) }, some),
      spec: fc.record({ type: word, selector: map, ports, externalIPs: fc.array(word, { maxLength: 2 }) }, some),
    },
    some,
  )
  .map((service) => withoutEmpty(service) as Record<string, unknown>);

function withoutEmpty(value: unknown, depth = 0): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.length > 0 ? value : undefined;
  const entries = Object.entries(value).map(([key, inner]) => [key, withoutEmpty(inner, depth + 1)] as const);
  const kept = entries.filter(([, inner]) => inner !== undefined);
  return kept.length > 0 || depth < 1 ? Object.fromEntries(kept) : undefined;
}
