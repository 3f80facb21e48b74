// Rules for what a container asks of its node, and may at most use.

import { type FieldError, invalidValue } from '../../errors.ts';
import { qualifiedName } from '../../names.ts';
import type { ResourceRequirements } from '../../schema/container.ts';
import { parseQuantity, quantityError } from '../../schema/quantity.ts';
import { check } from '../checks.ts';

export function validateQuantity(path: string, text: string): FieldError[] {
  const problem = quantityError(text);
  if (problem) return [invalidValue(path, text, problem)];
  const isNegative = parseQuantity(text).nanos < 0n;
  return isNegative ? [invalidValue(path, text, 'must be greater than or equal to 0')] : [];
}

const standard = ['cpu', 'memory', 'ephemeral-storage', 'storage'];
/** Without a prefix only the standard ones: what a node offers besides is named by its vendor. */
function validateName(path: string, name: string): FieldError[] {
  const errors = check(path, name, qualifiedName);
  if (!name.includes('/') && !standard.includes(name) && !name.startsWith('hugepages-')) {
    errors.push(invalidValue(path, name, 'must be a standard resource type or fully qualified'));
  }
  return errors;
}

export function validateResources({ limits = {}, requests = {} }: ResourceRequirements, path: string): FieldError[] {
  const errors = Object.entries({ limits, requests }).flatMap(([field, amounts]) =>
    Object.entries(amounts).flatMap(([name, amount]) => [
      ...validateName(`${path}.${field}`, name),
      ...validateQuantity(`${path}.${field}[${name}]`, amount),
    ]),
  );
  for (const [name, request] of Object.entries(requests)) {
    const limit = Object.hasOwn(limits, name) ? limits[name] : undefined;
    if (limit === undefined || quantityError(limit) || quantityError(request)) continue;
    if (parseQuantity(request).nanos > parseQuantity(limit).nanos) {
      errors.push(invalidValue(`${path}.requests`, request, `must be less than or equal to ${name} limit of ${limit}`));
    }
  }
  return errors;
}
