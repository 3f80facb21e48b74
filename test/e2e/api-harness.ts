// An API server without nodes, with its controllers unless a test wants none, in a process of its own behind TLS, for tests with clients that
// nobody here wrote: a second to start, where a cluster takes many.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { completePath } from '#cluster/requirements.ts';
import { ApiProcess, type ApiProcessOptions } from '../../scripts/api-process.ts';

completePath();

export class TestApi {
  readonly process: ApiProcess;
  readonly kubeconfig: string;

  private constructor(process: ApiProcess, kubeconfig: string) {
    this.process = process;
    this.kubeconfig = kubeconfig;
  }

  static async start(options: ApiProcessOptions = { controllers: true }): Promise<TestApi> {
    const process = await ApiProcess.create(options);
    await process.start();
    return new TestApi(process, await process.writeKubeconfig());
  }

  /** A copy of the kubeconfig in `folder`, with `namespace` as the one that is meant when none is named. */
  kubeconfigIn(folder: string, namespace: string): string {
    const config = parse(readFileSync(this.kubeconfig, 'utf8'));
    for (const { context } of config.contexts) context.namespace = namespace;
    const path = join(folder, `kubeconfig-${namespace}`);
    writeFileSync(path, stringify(config));
    return path;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.process.remove();
  }
}

/** A folder that is gone when the tests are. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'portolan-clients-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
