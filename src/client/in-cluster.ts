// The way to the API server from inside a pod: the Service's environment variables and the service account's files
// (https://kubernetes.io/docs/tasks/run-application/access-api-from-pod/).

import { readFile } from 'node:fs/promises';
import { isIPv6 } from 'node:net';
import { join } from 'node:path';
import type { Kubeconfig } from './kubeconfig.ts';

const mounted = '/var/run/secrets/kubernetes.io/serviceaccount';

/** Rejects with what is missing when this is no pod, or one without a service account's token. */
export async function inClusterConfig(
  env: NodeJS.ProcessEnv = process.env,
  directory = mounted,
): Promise<Omit<Kubeconfig, 'namespace'>> {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = env;
  if (!host || !port) {
    throw new Error(
      'this is no pod of a cluster (KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set): name a kubeconfig',
    );
  }
  const tokenFile = join(directory, 'token');
  const [ca] = await Promise.all(
    ['ca.crt', 'token'].map((name) =>
      readFile(join(directory, name), 'utf8').catch((cause: Error) => {
        throw new Error(`the pod's service account cannot be used: ${cause.message}`, { cause });
      }),
    ),
  );
  const server = `https://${isIPv6(host) ? `[${host}]` : host}:${port}`;
  return { server, ca, tokenFile, insecureSkipTlsVerify: false };
}
