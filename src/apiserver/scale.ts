// The /scale sub-resource (api.md §14): the number of replicas of a workload, as an autoscaling/v1 Scale of its own.

import { invalid, invalidValue, type Kind, type KubeObject, notFound, type Scale } from '#api/index.ts';
import { scaleColumns } from '#api/kinds/index.ts';
import { Scale as scaleSchema } from '#api/schema/autoscaling.ts';
import type { HttpResponse } from '#lib/http.ts';
import { decodeObject } from './body.ts';
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
  return store(parts, call, options, () => wanted);
}

export async function patchScale(parts: Parts, call: Call): Promise<HttpResponse> {
  const options = patchOptions(call);
  const apply = parsePatch(call.request, scaleType, options);
  return store(parts, call, options, (live) => apply(live) as Scale);
}

async function store(parts: Parts, call: Call, options: WriteOptions, wish: (live: Scale) => Scale) {
  const { kind, at } = call;
  const apply = (old: KubeObject): KubeObject => {
    const { spec, metadata } = wish(scaleOf(kind, old));
    const replicas = spec.replicas ?? 0;
    if (replicas < 0) {
      const why = 'must be greater than or equal to 0';
      throw invalid(scaleType, at.name, [invalidValue('spec.replicas', replicas, why)]);
    }
    kind.scale?.setReplicas(old, replicas);
    // The versions are the workload's own, so a stale Scale is a conflict of the workload.
    if (metadata.resourceVersion) old.metadata.resourceVersion = metadata.resourceVersion;
    if (metadata.uid) old.metadata.uid = metadata.uid;
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
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: { replicas: scale?.replicas(object) ?? 0 },
    status: { replicas: scale?.statusReplicas(object) ?? 0, ...(selector && { selector }) },
  };
}
