// Rules for the conditions in a status, where upstream checks them: metav1.Condition and no other type of that shape.

import { duplicate, type FieldError, invalidValue, notSupported, required, tooLong } from '../errors.ts';
import { qualifiedName } from '../names.ts';
import type { Condition } from '../schema/meta.ts';
import { check, repeats } from './checks.ts';

const statuses = ['True', 'False', 'Unknown'];
const reasonPattern = '[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?';
const wholeReason = new RegExp(`^${reasonPattern}$`);
const reasonText = `a condition reason must start with alphabetic character, optionally followed by a string of alphanumeric characters or '_,:', and must end with an alphanumeric character or '_' (e.g. 'my_name',  or 'MY_NAME',  or 'MyName',  or 'ReasonA,ReasonB',  or 'ReasonA:ReasonB', regex used for validation is '${reasonPattern}')`;
const limits = { reason: 1024, message: 32 * 1024 } as const;

export function validateConditions(path: string, conditions: readonly Condition[]): FieldError[] {
  const repeated = repeats(conditions.map(({ type }) => type));
  return conditions.flatMap((condition, i) => [
    ...(repeated.has(i) ? [duplicate(`${path}[${i}].type`, condition.type)] : []),
    ...validateCondition(`${path}[${i}]`, condition),
  ]);
}

function validateCondition(path: string, condition: Condition): FieldError[] {
  const { type, status, observedGeneration = 0, lastTransitionTime, reason, message } = condition;
  const errors = check(`${path}.type`, type, qualifiedName);
  if (!statuses.includes(status)) errors.push(notSupported(`${path}.status`, status, statuses));
  if (observedGeneration < 0) {
    const detail = 'must be greater than or equal to zero';
    errors.push(invalidValue(`${path}.observedGeneration`, observedGeneration, detail));
  }
  if (!lastTransitionTime) errors.push(required(`${path}.lastTransitionTime`, 'must be set'));
  if (!reason) errors.push(required(`${path}.reason`, 'must be set'));
  else {
    if (!wholeReason.test(reason)) errors.push(invalidValue(`${path}.reason`, reason, reasonText));
    if (reason.length > limits.reason) errors.push(tooLong(`${path}.reason`, limits.reason));
  }
  if (Buffer.byteLength(message) > limits.message) errors.push(tooLong(`${path}.message`, limits.message));
  return errors;
}
