// The downward API's amounts: what `resourceFieldRef` stands for, in environment variables and in files. Pure.

import type { Container, Pod } from '#api/index.ts';
import { parseQuantity } from '#api/schema/quantity.ts';
import type { ResourceFieldSelector } from '#api/schema/selector.ts';
import { ConfigError } from './config-error.ts';

type Amounts = Readonly<Record<string, string>>;

const milli = 10n ** 6n;
const one = 10n ** 9n;
const roundedUp = (amount: bigint, unit: bigint): bigint => (amount + unit - 1n) / unit;
const nanosOf = (amount: string | undefined): bigint => (amount ? parseQuantity(amount).nanos : 0n);

/**
 * The amount in units of the divisor, rounded up. Without a limit a container may use what the node has to give.
 * Throws ConfigError for a resource that is neither limit nor request.
 */
export function resourceValue(
  { resource, divisor }: Pick<ResourceFieldSelector, 'resource' | 'divisor'>,
  { resources }: Container,
  allocatable: Amounts,
): string {
  const [, kind, name = ''] = /^(limits|requests)\.(.+)$/.exec(resource) ?? [];
  if (!kind) throw new ConfigError(`unsupported container resource: ${resource}`);
  const limit = nanosOf(resources?.limits?.[name]);
  const request = resources?.requests?.[name];
  // The API server makes requests of limits; a request of nothing stays nothing.
  const amount = kind === 'limits' ? limit || nanosOf(allocatable[name]) : request ? nanosOf(request) : limit;
  // Processors are counted in thousandths, all else in whole units, before the division.
  const unit = name === 'cpu' ? milli : one;
  return String(roundedUp(roundedUp(amount, unit), roundedUp(nanosOf(divisor) || one, unit)));
}

/** The container that a file's amount is of. Throws ConfigError when the pod has none of that name. */
export function containerNamed({ spec }: Pod, name = ''): Container {
  const found = [...(spec.initContainers ?? []), ...spec.containers].find((container) => container.name === name);
  if (!found) throw new ConfigError(`container ${name} not found`);
  return found;
}
