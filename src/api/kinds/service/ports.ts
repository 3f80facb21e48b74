// Rules for a Service's ports (services.md A.4).

import { duplicate, type FieldError, forbiddenField, invalidValue, required } from '../../errors.ts';
import { dns1123Label, portName, qualifiedName } from '../../names.ts';
import type { Service, ServicePort } from '../../schema/service.ts';
import { check, checkOptional, oneOf, portNumber, protocols, repeats } from '../checks.ts';
import { isExternalName, isHeadless, isLoadBalancer } from './shape.ts';

const kubeletPort = 10250;

/** Of a Service that offers none although somebody connects to it. */
export const validateHasPorts = (service: Service): FieldError[] =>
  service.spec.ports?.length || isHeadless(service) || isExternalName(service) ? [] : [required('spec.ports')];

/** Each port for itself, and its name among the others. */
export function validatePorts(service: Service): FieldError[] {
  const { ports = [] } = service.spec;
  const repeated = repeats(ports.map(({ name }, i) => name || i));
  return ports.flatMap((port, i) => {
    const path = `spec.ports[${i}]`;
    const name = [
      ...(!port.name && ports.length > 1 ? [required(`${path}.name`)] : []),
      ...checkOptional(`${path}.name`, port.name, dns1123Label),
      ...(repeated.has(i) ? [duplicate(`${path}.name`, port.name)] : []),
    ];
    return [...name, ...validatePort(service, port, path)];
  });
}

function validatePort(service: Service, port: ServicePort, path: string): FieldError[] {
  const errors = [
    ...portNumber(`${path}.port`, port.port),
    ...oneOf(`${path}.protocol`, port.protocol, protocols),
    ...validateTarget(`${path}.targetPort`, port.targetPort ?? port.port),
  ];
  if (port.appProtocol !== undefined) errors.push(...check(`${path}.appProtocol`, port.appProtocol, qualifiedName));
  if (isLoadBalancer(service) && port.port === kubeletPort) {
    errors.push(invalidValue(path, port.port, 'may not expose port 10250 externally since it is used by kubelet'));
  }
  return errors;
}

/** What several ports may not share: a protocol and node port, a protocol and port. */
export function validatePortPairs({ spec: { type, ports = [] } }: Service): FieldError[] {
  const forbidden = "may not be used when `type` is 'ClusterIP'";
  const withNodePort = ports.flatMap(({ protocol, nodePort }, i) => (nodePort ? [{ protocol, nodePort, i }] : []));
  const pairs = repeats(ports.map(({ protocol, port }) => `${protocol} ${port}`));
  const nodePorts = repeats(withNodePort.map(({ protocol, nodePort }) => `${protocol} ${nodePort}`));
  return [
    ...withNodePort.flatMap(({ i }) => (type === 'ClusterIP' ? [forbiddenField(`${at(i)}.nodePort`, forbidden)] : [])),
    ...withNodePort.flatMap(({ nodePort, i }, n) =>
      nodePorts.has(n) ? [duplicate(`${at(i)}.nodePort`, nodePort)] : [],
    ),
    ...ports.flatMap(({ protocol, port }, i) => (pairs.has(i) ? [duplicate(at(i), { protocol, port })] : [])),
  ];
}
const at = (i: number): string => `spec.ports[${i}]`;

const validateTarget = (path: string, target: number | string): FieldError[] =>
  typeof target === 'number' ? portNumber(path, target) : check(path, target, portName);
