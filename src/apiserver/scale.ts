// The /scale sub-resource (api.md §14): the number of replicas of a workload, as an autoscaling/v1 Scale of its own.

import {
  apiVersionOf,
  conflict,
  invalid,
  invalidValue,
  type Kind,
  type KubeObject,
  notFound,
  type Scale,
} from '#api/index.ts';
import { scaleColumns } from '#api/kinds/index.ts';
import { Scale as scaleSchema } from '#api/schema/autoscaling.ts';
import {
  entriesOf,
  ignoredFields,
  type Manager,
  type Owner,
  shapeOf,
  singleVersion,
  storedOwners,
  toParent,
  toScale,
  trackUpdate,
} from '#api/schema/managed-fields/index.ts';
import { timestamp } from '#api/schema/time.ts';
import type { HttpResponse } from '#lib/http.ts';
import { applyOnto, applyOptions, isApply, parseConfig } from './apply.ts';
import { checkObject, decodeObject } from './body.ts';
import { type Call, type WriteOptions, writeOptions } from './call.ts';
import { assertName, placeInNamespace } from './metadata.ts';
import type { Parts } from './parts.ts';
import { parsePatch, patchOptions } from './patch.ts';
import { respondWithObject } from './represent.ts';

export const scaleType = { group: 'autoscaling', version: 'v1', kind: 'Scale', schema: scaleSchema } as const;
const scaleTable = { columns: scaleColumns as unknown as Kind['columns'] };

export async function getScale(parts: Parts, call: Call): Promise<HttpResponse> {
  const entry = await parts.registry.get(call.kind, call.at);
  if (!entry) throw notFound(call.kind, call.at.name);
  return respondWithScale(parts, call, parts.registry.decode(entry));
}

export async function updateScale(parts: Parts, call: Call): Promise<HttpResponse> {
  const options = writeOptions(call, 'UpdateOptions');
  const wanted = decodeObject(call.request, scaleType, options) as Scale;
  placeInNamespace(call.kind, wanted, call.at);
  assertName(wanted, call.at);
  return store(
    parts,
    call,
    options,
    tracked(parts, options, () => wanted),
  );
}

export async function patchScale(parts: Parts, call: Call): Promise<HttpResponse> {
  if (isApply(call.request)) return applyScale(parts, call);
  const options = patchOptions(call);
  const apply = parsePatch(call.request, scaleType, options);
  return store(
    parts,
    call,
    options,
    tracked(parts, options, (live) => apply(live) as Scale),
  );
}

async function applyScale(parts: Parts, call: Call): Promise<HttpResponse> {
  const options = applyOptions(call);
  const config = parseConfig(call, scaleType, options);
  const manager = managerOf(options, 'Apply');
  const wish = { config, expected: scaleType, versions, ignored, manager, force: options.force };
  return store(parts, call, options, (live, known) => {
    const { object, owners } = applyOnto(wish, live, known, parts.clock.now());
    const scale = checkObject(object, [], scaleType, { ...options, fieldValidation: 'Ignore' }) as Scale;
    placeInNamespace(call.kind, scale, call.at);
    assertName(scale, call.at);
    return { scale, owners };
  });
}

const version = apiVersionOf(scaleType);
const versions = singleVersion(version, shapeOf(scaleSchema));
/** A Scale decides about the number of replicas alone. */
const ignored = ignoredFields(['metadata'], ['status']);

const managerOf = ({ fieldManager }: WriteOptions, operation: 'Apply' | 'Update'): Manager => ({
  name: fieldManager,
  operation,
  apiVersion: version,
  subresource: 'scale',
});

/** What a Scale is to be, and who owns what of it then. */
type Wish = (live: Scale, owners: readonly Owner[]) => { scale: Scale; owners: readonly Owner[] };

const tracked =
  ({ clock }: Parts, options: WriteOptions, wish: (live: Scale) => Scale): Wish =>
  (live, owners) => {
    const scale = wish(live);
    const change = { versions, version, before: live, after: scale, ignored };
    const now = timestamp(clock.now());
    return {
      scale,
      owners: owners.length > 0 ? trackUpdate(change, owners, managerOf(options, 'Update'), now) : owners,
    };
  };

async function store(parts: Parts, call: Call, options: WriteOptions, wish: Wish) {
  const { kind, at } = call;
  const apply = (old: KubeObject): KubeObject => {
    const known = storedOwners(old.metadata.managedFields);
    const before = toScale(known, version);
    const { scale, owners } = wish(scaleOf(kind, old), before);
    const { spec, metadata } = scale;
    const replicas = spec.replicas ?? 0;
    if (replicas < 0) {
      const why = 'must be greater than or equal to 0';
      throw invalid(scaleType, at.name, [invalidValue('spec.replicas', replicas, why)]);
    }
    if (metadata.uid && metadata.uid !== old.metadata.uid) {
      const why = `Precondition failed: UID in precondition: ${metadata.uid}, UID in object meta: ${old.metadata.uid}`;
      throw conflict({ group: kind.group, resource: `${kind.resource}/scale` }, at.name, why);
    }
    kind.scale?.setReplicas(old, replicas);
    if (owners !== before) {
      const entries = entriesOf(toParent(known, owners, apiVersionOf(kind)));
      if (entries) old.metadata.managedFields = entries;
      else delete old.metadata.managedFields;
    }
    // The versions are the workload's own, so a stale Scale is a conflict of the workload.
    if (metadata.resourceVersion) old.metadata.resourceVersion = metadata.resourceVersion;
    return old;
  };
  const entry = await parts.writer.update(
    { ...at, kind },
    { ...options, rules: 'main', fieldManager: undefined, apply },
  );
  return respondWithScale(parts, call, parts.registry.decode(entry));
}

const respondWithScale = ({ clock }: Parts, call: Call, object: KubeObject): HttpResponse =>
  respondWithObject(call, scaleTable, scaleOf(call.kind, object), clock.now());

function scaleOf({ scale }: Kind, object: KubeObject): Scale {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const selector = scale?.selector(object);
  const replicas = scale?.replicas(object);
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    // None at all goes without saying, in upstream's Scale too.
    spec: replicas ? { replicas } : {},
    status: { replicas: scale?.statusReplicas(object) ?? 0, ...(selector && { selector }) },
  };
}
