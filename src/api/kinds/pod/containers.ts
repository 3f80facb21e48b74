// Rules for containers, init containers and ephemeral containers.

import { duplicate, type FieldError, forbiddenField, invalidValue, required } from '../../errors.ts';
import { dns1123Label, portName } from '../../names.ts';
import type { Container, ContainerPort, SecurityContext } from '../../schema/container.ts';
import type { PodSpec } from '../../schema/pod.ts';
import { ipAddress } from '../addresses.ts';
import { check, checkRequired, notNegative, oneOf, portNumber, protocols, repeats } from '../checks.ts';
import { validateEnv, validateEnvFrom } from './env.ts';
import { validateLifecycle, validateProbes } from './probes.ts';
import { validateResources } from './resources.ts';
import { validateMounts } from './volumes.ts';

export function validateContainers(spec: PodSpec, path: string): FieldError[] {
  const { containers, initContainers = [] } = spec;
  const errors = containers.length === 0 ? [required(`${path}.containers`)] : [];
  const volumes = new Set((spec.volumes ?? []).map(({ name }) => name));
  const names = new Set<string>();
  const validateOne = (container: Container, at: string) => {
    errors.push(...validateContainer(container, volumes, at));
    if (spec.hostNetwork) errors.push(...validateHostNetworkPorts(container.ports ?? [], at));
    if (names.has(container.name)) errors.push(duplicate(`${at}.name`, container.name));
    names.add(container.name);
  };
  for (const [i, container] of containers.entries()) {
    const at = `${path}.containers[${i}]`;
    validateOne(container, at);
    errors.push(...validateLifecycle(container, at), ...validateProbes(container, at));
    if (container.restartPolicy !== undefined) {
      errors.push(forbiddenField(`${at}.restartPolicy`, 'may not be set for non-init containers'));
    }
  }
  for (const [i, container] of initContainers.entries()) {
    const at = `${path}.initContainers[${i}]`;
    validateOne(container, at);
    errors.push(...validateInit(container, at));
  }
  for (const [i, container] of (spec.ephemeralContainers ?? []).entries()) {
    validateOne(container, `${path}.ephemeralContainers[${i}]`);
  }
  errors.push(...validateHostPorts(containers, `${path}.containers`));
  return errors;
}

/** Only one that stays beside the others (a sidecar) can be probed and hooked. */
function validateInit(container: Container, path: string): FieldError[] {
  if (container.restartPolicy !== undefined) {
    return [
      ...oneOf(`${path}.restartPolicy`, container.restartPolicy, ['Always']),
      ...validateLifecycle(container, path),
      ...validateProbes(container, path),
    ];
  }
  return (['lifecycle', 'livenessProbe', 'readinessProbe', 'startupProbe'] as const)
    .filter((field) => container[field] !== undefined)
    .map((field) =>
      forbiddenField(`${path}.${field}`, 'may not be set for init containers without restartPolicy=Always'),
    );
}

function validateContainer(container: Container, volumes: ReadonlySet<string>, path: string): FieldError[] {
  const { image } = container;
  const errors = checkRequired(`${path}.name`, container.name, dns1123Label);
  if (!image) errors.push(required(`${path}.image`));
  else if (image !== image.trim()) {
    errors.push(invalidValue(`${path}.image`, image, 'must not have leading or trailing whitespace'));
  }
  return [
    ...errors,
    ...validatePorts(container.ports ?? [], `${path}.ports`),
    ...validateEnv(container.env ?? [], `${path}.env`),
    ...validateEnvFrom(container.envFrom ?? [], `${path}.envFrom`),
    ...validateMounts(container.volumeMounts ?? [], volumes, `${path}.volumeMounts`),
    ...oneOf(`${path}.imagePullPolicy`, container.imagePullPolicy, ['Always', 'IfNotPresent', 'Never']),
    ...oneOf(`${path}.terminationMessagePolicy`, container.terminationMessagePolicy, ['FallbackToLogsOnError', 'File']),
    ...validateResources(container.resources ?? {}, `${path}.resources`),
    ...validateSecurity(container.securityContext, `${path}.securityContext`),
  ];
}

function validatePorts(ports: ContainerPort[], path: string): FieldError[] {
  const repeated = repeats(ports.map(({ name }) => name));
  return ports.flatMap(({ name, containerPort, hostPort, hostIP, protocol }, i) => {
    const at = `${path}[${i}]`;
    const errors: FieldError[] = [];
    if (name) {
      errors.push(...check(`${at}.name`, name, portName));
      if (repeated.has(i)) errors.push(duplicate(`${at}.name`, name));
    }
    errors.push(
      ...(containerPort ? portNumber(`${at}.containerPort`, containerPort) : [required(`${at}.containerPort`)]),
    );
    if (hostPort) errors.push(...portNumber(`${at}.hostPort`, hostPort));
    if (hostIP) errors.push(...ipAddress(`${at}.hostIP`, hostIP));
    return [...errors, ...oneOf(`${at}.protocol`, protocol, protocols)];
  });
}

/** In the node's own network a container's port is the node's. */
const validateHostNetworkPorts = (ports: ContainerPort[], path: string): FieldError[] =>
  ports.flatMap(({ containerPort, hostPort }, i) =>
    containerPort === hostPort
      ? []
      : [
          invalidValue(
            `${path}.ports[${i}].containerPort`,
            containerPort,
            'must match `hostPort` when `hostNetwork` is true',
          ),
        ],
  );

function validateHostPorts(containers: Container[], path: string): FieldError[] {
  const seen = new Set<string>();
  return containers.flatMap(({ ports = [] }, i) =>
    ports.flatMap(({ hostPort, hostIP, protocol }, j) => {
      if (!hostPort) return [];
      const text = `${protocol}/${hostIP ?? ''}/${hostPort}`;
      if (seen.has(text)) return [duplicate(`${path}[${i}].ports[${j}].hostPort`, text)];
      seen.add(text);
      return [];
    }),
  );
}

function validateSecurity(context: SecurityContext | undefined, path: string): FieldError[] {
  if (!context) return [];
  const errors = [
    ...notNegative(`${path}.runAsUser`, context.runAsUser),
    ...notNegative(`${path}.runAsGroup`, context.runAsGroup),
  ];
  if (context.allowPrivilegeEscalation === false) {
    const conflict = (with_: string) =>
      invalidValue(path, context, `cannot set \`allowPrivilegeEscalation\` to false and \`${with_}\``);
    if (context.privileged) errors.push(conflict('privileged` to `true'));
    if (context.capabilities?.add?.includes('CAP_SYS_ADMIN')) errors.push(conflict('capabilities.Add` CAP_SYS_ADMIN'));
  }
  return errors;
}
