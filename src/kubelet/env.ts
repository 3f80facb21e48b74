// A container's environment, made of its Services, `envFrom` and `env`, in that order of rising precedence, with
// $(VARIABLE) references resolved. Pure: the ConfigMaps and Secrets it names are looked up beforehand.

import type { ConfigMap, Container, EnvVar, Pod, Secret } from '#api/index.ts';
import { ConfigError } from './config-error.ts';
import { fieldValue, type PodPlace } from './fields.ts';
import { containerNamed, resourceValue } from './resource-fields.ts';

/** Undefined stands for one that does not exist. */
export interface ConfigSources {
  configMap(name: string): ConfigMap | undefined;
  secret(name: string): Secret | undefined;
}

export interface EnvironmentInput {
  readonly pod: Pod;
  readonly container: Container;
  readonly place: PodPlace;
  readonly services: ReadonlyMap<string, string>;
  readonly sources: ConfigSources;
}

/**
 * Replaces `$(NAME)` by the variable's value; a name that is not known stays as it is written, and `$$` is a literal `$`
 * that protects what follows.
 */
export const expand = (text: string, values: ReadonlyMap<string, string>): string =>
  text.replace(/\$(\$|\(([^)]*)\))/g, (whole, after: string, name: string | undefined) =>
    after === '$' ? '$' : (values.get(name ?? '') ?? whole),
  );

/** The ConfigMaps and Secrets that a container's environment names. */
export function environmentSources({ env = [], envFrom = [] }: Container): { configMaps: string[]; secrets: string[] } {
  const names = (values: (string | undefined)[]) => [...new Set(values.filter((name) => name !== undefined))];
  return {
    configMaps: names([
      ...envFrom.map(({ configMapRef }) => configMapRef?.name),
      ...env.map(({ valueFrom }) => valueFrom?.configMapKeyRef?.name),
    ]),
    secrets: names([
      ...envFrom.map(({ secretRef }) => secretRef?.name),
      ...env.map(({ valueFrom }) => valueFrom?.secretKeyRef?.name),
    ]),
  };
}

const decode = (base64: string) => Buffer.from(base64, 'base64').toString();
const decodeAll = (data: Readonly<Record<string, string>> = {}): [string, string][] =>
  Object.entries(data).map(([key, value]) => [key, decode(value)]);

function* fromSources({ container, sources, pod }: EnvironmentInput): Generator<[string, string]> {
  const { namespace } = pod.metadata;
  for (const { prefix = '', configMapRef, secretRef } of container.envFrom ?? []) {
    if (configMapRef) {
      const found = sources.configMap(configMapRef.name ?? '');
      if (!found && !configMapRef.optional) throw missing('configmap', configMapRef.name, namespace);
      for (const [key, value] of Object.entries(found?.data ?? {})) yield [prefix + key, value];
    }
    if (secretRef) {
      const found = sources.secret(secretRef.name ?? '');
      if (!found && !secretRef.optional) throw missing('secret', secretRef.name, namespace);
      for (const [key, value] of decodeAll(found?.data)) yield [prefix + key, value];
    }
  }
}

const missing = (kind: string, name = '', namespace = '') =>
  new ConfigError(`${kind} "${name}" not found in namespace "${namespace}"`);

/** Undefined: the variable is optional and stays unset. */
function variableValue({ value = '', valueFrom }: EnvVar, input: EnvironmentInput, known: ReadonlyMap<string, string>) {
  if (!valueFrom) return expand(value, known);
  const { pod, sources, place } = input;
  const { fieldRef, configMapKeyRef: mapKey, secretKeyRef: secretKey } = valueFrom;
  if (fieldRef) return fieldValue(fieldRef.fieldPath, pod, place);
  if (mapKey) {
    const found = sources.configMap(mapKey.name ?? '');
    if (!found && !mapKey.optional) throw missing('configmap', mapKey.name, pod.metadata.namespace);
    const text = found?.data?.[mapKey.key];
    return text ?? absent(mapKey.optional, mapKey.key, 'ConfigMap', pod, mapKey.name);
  }
  if (secretKey) {
    const found = sources.secret(secretKey.name ?? '');
    if (!found && !secretKey.optional) throw missing('secret', secretKey.name, pod.metadata.namespace);
    const text = found?.data?.[secretKey.key];
    if (text !== undefined) return decode(text);
    return absent(secretKey.optional, secretKey.key, 'Secret', pod, secretKey.name);
  }
  const { resourceFieldRef: amount } = valueFrom;
  if (!amount) throw new ConfigError('env: valueFrom without a source');
  const of = amount.containerName ? containerNamed(pod, amount.containerName) : input.container;
  return resourceValue(amount, of, place.allocatable);
}

function absent(optional: boolean | undefined, key: string, kind: string, { metadata }: Pod, name = ''): undefined {
  if (!optional) throw new ConfigError(`couldn't find key ${key} in ${kind} ${metadata.namespace}/${name}`);
  return undefined;
}

/** Throws ConfigError when something the container must have is missing. */
export function containerEnvironment(input: EnvironmentInput): Map<string, string> {
  const result = new Map([...input.services, ...fromSources(input)]);
  for (const variable of input.container.env ?? []) {
    const value = variableValue(variable, input, result);
    if (value !== undefined) result.set(variable.name, value);
  }
  return result;
}

/** What runs: `command` and `args` with their references resolved. */
export const commandLine = ({ command = [], args = [] }: Container, values: ReadonlyMap<string, string>): string[] =>
  [...command, ...args].map((word) => expand(word, values));
