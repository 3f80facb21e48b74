// POST pods/NAME/eviction (api.md §11, §14): a delete that a PodDisruptionBudget may refuse. What the budget has left is
// spent, by compare-and-set on its status, before the pod is deleted, so that no two evictions count on the same spare pod.

import {
  ApiError,
  badRequest,
  conflict,
  forbidden,
  isConflict,
  isNotFound,
  isPodReady,
  isPodTerminal,
  type Kind,
  type KubeObject,
  matchesSelector,
  notFound,
  type Pod,
  type PodDisruptionBudget,
  withDisruptionCondition,
} from '#api/index.ts';
import { podKind } from '#api/kinds/pod.ts';
import { podDisruptionBudgetKind } from '#api/kinds/pod-disruption-budget.ts';
import type { Infer } from '#api/schema/dsl.ts';
import { Eviction as evictionSchema } from '#api/schema/policy.ts';
import type { HttpResponse } from '#lib/http.ts';
import { decodeObject } from './body.ts';
import { type Call, writeOptions } from './call.ts';
import { deleteObject, type ParsedDeleteOptions, parseDeleteOptions } from './delete.ts';
import { collect } from './list.ts';
import { nameByUrl, placeInNamespace, timestamp } from './metadata.ts';
import type { Parts } from './parts.ts';
import { respondWithSuccess } from './represent.ts';
import { everything } from './selection.ts';
import type { Target } from './writer.ts';

/** Clients of old call the same fields by another version. */
const evictionType = {
  group: 'policy',
  version: 'v1',
  kind: 'Eviction',
  schema: evictionSchema,
  alsoAccepts: ['policy/v1beta1'],
} as const;
const budgets = podDisruptionBudgetKind as unknown as Kind;
const attempts = 16;
/** Granted evictions that the controller has not seen happen yet; with more than these something is wrong with it. */
const disruptedLimit = 2000;

export async function evict(parts: Parts, call: Call): Promise<HttpResponse> {
  const options = writeOptions(call, 'CreateOptions');
  const eviction = decodeObject(call.request, evictionType, options) as Infer<typeof evictionSchema>;
  placeInNamespace(call.kind, eviction, call.at);
  if (eviction.metadata.name && eviction.metadata.name !== call.at.name) {
    throw badRequest('name in URL does not match name in Eviction object');
  }
  nameByUrl(eviction, call.at);
  const deletion = parseDeleteOptions(eviction.deleteOptions ?? {}, options.dryRun ? ['All'] : []);
  await evictPod(parts, { ...call.at, kind: call.kind }, deletion);
  return respondWithSuccess(call, 201);
}

async function evictPod(parts: Parts, target: Target, deletion: ParsedDeleteOptions): Promise<void> {
  for (let attempt = 0; attempt < attempts; attempt++) {
    const entry = await parts.registry.get(target.kind, target);
    if (!entry) throw notFound(target.kind, target.name);
    const pod = parts.registry.decode<Pod>(entry);
    const leave = await leaveFor(parts, pod, deletion);
    try {
      await condemn(parts, target, leave.onlyAsSeen ? asSeen(deletion, pod) : deletion);
      return;
    } catch (error) {
      // The client's own precondition is the client's to sort out.
      const isOurs = leave.onlyAsSeen && !deletion.preconditions?.resourceVersion;
      if (!isOurs || !isConflict(error)) throw error;
      if (leave.budget) throw stillProcessed(leave.budget);
    }
  }
  throw conflict(podKind, target.name, `it was changed by others ${attempts} times while it was being evicted`);
}

interface Leave {
  /** It goes as it was looked at or not at all: were it to become ready meanwhile, a budget would have a say. */
  readonly onlyAsSeen: boolean;
  /** The budget that let it go without being charged. */
  readonly budget?: string | undefined;
}

/** Whether the pod may go. Throws 429 when its budget is used up, 500 when it has several budgets. */
async function leaveFor(parts: Parts, pod: Pod, { isDryRun }: ParsedDeleteOptions): Promise<Leave> {
  if (isPodTerminal(pod) || pod.metadata.deletionTimestamp) return { onlyAsSeen: false };
  if (pod.status?.phase === 'Pending') return { onlyAsSeen: true };
  const [budget, second] = await budgetsOf(parts, pod);
  if (!budget) return { onlyAsSeen: false };
  if (second) {
    const why = 'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.';
    throw new ApiError(500, '', why);
  }
  const { metadata, spec, status } = budget;
  const { name = '' } = metadata;
  if (!isPodReady(pod)) {
    const { currentHealthy = 0, desiredHealthy = 0 } = status ?? {};
    const hasEnough = currentHealthy >= desiredHealthy && desiredHealthy > 0;
    if (spec.unhealthyPodEvictionPolicy === 'AlwaysAllow' || hasEnough) return { onlyAsSeen: true, budget: name };
  }
  await spend(parts, budget, pod, isDryRun);
  return { onlyAsSeen: false };
}

async function budgetsOf({ registry }: Parts, { metadata }: Pod): Promise<PodDisruptionBudget[]> {
  const prefix = registry.prefixOf(budgets, metadata.namespace);
  const reading = { kind: budgets, prefix, startKey: prefix, revision: undefined, limit: undefined };
  const { entries } = await collect(registry, { ...reading, selection: everything });
  const all = entries.map((entry) => registry.decode<PodDisruptionBudget>(entry));
  return all.filter(({ spec }) => matchesSelector(spec.selector, metadata.labels));
}

