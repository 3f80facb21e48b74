// A pod's volumes as directories of the node: made when the pod starts, mounted into its containers, removed with it.
// ConfigMaps, Secrets and the downward API are written again when they have changed, save what is mounted by `subPath`.

import { createHash } from 'node:crypto';
import { chmod, chown, mkdir, stat, writeFile } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import type { ConfigMap, Container, Pod, Secret } from '#api/index.ts';
import type { Volume } from '#api/schema/volume.ts';
import { ConfigError } from './config-error.ts';
import { expand } from './env.ts';
import { fieldValue, type PodPlace } from './fields.ts';
import { inside } from './inside.ts';
import { containerNamed, resourceValue } from './resource-fields.ts';
import type { Mount } from './runtime.ts';
import { type ShownFile, showFiles } from './shown-files.ts';

export interface VolumeSources {
  configMap(name: string): Promise<ConfigMap | undefined>;
  secret(name: string): Promise<Secret | undefined>;
}

interface Items {
  readonly items?: { key: string; path: string; mode?: number }[] | undefined;
  readonly optional?: boolean | undefined;
}

const supported = ['emptyDir', 'configMap', 'secret', 'downwardAPI', 'projected', 'hostPath'];
const defaultFileMode = 0o644;

/** A sentence about the first volume whose type cannot be provided; undefined when all can. */
export function unsupportedVolume({ spec }: Pod): string | undefined {
  for (const { name, ...source } of spec.volumes ?? []) {
    const type = Object.keys(source)[0];
    if (type && !supported.includes(type)) {
      return `volume "${name}": volumes of type ${type} are not supported; supported are ${supported.join(', ')}`;
    }
    for (const projection of source.projected?.sources ?? []) {
      if (projection.clusterTrustBundle) return `volume "${name}": clusterTrustBundle sources are not supported`;
    }
  }
  return undefined;
}

/** Whether the volume's files show objects of the API, which may change. */
export const showsObjects = ({ configMap, secret, downwardAPI, projected }: Volume): boolean =>
  Boolean(configMap || secret || downwardAPI || projected);

function digestOf(files: readonly ShownFile[]): string {
  const hash = createHash('sha256');
  for (const { path, mode, data } of files) hash.update(JSON.stringify([path, mode, data.length])).update(data);
  return hash.digest('hex');
}

/** The files of a ConfigMap or Secret: all keys, or the chosen ones. */
function chosenFiles(
  entries: ReadonlyMap<string, Uint8Array | string>,
  what: string,
  from: Items,
  mode: number,
): ShownFile[] {
  if (!from.items) return [...entries].map(([path, data]) => ({ path, data, mode }));
  return from.items.flatMap((item) => {
    const data = entries.get(item.key);
    if (data !== undefined) return [{ path: item.path, data, mode: item.mode ?? mode }];
    if (from.optional) return [];
    throw new ConfigError(`${what} references non-existent key: ${item.key}`);
  });
}

const bytes = (data: Readonly<Record<string, string>> = {}): [string, Uint8Array][] =>
  Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64')]);

export class PodVolumes {
  readonly #directory: string;
  readonly #sources: VolumeSources;
  readonly #hostPaths = new Map<string, string>();
  /** What the files of a volume were made of, by its name. */
  readonly #digests = new Map<string, string>();
  #writing: Promise<void> = Promise.resolve();

  /** @param directory of this pod alone */
  constructor(directory: string, sources: VolumeSources) {
    this.#directory = directory;
    this.#sources = sources;
  }

  /** Throws ConfigError when a ConfigMap, Secret or host path that must be there is not. */
  async prepare(pod: Pod, place: PodPlace): Promise<void> {
    for (const volume of pod.spec.volumes ?? []) {
      if (volume.hostPath) {
        await checkHostPath(volume.name, volume.hostPath.path, volume.hostPath.type ?? '');
        this.#hostPaths.set(volume.name, volume.hostPath.path);
        continue;
      }
      const directory = this.#path(volume.name);
      await mkdir(directory, { recursive: true });
      const group = pod.spec.securityContext?.fsGroup;
      await chmod(directory, showsObjects(volume) ? 0o755 : 0o777);
      if (showsObjects(volume)) await this.#show(volume, await this.#files(volume, pod, place), group);
      if (group !== undefined) await chown(directory, 0, group);
    }
  }

  /** Shows the present state of ConfigMaps, Secrets and the pod itself. Throws as {@link prepare} does. */
  async refresh(pod: Pod, place: PodPlace, signal: AbortSignal): Promise<void> {
    for (const volume of (pod.spec.volumes ?? []).filter(showsObjects)) {
      const files = await this.#files(volume, pod, place);
      if (signal.aborted) return;
      this.#writing = this.#show(volume, files, pod.spec.securityContext?.fsGroup);
      await this.#writing;
    }
  }

