// The quality-of-service class of a pod: who is evicted first when a node runs out.

import type { Container } from '../../schema/container.ts';
import type { PodSpec } from '../../schema/pod.ts';
import { parseQuantity, quantityError } from '../../schema/quantity.ts';

type Amounts = Map<string, bigint>;
const counted = ['cpu', 'memory'];

function amounts(list: Record<string, string> = {}): Amounts {
  const positive = counted.flatMap((name): [string, bigint][] => {
    const text = list[name];
    if (text === undefined || quantityError(text)) return [];
    const { nanos } = parseQuantity(text);
    return nanos > 0n ? [[name, nanos]] : [];
  });
  return new Map(positive);
}

/** A limit is also a request where no request is given; this holds before and after defaulting. */
const claims = ({ resources }: Container): { requests: Amounts; limits: Amounts } => ({
  requests: amounts({ ...resources?.limits, ...resources?.requests }),
  limits: amounts(resources?.limits),
});

export function qosClass({ containers, initContainers = [] }: PodSpec): 'Guaranteed' | 'Burstable' | 'BestEffort' {
  const all = [...containers, ...initContainers].map(claims);
  if (all.every(({ requests, limits }) => requests.size === 0 && limits.size === 0)) return 'BestEffort';
  const isLimited = all.every(({ limits }) => counted.every((name) => limits.has(name)));
  const total = (of: 'requests' | 'limits', name: string) =>
    all.reduce((sum, claim) => sum + (claim[of].get(name) ?? 0n), 0n);
  const isEven = counted.every((name) => total('requests', name) === total('limits', name));
  return isLimited && isEven ? 'Guaranteed' : 'Burstable';
}
