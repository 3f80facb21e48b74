// Finds the kinds: every module of a folder is imported, and each Kind that one exports is served. So a new kind is a new
// file and nothing else. What the modules are called does not matter; discovery has an order of its own (api.md §2).

import { readdirSync } from 'node:fs';
import { extname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Kind } from '../kind.ts';
import { apiVersionOf } from '../resources.ts';

/** As upstream lists them in /apis, which is what decides between kinds of one name. Others follow by name. */
const groupOrder = [
  '',
  'apps',
  'events.k8s.io',
  'authentication.k8s.io',
  'authorization.k8s.io',
  'autoscaling',
  'batch',
  'certificates.k8s.io',
  'networking.k8s.io',
  'policy',
  'rbac.authorization.k8s.io',
  'storage.k8s.io',
  'admissionregistration.k8s.io',
  'apiextensions.k8s.io',
  'scheduling.k8s.io',
  'coordination.k8s.io',
  'node.k8s.io',
  'discovery.k8s.io',
];

/**
 * All kinds of a folder's modules, in the order of discovery. A module that cannot be imported, or a resource that is
 * there twice, fails the whole load. Modules of the folder may not import the one that waits for this.
 */
export async function loadKinds(folder: string): Promise<Kind[]> {
  // The sources are .ts; as published they are .js. Either way, one kind of file.
  const extension = extname(import.meta.filename);
  const apart = [`index${extension}`, `testing${extension}`];
  const files = readdirSync(folder).filter(
    (file) => file.endsWith(extension) && !file.endsWith(`.test${extension}`) && !apart.includes(file),
  );
  const found = await Promise.all(files.map((file) => kindsOf(join(folder, file))));
  // What one module exports again of another is the same kind.
  const kinds = [...new Set(found.flat())].sort(inOrder);
  for (const [i, kind] of kinds.entries()) assertAlone(kind, kinds[i + 1]);
  return kinds;
}

async function kindsOf(file: string): Promise<Kind[]> {
  try {
    const exported: object = await import(pathToFileURL(file).href);
    return Object.values(exported).filter(isKind);
  } catch (cause) {
    throw new Error(`Cannot load the kinds of ${file}: ${(cause as Error).message}`, { cause });
  }
}

function isKind(value: unknown): value is Kind {
  if (typeof value !== 'object' || value === null) return false;
  const { resource, kind, schema, columns } = value as Partial<Kind>;
  return typeof resource === 'string' && typeof kind === 'string' && schema?.is === 'message' && Array.isArray(columns);
}

const assertAlone = (kind: Kind, next: Kind | undefined): void => {
  if (next && inOrder(kind, next) === 0) {
    throw new Error(`Two files of kinds export the resource ${kind.resource} of ${apiVersionOf(kind)}`);
  }
};

const inOrder = (a: Kind, b: Kind): number =>
  rank(a.group) - rank(b.group) ||
  compare(a.group, b.group) ||
  compareVersions(a.version, b.version) ||
  compare(a.resource, b.resource);
const rank = (group: string): number => {
  const place = groupOrder.indexOf(group);
  return place === -1 ? groupOrder.length : place;
};
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const stages = ['alpha', 'beta', undefined];
/** The version that clients should prefer first: v2, v1, v1beta1, v1alpha1. */
function compareVersions(a: string, b: string): number {
  const parse = (version: string) => /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(version);
  const [one, other] = [parse(a), parse(b)];
  if (!one || !other) return Number(!one) - Number(!other) || compare(a, b);
  const stage = stages.indexOf(other[2]) - stages.indexOf(one[2]);
  return stage || Number(other[1]) - Number(one[1]) || Number(other[3] ?? 0) - Number(one[3] ?? 0);
}
