// The annotations in which version 1 of a HorizontalPodAutoscaler carries what it has no fields for, so that a client that
// knows only version 1 can change the rest without losing them. The names and the JSON are upstream's. What cannot be read
// is left out: a user may have written it.

import { HorizontalPodAutoscalerCondition, MetricSpec, MetricStatus } from '../../schema/autoscaling-v1-metrics.ts';
import type { HorizontalPodAutoscalerBehavior } from '../../schema/autoscaling-v2.ts';
import { HorizontalPodAutoscalerBehavior as behaviorSchema } from '../../schema/autoscaling-v2.ts';
import type { Message } from '../../schema/dsl.ts';
import type { ObjectMeta } from '../../schema/meta.ts';
import { checkFields, parseJson, prune } from '../../schema/strict.ts';

const prefix = 'autoscaling.alpha.kubernetes.io/';
const names = {
  metrics: `${prefix}metrics`,
  conditions: `${prefix}conditions`,
  currentMetrics: `${prefix}current-metrics`,
  behavior: `${prefix}behavior`,
} as const;

/** What travels in annotations, in version 1's types but for the behavior, of which version 1 has none. */
export interface RoundTrip {
  readonly metrics?: MetricSpec[] | undefined;
  readonly conditions?: HorizontalPodAutoscalerCondition[] | undefined;
  readonly currentMetrics?: MetricStatus[] | undefined;
  readonly behavior?: HorizontalPodAutoscalerBehavior | undefined;
}

export function dropRoundTripAnnotations(metadata: ObjectMeta): void {
  const { annotations } = metadata;
  if (!annotations) return;
  for (const name of Object.values(names)) delete annotations[name];
  if (Object.keys(annotations).length === 0) delete metadata.annotations;
}

/** The metadata with these annotations, and with none of them that are empty. */
export function writeRoundTrip(metadata: ObjectMeta, { behavior, ...lists }: RoundTrip): ObjectMeta {
  const annotations = { ...metadata.annotations };
  for (const name of Object.values(names)) delete annotations[name];
  for (const [key, list] of Object.entries(lists)) {
    if (list?.length) annotations[names[key as keyof typeof lists]] = JSON.stringify(list);
  }
  if (behavior) annotations[names.behavior] = JSON.stringify(recased(behavior, upper));
  const { annotations: _old, ...rest } = metadata;
  return Object.keys(annotations).length > 0 ? { ...rest, annotations } : rest;
}

export function readRoundTrip({ annotations = {} }: ObjectMeta): RoundTrip {
  return {
    metrics: readList(MetricSpec, annotations[names.metrics]),
    conditions: readList(HorizontalPodAutoscalerCondition, annotations[names.conditions]),
    currentMetrics: readList(MetricStatus, annotations[names.currentMetrics]),
    behavior: read(behaviorSchema, recased(parse(annotations[names.behavior]), lower)),
  };
}

function readList<T>(message: Message<T>, text: string | undefined): T[] | undefined {
  const value = parse(text);
  if (!Array.isArray(value)) return undefined;
  const items = value.map((item) => read(message, item));
  return items.includes(undefined) ? undefined : (items as T[]);
}

function read<T>(message: Message<T>, value: unknown): T | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  return checkFields(message as Message, value).typeError ? undefined : prune(message, value);
}

function parse(text: string | undefined): unknown {
  if (text === undefined) return undefined;
  try {
    return parseJson(text).value;
  } catch {
    return undefined;
  }
}

/** Upstream writes the behavior under the names of its Go fields, which begin with a capital, and reads either. */
function recased(value: unknown, initial: (letter: string) => string): unknown {
  if (Array.isArray(value)) return value.map((item) => recased(item, initial));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [initial(key.charAt(0)) + key.slice(1), recased(item, initial)]),
  );
}
const upper = (letter: string): string => letter.toUpperCase();
const lower = (letter: string): string => letter.toLowerCase();
