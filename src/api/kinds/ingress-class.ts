// IngressClass: which controller serves which ingresses (api.md §9, §13, §18).

import { type FieldError, forbiddenField, invalidValue, notSupported, required, tooLong } from '../errors.ts';
import type { Kind } from '../kind.ts';
import { dns1123Label, dns1123Subdomain } from '../names.ts';
import { ingressClasses } from '../resources.ts';
import { IngressClass, type IngressClassParametersReference } from '../schema/networking.ts';
import { check, immutableText } from './checks.ts';
import { ageColumn, column, nameColumn, none } from './columns.ts';
import { validateReference } from './ingress.ts';

const controllerLimit = 250;
const httpPath = "[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+";
const wholePath = new RegExp(`^${httpPath}$`);

function validate({ spec: { controller = '', parameters } }: IngressClass): FieldError[] {
  const path = 'spec.controller';
  const errors = Buffer.byteLength(controller) > controllerLimit ? [tooLong(path, controllerLimit)] : [];
  errors.push(...domainPrefixedPath(path, controller));
  return parameters ? [...errors, ...validateParameters(parameters, 'spec.parameters')] : errors;
}

/** `example.com/anything`: a name that nobody else uses. */
function domainPrefixedPath(field: string, value: string): FieldError[] {
  if (!value) return [required(field)];
  const [, host = '', path = ''] = /^([^/]*)\/(.*)$/s.exec(value) ?? [];
  if (!host || !path) return [invalidValue(field, value, 'must be a domain-prefixed path (such as "acme.io/foo")')];
  const pathText = `Invalid path (regex used for validation is '${httpPath}')`;
  return [
    ...check(field, host, dns1123Subdomain),
    ...(wholePath.test(path) ? [] : [invalidValue(field, path, pathText)]),
  ];
}

function validateParameters(parameters: IngressClassParametersReference, path: string): FieldError[] {
  const { scope, namespace } = parameters;
  const errors = validateReference(parameters, path);
  if (scope === undefined) return [...errors, required(`${path}.scope`)];
  if (scope === 'Cluster') {
    const detail = "`parameters.scope` is set to 'Cluster'";
    return namespace === undefined ? errors : [...errors, forbiddenField(`${path}.namespace`, detail)];
  }
  if (scope !== 'Namespace') return [...errors, notSupported(`${path}.scope`, scope, ['Cluster', 'Namespace'])];
  if (namespace !== undefined) return [...errors, ...check(`${path}.namespace`, namespace, dns1123Label)];
  return [...errors, required(`${path}.namespace`, "`parameters.scope` is set to 'Namespace'")];
}

function parametersCell({ spec: { parameters } }: IngressClass): string {
  if (!parameters) return none;
  const { kind, apiGroup, name } = parameters;
  return `${apiGroup === undefined ? kind : `${kind}.${apiGroup}`}/${name}`;
}

export const ingressClassKind: Kind<IngressClass> = {
  ...ingressClasses,
  singular: 'ingressclass',
  schema: IngressClass,
  setDefaults: ({ spec: { parameters } }) => {
    if (parameters) parameters.scope ??= 'Cluster';
  },
  validate,
  validateUpdate: ({ spec }, { spec: old }) =>
    spec.controller === old.controller ? [] : [invalidValue('spec.controller', spec.controller ?? '', immutableText)],
  nameFormat: 'dns1123Subdomain',
  columns: [
    nameColumn,
    column('Controller', 'Who serves the class', ({ spec }) => spec.controller ?? ''),
    column('Parameters', 'Where its settings are', parametersCell),
    ageColumn,
  ],
  hasGeneration: true,
};
