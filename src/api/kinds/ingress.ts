// Ingress: HTTP requests from outside, taken to services by host and path (api.md §9, §13, §18).

import { parseAddress } from '#lib/cidr.ts';
import { type FieldError, invalidValue, required } from '../errors.ts';
import type { Kind } from '../kind.ts';
import { dns1123Label, dns1123Subdomain, pathSegment, portName, wildcardDns1123Subdomain } from '../names.ts';
import { ingresses } from '../resources.ts';
import {
  type HTTPIngressPath,
  Ingress,
  type IngressBackend,
  type IngressRule,
  type IngressServiceBackend,
  type IngressSpec,
  type IngressTLS,
} from '../schema/networking.ts';
import type { TypedLocalObjectReference } from '../schema/persistent-volume-claim.ts';
import { ipAddress } from './addresses.ts';
import { check, checkOptional, checkRequired, optionallyOneOf, portNumber } from './checks.ts';
import { ageColumn, column, nameColumn, orNone } from './columns.ts';

const classAnnotation = 'kubernetes.io/ingress.class';
const pathTypes = ['Exact', 'ImplementationSpecific', 'Prefix'];
const noAddress = 'must be a DNS name, not an IP address';

function validate({ spec }: Ingress): FieldError[] {
  const { defaultBackend, rules = [], tls = [], ingressClassName } = spec;
  return [
    ...(rules.length === 0 && !defaultBackend
      ? [invalidValue('spec', null, 'either `defaultBackend` or `rules` must be specified')]
      : []),
    ...(defaultBackend ? validateBackend(defaultBackend, 'spec.defaultBackend') : []),
    ...rules.flatMap((rule, i) => validateRule(rule, `spec.rules[${i}]`)),
    ...tls.flatMap((entry, i) => validateTls(entry, `spec.tls[${i}]`)),
    ...(ingressClassName === undefined ? [] : check('spec.ingressClassName', ingressClassName, dns1123Subdomain)),
  ];
}

const validateHost = (path: string, host: string): FieldError[] =>
  check(path, host, host.includes('*') ? wildcardDns1123Subdomain : dns1123Subdomain);

function validateRule({ host = '', http }: IngressRule, path: string): FieldError[] {
  const errors = parseAddress(host) ? [invalidValue(`${path}.host`, host, noAddress)] : [];
  if (host) errors.push(...validateHost(`${path}.host`, host));
  if (!http) return errors;
  if (http.paths.length === 0) errors.push(required(`${path}.http.paths`));
  return [...errors, ...http.paths.flatMap((one, i) => validatePath(one, `${path}.http.paths[${i}]`))];
}

function validatePath({ path = '', pathType, backend }: HTTPIngressPath, at: string): FieldError[] {
  if (pathType === undefined) return [required(`${at}.pathType`, 'pathType must be specified')];
  const problems = (texts: readonly string[]) => texts.map((detail) => invalidValue(`${at}.path`, path, detail));
  const relative = path.startsWith('/') ? [] : ['must be an absolute path'];
  const errors = optionallyOneOf(`${at}.pathType`, pathType, pathTypes);
  if (pathType === 'Exact' || pathType === 'Prefix') errors.push(...problems([...relative, ...confusing(path)]));
  if (pathType === 'ImplementationSpecific' && path) errors.push(...problems(relative));
  return [...errors, ...validateBackend(backend, `${at}.backend`)];
}

const confusing = (path: string): string[] => [
  ...['//', '/./', '/../', '%2f', '%2F']
    .filter((part) => path.includes(part))
    .map((part) => `must not contain '${part}'`),
  ...['/..', '/.'].filter((end) => path.endsWith(end)).map((end) => `cannot end with '${end}'`),
];

function validateBackend({ service, resource }: IngressBackend, path: string): FieldError[] {
  if (service && resource) return [invalidValue(path, '', 'cannot set both resource and service backends')];
  if (resource) return validateReference(resource, `${path}.resource`);
  if (service) return validateServiceBackend(service, path);
  return [invalidValue(path, '', 'resource or service backend is required')];
}