/** Takes one eviction off the budget, or finds that there is none to take. */
async function spend(parts: Parts, budget: PodDisruptionBudget, pod: Pod, dryRun: boolean): Promise<void> {
  const { namespace = '', name = '' } = budget.metadata;
  const now = parts.clock.now();
  const apply = (old: KubeObject) => spent(old as PodDisruptionBudget, pod.metadata.name ?? '', now);
  try {
    const change = { dryRun, rules: 'status', fieldManager: 'kube-apiserver', apply } as const;
    await parts.writer.update({ kind: budgets, namespace, name }, change);
  } catch (error) {
    // A budget that was deleted just now forbids nothing.
    if (!isNotFound(error)) throw error;
  }
}

function spent(budget: PodDisruptionBudget, pod: string, now: Date): PodDisruptionBudget {
  const { metadata, status } = budget;
  const { name = '', generation = 0 } = metadata;
  if (!status || (status.observedGeneration ?? 0) < generation) throw stillProcessed(name);
  const { disruptionsAllowed, disruptedPods = {}, desiredHealthy, currentHealthy } = status;
  if (disruptionsAllowed < 0) throw forbiddenBudget(name, 'pdb disruptions allowed is negative');
  if (Object.keys(disruptedPods).length > disruptedLimit) {
    const why = 'DisruptedPods map too big - too many evictions not confirmed by PDB controller';
    throw forbiddenBudget(name, why);
  }
  if (disruptionsAllowed === 0) {
    const healthy = `needs ${desiredHealthy} healthy pods and has ${currentHealthy} currently`;
    throw tooMany(`The disruption budget ${name} ${healthy}`);
  }
  const left = {
    ...status,
    disruptionsAllowed: disruptionsAllowed - 1,
    disruptedPods: { ...disruptedPods, [pod]: timestamp(now) },
  };
  return { ...budget, status: left.disruptionsAllowed > 0 ? left : withDisruptionCondition(left, now) };
}

const asSeen = (deletion: ParsedDeleteOptions, { metadata: { resourceVersion } }: Pod): ParsedDeleteOptions => ({
  ...deletion,
  preconditions: { resourceVersion, ...deletion.preconditions },
});

/** Says on the pod why it goes, for those who watch it go, and deletes it. */
async function condemn(parts: Parts, target: Target, deletion: ParsedDeleteOptions): Promise<void> {
  if (deletion.isDryRun) {
    await deleteObject(parts, target, deletion);
    return;
  }
  const { preconditions } = deletion;
  const now = timestamp(parts.clock.now());
  const apply = (old: KubeObject) => condemned(old as Pod, preconditions, now);
  const { modRevision } = await parts.writer.update(target, { dryRun: false, rules: 'none', apply });
  // What was to be as it was seen has just been changed by ourselves.
  const moved = preconditions?.resourceVersion && { ...preconditions, resourceVersion: String(modRevision) };
  await deleteObject(parts, target, moved ? { ...deletion, preconditions: moved } : deletion);
}

function condemned(pod: Pod, preconditions: ParsedDeleteOptions['preconditions'], now: string): Pod {
  const { name = '', uid, resourceVersion } = pod.metadata;
  if (preconditions?.uid && preconditions.uid !== uid) {
    const why = `the UID in the precondition (${preconditions.uid}) does not match the UID in record (${uid}). The object might have been deleted and then recreated`;
    throw conflict(podKind, name, why);
  }
  if (preconditions?.resourceVersion && preconditions.resourceVersion !== resourceVersion) {
    const why = `the ResourceVersion in the precondition (${preconditions.resourceVersion}) does not match the ResourceVersion in record (${resourceVersion}). The object might have been modified`;
    throw conflict(podKind, name, why);
  }
  const type = 'DisruptionTarget';
  const old = pod.status?.conditions?.find((condition) => condition.type === type);
  if (old?.status === 'True' && old.reason === 'EvictionByEvictionAPI') return pod;
  const condition = {
    type,
    status: 'True',
    reason: 'EvictionByEvictionAPI',
    message: 'Eviction API: evicting',
    lastTransitionTime: now,
  };
  const others = (pod.status?.conditions ?? []).filter((one) => one !== old);
  return { ...pod, status: { ...pod.status, conditions: [...others, condition] } };
}

const tooMany = (cause: string, retryAfterSeconds?: number): ApiError =>
  new ApiError(429, 'TooManyRequests', "Cannot evict pod as it would violate the pod's disruption budget.", {
    causes: [{ reason: 'DisruptionBudget', message: cause }],
    ...(retryAfterSeconds && { retryAfterSeconds }),
  });
const stillProcessed = (budget: string): ApiError =>
  tooMany(`The disruption budget ${budget} is still being processed by the server.`, 10);
const forbiddenBudget = (name: string, why: string): ApiError =>
  forbidden(`poddisruptionbudget.policy "${name}" is forbidden: ${why}`, {
    name,
    group: 'policy',
    kind: 'poddisruptionbudget',
  });
