// Rules for a Service's ports (services.md A.4).

import { duplicate, type FieldError, forbiddenField, invalidValue, required } from '../../errors.ts';
import { dns1123Label, portName, qualifiedName } from '../../names.ts';
import type { Service, ServicePort } from '../../schema/service.ts';
import { check, checkOptional, oneOf, portNumber, protocols } from '../checks.ts';
import { isExternalName, isHeadless, isLoadBalancer } from './shape.ts';

const kubeletPort = 10250;

export function validateServicePorts(service: Service): FieldError[] {
  const ports = service.spec.ports ?? [];
  if (ports.length === 0 && !isHeadless(service) && !isExternalName(service)) return [required('spec.ports')];
  return [
    ...ports.flatMap((port, i) => validatePort(service, port, `spec.ports[${i}]`)),
    ...findRepeated(ports, 'name', ({ name }) => name || undefined),
    ...findRepeated(ports, '', ({ port, protocol }) => ({ protocol, port })),
    ...findRepeated(ports, 'nodePort', ({ nodePort, protocol }) => (nodePort ? { protocol, nodePort } : undefined)),
  ];
}

function validatePort(service: Service, port: ServicePort, path: string): FieldError[] {
  const errors: FieldError[] = [];
  if (!port.name && (service.spec.ports?.length ?? 0) > 1) errors.push(required(`${path}.name`));
  errors.push(...checkOptional(`${path}.name`, port.name, dns1123Label));
  errors.push(...portNumber(`${path}.port`, port.port));
  errors.push(...oneOf(`${path}.protocol`, port.protocol, protocols));
  errors.push(...validateTarget(`${path}.targetPort`, port.targetPort ?? port.port));
  if (port.appProtocol !== undefined) errors.push(...check(`${path}.appProtocol`, port.appProtocol, qualifiedName));
  if (isLoadBalancer(service) && port.port === kubeletPort) {
    errors.push(invalidValue(path, port.port, 'may not expose port 10250 externally since it is used by kubelet'));
  }
  if (service.spec.type === 'ClusterIP' && port.nodePort) {
    errors.push(forbiddenField(`${path}.nodePort`, "may not be used when `type` is 'ClusterIP'"));
  }
  return errors;
}

const validateTarget = (path: string, target: number | string): FieldError[] =>
  typeof target === 'number' ? portNumber(path, target) : check(path, target, portName);

/** An error at every port whose key an earlier one has; keys are compared, and shown, as JSON. */
function findRepeated(ports: ServicePort[], field: string, key: (port: ServicePort) => unknown): FieldError[] {
  const seen = new Set<string>();
  return ports.flatMap((port, i) => {
    const value = key(port);
    if (value === undefined) return [];
    const text = JSON.stringify(value);
    if (seen.has(text)) return [duplicate(field ? `spec.ports[${i}].${field}` : `spec.ports[${i}]`, value)];
    seen.add(text);
    return [];
  });
}