  /** Resolves when nothing is being written. Never rejects. */
  async settled(): Promise<void> {
    await this.#writing.catch(() => {});
  }

  async #show({ name }: Volume, files: readonly ShownFile[], group: number | undefined): Promise<void> {
    const digest = digestOf(files);
    if (this.#digests.get(name) === digest) return;
    await showFiles(this.#path(name), files, group);
    this.#digests.set(name, digest);
  }

  /** What a container has mounted. @param variables for `subPathExpr` */
  async mounts(container: Container, variables: ReadonlyMap<string, string>): Promise<Mount[]> {
    const mounts: Mount[] = [];
    for (const mount of container.volumeMounts ?? []) {
      const base = this.#hostPaths.get(mount.name) ?? this.#path(mount.name);
      const subPath = mount.subPathExpr ? expand(mount.subPathExpr, variables) : mount.subPath;
      const source = subPath ? inside(base, subPath) : base;
      if (subPath && !(await exists(source))) await mkdir(source, { recursive: true });
      const propagation = { None: 'private', HostToContainer: 'rslave', Bidirectional: 'rshared' } as const;
      mounts.push({
        source,
        destination: isAbsolute(mount.mountPath) ? mount.mountPath : `/${mount.mountPath}`,
        readOnly: mount.readOnly,
        propagation: propagation[(mount.mountPropagation ?? 'None') as keyof typeof propagation],
      });
    }
    return mounts;
  }

  #path(name: string): string {
    return join(this.#directory, name);
  }

  async #files(volume: Volume, pod: Pod, place: PodPlace): Promise<ShownFile[]> {
    const { configMap, secret, downwardAPI, projected } = volume;
    if (configMap) return await this.#configMap(configMap.name, configMap, configMap.defaultMode);
    if (secret) return await this.#secret(secret.secretName, secret, secret.defaultMode);
    if (downwardAPI) return downward(downwardAPI.items, pod, place, downwardAPI.defaultMode);
    const files: ShownFile[] = [];
    const mode = projected?.defaultMode;
    for (const source of projected?.sources ?? []) {
      if (source.configMap) files.push(...(await this.#configMap(source.configMap.name, source.configMap, mode)));
      if (source.secret) files.push(...(await this.#secret(source.secret.name, source.secret, mode)));
      if (source.downwardAPI) files.push(...downward(source.downwardAPI.items, pod, place, mode));
    }
    return files;
  }

  async #configMap(name = '', from: Items, mode = defaultFileMode): Promise<ShownFile[]> {
    const found = await this.#sources.configMap(name);
    if (!found && !from.optional) throw new ConfigError(`configmap "${name}" not found`);
    const entries = new Map<string, Uint8Array | string>([
      ...Object.entries(found?.data ?? {}),
      ...bytes(found?.binaryData),
    ]);
    return chosenFiles(entries, `configmap "${name}"`, { ...from, optional: from.optional }, mode);
  }

  async #secret(name = '', from: Items, mode = defaultFileMode): Promise<ShownFile[]> {
    const found = await this.#sources.secret(name);
    if (!found && !from.optional) throw new ConfigError(`secret "${name}" not found`);
    return chosenFiles(new Map(bytes(found?.data)), `secret "${name}"`, from, mode);
  }
}

type DownwardItem = NonNullable<NonNullable<Volume['downwardAPI']>['items']>[number];

function downward(
  items: readonly DownwardItem[] = [],
  pod: Pod,
  place: PodPlace,
  defaultMode = defaultFileMode,
): ShownFile[] {
  return items.map(({ path, fieldRef, resourceFieldRef: amount, mode = defaultMode }) => {
    if (fieldRef) return { path, data: fieldValue(fieldRef.fieldPath, pod, place), mode };
    if (!amount) throw new ConfigError(`downwardAPI ${path}: neither fieldRef nor resourceFieldRef`);
    return { path, data: resourceValue(amount, containerNamed(pod, amount.containerName), place.allocatable), mode };
  });
}

const exists = async (path: string): Promise<boolean> => (await stat(path).catch(() => undefined)) !== undefined;

async function checkHostPath(volume: string, path: string, type: string): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  const complain = (wanted: string) => {
    throw new ConfigError(`volume "${volume}": host path ${path} is not ${wanted}`);
  };
  if (type === 'DirectoryOrCreate' || (type === '' && !found)) await mkdir(path, { recursive: true, mode: 0o755 });
  else if (type === 'FileOrCreate' && !found) await writeFile(path, '', { flag: 'a', mode: 0o644 });
  else if (type === 'Directory' && !found?.isDirectory()) complain('a directory');
  else if (type === 'File' && !found?.isFile()) complain('a file');
  else if (type === 'Socket' && !found?.isSocket()) complain('a socket');
  else if (type === 'CharDevice' && !found?.isCharacterDevice()) complain('a character device');
  else if (type === 'BlockDevice' && !found?.isBlockDevice()) complain('a block device');
}