function validateServiceBackend({ name, port }: IngressServiceBackend, path: string): FieldError[] {
  const errors = checkRequired(`${path}.service.name`, name, dns1123Label);
  if (port.name && port.number) return [...errors, invalidValue(path, '', 'cannot set both port name & port number')];
  if (port.name) return [...errors, ...check(`${path}.service.port.name`, port.name, portName)];
  if (port.number) return [...errors, ...portNumber(`${path}.service.port.number`, port.number)];
  return [...errors, required(path, 'port name or number is required')];
}

/** An object in a group that may be the core one. */
export const validateReference = ({ apiGroup, kind, name }: TypedLocalObjectReference, path: string): FieldError[] => [
  ...(apiGroup === undefined ? [] : check(`${path}.apiGroup`, apiGroup, dns1123Subdomain)),
  ...checkRequired(`${path}.kind`, kind, pathSegment),
  ...checkRequired(`${path}.name`, name, pathSegment),
];

const validateTls = ({ hosts = [], secretName }: IngressTLS, path: string): FieldError[] => [
  ...hosts.flatMap((host, i) => validateHost(`${path}.hosts[${i}]`, host)),
  ...checkOptional(`${path}.secretName`, secretName, dns1123Subdomain),
];

/** Only new objects: the annotation of old may stay beside the field. */
function validateCreate({ metadata, spec }: Ingress): FieldError[] {
  const annotation = metadata.annotations?.[classAnnotation];
  if (annotation === undefined || spec.ingressClassName === undefined || annotation === spec.ingressClassName)
    return [];
  const detail = 'must match `ingressClassName` when both are specified';
  return [invalidValue(`annotations.${classAnnotation}`, annotation, detail)];
}

const validateStatusUpdate = ({ status }: Ingress): FieldError[] =>
  (status?.loadBalancer.ingress ?? []).flatMap(({ ip, hostname }, i) => {
    const path = `status.loadBalancer.ingress[${i}]`;
    return [
      ...(ip ? ipAddress(`${path}.ip`, ip) : []),
      ...checkOptional(`${path}.hostname`, hostname, dns1123Subdomain),
      ...(hostname && parseAddress(hostname) ? [invalidValue(`${path}.hostname`, hostname, noAddress)] : []),
    ];
  });

/** The first three hosts, and how many more rules there are; a rule for all hosts has none. */
function hosts({ rules = [] }: IngressSpec): string {
  const third = rules.filter(({ host }) => host)[2];
  const shown = third ? rules.slice(0, rules.indexOf(third) + 1) : rules;
  const names = shown.flatMap(({ host }) => host || []);
  if (names.length === 0) return '*';
  return shown.length < rules.length ? `${names.join(',')} + ${rules.length - 3} more...` : names.join(',');
}

const addresses = ({ status }: Ingress): string =>
  [...new Set((status?.loadBalancer.ingress ?? []).flatMap(({ ip, hostname }) => ip || hostname || []))]
    .sort()
    .join(',');

export const ingressKind: Kind<Ingress> = {
  ...ingresses,
  singular: 'ingress',
  shortNames: ['ing'],
  schema: Ingress,
  prepareForCreate: (ingress) => {
    ingress.status = { loadBalancer: {} };
  },
  validate,
  validateCreate,
  validateStatusUpdate,
  warnings: ({ metadata }, old) =>
    !old && metadata.annotations?.[classAnnotation] !== undefined
      ? [`annotation "${classAnnotation}" is deprecated, please use 'spec.ingressClassName' instead`]
      : [],
  nameFormat: 'dns1123Subdomain',
  columns: [
    nameColumn,
    column('Class', 'Whose controller serves it', ({ spec }) => orNone(spec.ingressClassName)),
    column('Hosts', 'Hosts that it is about', ({ spec }) => hosts(spec)),
    column('Address', 'Where it is reached', addresses),
    column('Ports', 'Ports at which it is reached', ({ spec }) => (spec.tls?.length ? '80, 443' : '80')),
    ageColumn,
  ],
  hasStatus: true,
  hasGeneration: true,
};
