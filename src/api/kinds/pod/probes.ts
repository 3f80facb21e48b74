// Rules for probes and life-cycle hooks: exactly one handler, numbers in range.

import { type FieldError, forbiddenField, invalidValue, required } from '../../errors.ts';
import { portName } from '../../names.ts';
import type { Container, LifecycleHandler, Probe } from '../../schema/container.ts';
import { check, notNegative, oneOf, portNumber, positive } from '../checks.ts';

const handlers = ['exec', 'httpGet', 'tcpSocket', 'grpc', 'sleep'] as const;
type Handler = LifecycleHandler & Pick<Probe, 'grpc'>;

export function validateProbes(container: Container, path: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const field of ['livenessProbe', 'readinessProbe', 'startupProbe'] as const) {
    const probe = container[field];
    if (!probe) continue;
    errors.push(...validateProbe(probe, `${path}.${field}`));
    // Only readiness comes and goes by counting successes.
    if (field !== 'readinessProbe' && probe.successThreshold !== 1) {
      errors.push(invalidValue(`${path}.${field}.successThreshold`, probe.successThreshold, 'must be 1'));
    }
    if (field === 'readinessProbe' && probe.terminationGracePeriodSeconds !== undefined) {
      const detail = 'must not be set for readinessProbes';
      const at = `${path}.${field}.terminationGracePeriodSeconds`;
      errors.push(invalidValue(at, probe.terminationGracePeriodSeconds, detail));
    }
  }
  return errors;
}

function validateProbe(probe: Probe, path: string): FieldError[] {
  return [
    ...validateHandler(probe, path),
    ...notNegative(`${path}.initialDelaySeconds`, probe.initialDelaySeconds),
    ...notNegative(`${path}.timeoutSeconds`, probe.timeoutSeconds),
    ...notNegative(`${path}.periodSeconds`, probe.periodSeconds),
    ...notNegative(`${path}.successThreshold`, probe.successThreshold),
    ...notNegative(`${path}.failureThreshold`, probe.failureThreshold),
    ...positive(`${path}.terminationGracePeriodSeconds`, probe.terminationGracePeriodSeconds),
  ];
}

export function validateLifecycle({ lifecycle }: Container, path: string): FieldError[] {
  return (['postStart', 'preStop'] as const).flatMap((field) => {
    const handler = lifecycle?.[field];
    return handler ? validateHandler(handler, `${path}.lifecycle.${field}`) : [];
  });
}

function validateHandler(handler: Handler, path: string): FieldError[] {
  const given = handlers.filter((field) => handler[field] !== undefined);
  if (given.length === 0) return [required(path, 'must specify a handler type')];
  const surplus = given
    .slice(1)
    .map((field) => forbiddenField(`${path}.${field}`, 'may not specify more than 1 handler type'));
  return [...surplus, ...validateActions(handler, path)];
}

function validateActions({ exec, httpGet, tcpSocket, grpc, sleep }: Handler, path: string): FieldError[] {
  const errors: FieldError[] = [];
  if (exec && !exec.command?.length) errors.push(required(`${path}.exec.command`));
  if (httpGet) {
    if (!httpGet.path) errors.push(required(`${path}.httpGet.path`));
    errors.push(...validateTarget(`${path}.httpGet.port`, httpGet.port));
    errors.push(...oneOf(`${path}.httpGet.scheme`, httpGet.scheme, ['HTTP', 'HTTPS']));
    for (const [i, { name }] of (httpGet.httpHeaders ?? []).entries()) {
      if (!/^[-A-Za-z0-9]+$/.test(name)) {
        const detail =
          "a valid HTTP header must consist of alphanumeric characters or '-' (e.g. 'X-Header-Name', regex used for validation is '[-A-Za-z0-9]+')";
        errors.push(invalidValue(`${path}.httpGet.httpHeaders[${i}].name`, name, detail));
      }
    }
  }
  if (tcpSocket) errors.push(...validateTarget(`${path}.tcpSocket.port`, tcpSocket.port));
  if (grpc) errors.push(...portNumber(`${path}.grpc.port`, grpc.port));
  if (sleep) errors.push(...notNegative(`${path}.sleep.seconds`, sleep.seconds));
  return errors;
}

const validateTarget = (path: string, target: number | string): FieldError[] =>
  typeof target === 'number' ? portNumber(path, target) : check(path, target, portName);
