// The real kubectl against a server of a test, over HTTPS on loopback: its kubeconfig, and every version of it that this
// machine has. Debian's package of the Google Cloud CLI puts them side by side as kubectl.1.NN.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, realpathSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { CertificateAuthority } from '#cluster/pki.ts';
import { admin, type TestServer } from './in-process-suite.ts';

const kubectlPath = '/usr/bin/kubectl';
export const whyNoKubectl = existsSync(kubectlPath) ? false : `there is no ${kubectlPath}`;

/** `1.27` to the program of that version, the oldest first. */
export function kubectlVersions(): [version: string, path: string][] {
  if (whyNoKubectl) return [];
  const folder = dirname(realpathSync(kubectlPath));
  return readdirSync(folder)
    .flatMap((name) => /^kubectl\.(1\.\d+)$/.exec(name)?.[1] ?? [])
    .sort((a, b) => Number(a.slice(2)) - Number(b.slice(2)))
    .map((version) => [version, join(folder, `kubectl.${version}`)]);
}

export interface KubectlResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export class Kubectl {
  readonly #home: string;

  private constructor(home: string) {
    this.#home = home;
  }

  /** Opens a port of the server's and makes a kubeconfig for it. */
  static async connect(api: Pick<TestServer, 'server'>): Promise<Kubectl> {
    const home = await mkdtemp(join(tmpdir(), 'portolan-kubectl-'));
    const ca = await CertificateAuthority.create('test-ca');
    const serving = await ca.issue({ commonName: 'apiserver', names: ['127.0.0.1'] });
    const client = await ca.issue({ commonName: admin.name, organizations: admin.groups });
    const tls = { ...serving, ca: ca.pair.cert };
    const { port } = await api.server.listen({ host: '127.0.0.1', port: 0, tls });
    const base64 = (value: string) => Buffer.from(value).toString('base64');
    const server = `https://127.0.0.1:${port}`;
    const config = {
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'test',
      clusters: [{ name: 'test', cluster: { server, 'certificate-authority-data': base64(ca.pair.cert) } }],
      users: [
        {
          name: 'admin',
          user: { 'client-certificate-data': base64(client.cert), 'client-key-data': base64(client.key) },
        },
      ],
      contexts: [{ name: 'test', context: { cluster: 'test', user: 'admin' } }],
    };
    await writeFile(join(home, 'config'), JSON.stringify(config));
    return new Kubectl(home);
  }

  async run(
    args: readonly string[],
    { input = '', path = kubectlPath, env = {} }: { input?: unknown; path?: string; env?: Record<string, string> } = {},
  ): Promise<KubectlResult> {
    // A cache of its own for each version: they do not all read each other's.
    const cache = join(this.#home, `cache-${path.split('/').at(-1)}`);
    const environment = {
      HOME: this.#home,
      KUBECONFIG: join(this.#home, 'config'),
      KUBECACHEDIR: cache,
      PATH: '/usr/bin:/bin',
      ...env,
    };
    const child = spawn(path, ['--request-timeout=10s', ...args], { env: environment, timeout: 30_000 });
    const outputs = Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
    child.stdin.end(typeof input === 'string' ? input : JSON.stringify(input));
    const [stdout, stderr, [code]] = await outputs;
    return { code: code as number | null, stdout, stderr };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#home, { recursive: true, force: true });
  }
}
