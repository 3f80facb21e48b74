// Secret: bytes under keys that are file names, with a type that says which keys to expect (api.md §9, §13).

import { type FieldError, invalidValue, required } from '../errors.ts';
import type { Kind } from '../kind.ts';
import { secrets } from '../resources.ts';
import { Secret } from '../schema/core.ts';
import { immutableText } from './checks.ts';
import { ageColumn, column, nameColumn } from './columns.ts';
import { decodedSize, validateDataKeys, validateDataSize, validateImmutable } from './data.ts';

/** `stringData` is for writing only: its values become data, in place of what was there. */
function setDefaults(secret: Secret): void {
  secret.type ||= 'Opaque';
  if (!secret.stringData) return;
  const encoded = Object.entries(secret.stringData).map(([key, text]) => [key, Buffer.from(text).toString('base64')]);
  if (encoded.length > 0) secret.data = { ...secret.data, ...Object.fromEntries(encoded) };
  delete secret.stringData;
}

const accountAnnotation = 'kubernetes.io/service-account.name';
/** Keys that a type promises; one of a group is enough. */
const promised: ReadonlyMap<string, readonly string[][]> = new Map([
  ['kubernetes.io/dockercfg', [['.dockercfg']]],
  ['kubernetes.io/dockerconfigjson', [['.dockerconfigjson']]],
  ['kubernetes.io/basic-auth', [['username', 'password']]],
  ['kubernetes.io/ssh-auth', [['ssh-privatekey']]],
  ['kubernetes.io/tls', [['tls.crt'], ['tls.key']]],
]);

function validate({ type = '', data = {}, metadata }: Secret): FieldError[] {
  const errors = [...validateDataKeys('data', data), ...validateDataSize('data', decodedSize(data))];
  const groups = promised.get(type) ?? [];
  for (const group of groups) {
    if (!group.some((key) => Object.hasOwn(data, key))) errors.push(...group.map((key) => required(`data[${key}]`)));
  }
  if (type.startsWith('kubernetes.io/dockerc')) {
    errors.push(...groups.flat().flatMap((key) => validateJson(`data[${key}]`, data[key])));
  }
  if (type === 'kubernetes.io/service-account-token' && !metadata.annotations?.[accountAnnotation]) {
    errors.push(required(`metadata.annotations[${accountAnnotation}]`));
  }
  return errors;
}

function validateJson(path: string, value: string | undefined): FieldError[] {
  if (value === undefined) return [];
  try {
    JSON.parse(Buffer.from(value, 'base64').toString());
    return [];
  } catch {
    return [invalidValue(path, '<secret contents redacted>', 'must be valid JSON')];
  }
}

const validateUpdate = (secret: Secret, old: Secret): FieldError[] => [
  ...(secret.type === old.type ? [] : [invalidValue('type', secret.type, immutableText)]),
  ...validateImmutable(secret, old, ['data']),
];

export const secretKind: Kind<Secret> = {
  ...secrets,
  singular: 'secret',
  schema: Secret,
  setDefaults,
  validate,
  validateUpdate,
  nameFormat: 'dns1123Subdomain',
  columns: [
    nameColumn,
    column('Type', 'What the keys mean', ({ type }) => type ?? ''),
    column('Data', 'Number of keys', ({ data }) => Object.keys(data ?? {}).length),
    ageColumn,
  ],
  selectableFields: { type: ({ type }) => type ?? '' },
};
