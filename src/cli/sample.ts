// What `npm start` shows: a Deployment of three pods behind a Service, and that a client who knows nothing but the
// Service's name reaches each of them.

import { Resolver } from 'node:dns/promises';
import { readFile } from 'node:fs/promises';
import { request } from 'node:http';
import { isIPv6 } from 'node:net';
import { parseAllDocuments } from 'yaml';
import {
  type Deployment,
  deployments,
  isAlreadyExists,
  isNotFound,
  type KubeObject,
  type Service,
  services,
} from '#api/index.ts';
import { Client, connect } from '#client/index.ts';
import { clusterDomain } from '#cluster/endpoints.ts';
import { dnsServiceIP, type Ranges } from '#cluster/ranges.ts';
import { inBrackets } from '#lib/cidr.ts';
import { systemClock } from '#lib/clock.ts';
import { UserError } from '#lib/user-error.ts';

const manifest = new URL('../../examples/hello.yaml', import.meta.url);
const serviceName = 'hello';
const domain = `${serviceName}.default.svc.${clusterDomain}`;
const timeoutMs = 60_000;

export interface SampleOptions {
  readonly kubeconfig: string;
  readonly ranges: Ranges;
  readonly say: (line: string) => void;
}

async function create(creation: Promise<KubeObject>): Promise<void> {
  await creation.catch((error) => {
    if (!isAlreadyExists(error)) throw error;
  });
}

async function applyManifest(client: Client): Promise<void> {
  for (const document of parseAllDocuments(await readFile(manifest, 'utf8'))) {
    const object = document.toJS() as KubeObject;
    const named = { ...object, metadata: { namespace: 'default', ...object.metadata } };
    if (object.kind === 'Service') await create(client.resource(services).create(named as Service));
    else await create(client.resource(deployments).create(named as Deployment));
  }
}

async function until<T>(what: string, attempt: () => Promise<T | undefined>): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  while (Date.now() < deadline) {
    const result = await attempt().catch((error) => {
      if (isNotFound(error)) return undefined;
      throw error;
    });
    if (result !== undefined) return result;
    await systemClock.sleep(20);
  }
  throw new UserError(`The sample application did not get as far as this in ${timeoutMs / 1000} s: ${what}.`);
}

/** One GET on a connection of its own, as a new client would make it; undefined when nobody answers. */
function get(address: string): Promise<{ pod: string; ip: string; node: string } | undefined> {
  return new Promise((resolve) => {
    const call = request({ host: address, port: 80, path: '/', agent: false, timeout: 2000 }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', () => resolve(undefined));
      response.on('end', () => resolve(JSON.parse(Buffer.concat(chunks).toString())));
    });
    call.on('timeout', () => call.destroy());
    call.on('error', () => resolve(undefined));
    call.end();
  });
}

export async function showSample({ kubeconfig, ranges, say }: SampleOptions): Promise<void> {
  const client = new Client(await connect(kubeconfig), { userAgent: 'portolan-sample' });
  say('Applying the sample: the Deployment hello (3 replicas of `portolan echo`) and its Service');
  await applyManifest(client);
  const replicas = await until('all replicas of the Deployment hello ready', async () => {
    const { spec, status } = await client.resource(deployments).get(serviceName, 'default');
    return status?.readyReplicas === spec.replicas ? spec.replicas : undefined;
  });
  const resolver = new Resolver({ timeout: 1000, tries: 3 });
  const dns = dnsServiceIP(ranges.families[0]);
  resolver.setServers([dns]);
  const [clusterIP = ''] = await (isIPv6(dns) ? resolver.resolve6(domain) : resolver.resolve4(domain));
  say(`  ${domain} is ${clusterIP} (says the cluster DNS at ${dns})`);
  const seen = new Map<string, string>();
  await until('every replica answering at the cluster IP', async () => {
    const answer = await get(clusterIP);
    if (answer && !seen.has(answer.pod)) {
      seen.set(answer.pod, answer.ip);
      say(`  http://${inBrackets(clusterIP)} was answered by ${answer.pod} (${answer.ip} on ${answer.node})`);
    }
    return seen.size === replicas ? true : undefined;
  });
}
