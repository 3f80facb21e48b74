// What happened that must not, with all that helps to see why.

import { run } from '#lib/run.ts';
import type { Allowed, Call } from './allowed.ts';
import { now } from './history.ts';
import type { Attempt } from './judge.ts';
import { tableOf } from './tables.ts';

const words = ({ address, port, protocol }: Call): string[] => [
  '-p',
  protocol.toLowerCase(),
  '-d',
  address,
  '--dport',
  String(port),
];

export class Failure extends Error {}

/**
 * @param states by which it was judged
 * @param incidents what was done to the proxies, the newest last
 */
export async function failureOf(
  attempt: Attempt,
  because: string,
  states: readonly Allowed[],
  incidents: readonly string[],
): Promise<Failure> {
  const { call, machine, service, view, begin, end, answer, isFlow } = attempt;
  const place = call.to === 'node port' ? String(call.port) : call.address;
  const table = await tableOf(view.proxy).catch(() => undefined);
  const told = states.map(
    ({ endpoints, otherwise, affinity }) =>
      `  ${[...endpoints].map(([name, source]) => `${name} seeing the ${source}`).join(', ') || otherwise}${affinity ? `, affinity ${affinity} s` : ''}`,
  );
  const tracked = await run(...view.proxy.inside('conntrack', '-L', ...words(call))).catch(String);
  return new Failure(
    [
      `${because}`,
      `${machine.name} (${call.caller.address}) calls ${call.address} ${call.protocol} ${call.port}, the ${call.to} of ${service.name}, at node ${view.proxy.node.name}${isFlow ? ', on a socket in use' : ''}`,
      `from ${begin.toFixed(0)} to ${end.toFixed(0)}, now it is ${now().toFixed(0)}; the answer: ${answer}`,
      `allowed, the newest first:`,
      ...new Set(told),
      `${service.name} (times are when it was sent):`,
      ...service.log.slice(-12).map((line) => `  ${line}`),
      ...(call.to === 'external IP' ? [`${service.neighbour.name}:`, ...service.neighbour.log.slice(-12)] : []),
      `incidents:`,
      ...incidents.slice(-5).map((line) => `  ${line.slice(0, 2000)}`),
      `the Service: ${JSON.stringify(service.service.current)}`,
      ...service.slices.map(({ name, is }) => `${name}: ${JSON.stringify(is.current?.endpoints)}`),
      `in the kernel:`,
      ...(table?.elements ?? [])
        .filter(({ key }) => key.split(' . ').some((part) => part === place))
        .map(({ set, key, value }) => `  ${set} ${key} ${value ?? ''}`),
      `conntrack:`,
      tracked,
      `the proxy:`,
      ...view.proxy.said.map((line) => `  ${line}`),
    ].join('\n'),
  );
}
