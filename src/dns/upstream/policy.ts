// In which order the servers of a `forward` are asked (spec/dns.md §8).

import type { ForwardPolicy } from '../config/settings.ts';

export type Order = <T>(all: readonly T[]) => readonly T[];

export function orderOf(policy: ForwardPolicy): Order {
  if (policy === 'sequential') return (all) => all;
  return policy === 'random' ? shuffled : roundRobin();
}

function shuffled<T>(all: readonly T[]): readonly T[] {
  if (all.length < 2) return all;
  const rest = [...all];
  const order: T[] = [];
  while (rest.length > 0) order.push(...rest.splice(Math.floor(Math.random() * rest.length), 1));
  return order;
}

/** The first changes with each question; behind it stand the others as they are configured. */
function roundRobin(): Order {
  let turn = 0;
  return (all) => {
    if (all.length < 2) return all;
    turn = (turn + 1) % all.length;
    return [...all.slice(turn, turn + 1), ...all.slice(0, turn), ...all.slice(turn + 1)];
  };
}
