// The sub-resources that only the pod's kubelet can serve (api.md §14): log, exec, attach, portforward. Finds the kubelet
// behind a pod's node, checks what can be checked from the pod, and speaks to it with the server's own certificate.

import type { IncomingMessage } from 'node:http';
import { request as httpsRequest, type RequestOptions } from 'node:https';
import type { Socket } from 'node:net';
import { ApiError, badRequest, type Kind, type Node, notFound, type Pod, type Status } from '#api/index.ts';
import { nodeKind } from '#api/kinds/node.ts';
import { podKind } from '#api/kinds/pod.ts';
import type { HttpResponse } from '#lib/http.ts';
import type { Call } from './call.ts';
import type { Registry } from './registry.ts';
import type { ResourceInfo } from './request.ts';
import { commonHeaders, textResponse } from './respond.ts';

export interface KubeletCredentials {
  readonly key: string;
  readonly cert: string;
  readonly ca: string;
}

interface Address {
  readonly node: string;
  readonly host: string;
  readonly port: number;
}

/** Of what a kubelet says when it refuses; more than this is no message. */
const messageLimit = 64 * 1024;
const connectTimeoutMs = 10_000;

export class KubeletProxy {
  #credentials: KubeletCredentials | undefined;

  useCredentials(credentials: KubeletCredentials): void {
    this.#credentials = credentials;
  }

  /** GET pods/NAME/log, as a stream that ends with the log or with the client. */
  async log(registry: Registry, { query, at, request }: Call): Promise<HttpResponse> {
    const pod = await podAt(registry, at);
    const container = containerFor(pod, query.get('container') ?? '');
    if (!pod.spec.nodeName) return textResponse(200, '');
    const address = await this.#addressOf(registry, pod);
    const wanted = new URLSearchParams();
    for (const name of logParameters) for (const value of query.getAll(name)) if (value) wanted.append(name, value);
    const path = `/containerLogs/${pathOf(pod, container)}?${wanted}`;
    const answer = await this.#request(address, { path, method: 'GET', signal: request.signal });
    if (answer.statusCode !== 200) throw await refusal(answer, address);
    const headers = { ...commonHeaders, 'content-type': 'text/plain' };
    return { status: 200, headers, body: answer as AsyncIterable<Uint8Array> };
  }

  /**
   * Hands an upgrade on to the kubelet: exec, attach and portforward. Resolves with both the kubelet's answer and the
   * bytes that came after it. Throws what the client should be told when there is nothing to upgrade to.
   */
  async upgrade(registry: Registry, at: ResourceInfo, query: URLSearchParams, request: UpgradeRequest) {
    const pod = await podAt(registry, at);
    const path = upgradePath(pod, at.subresource, query);
    const { name = '' } = pod.metadata;
    if (!pod.spec.nodeName) throw badRequest(`pod ${name} does not have a host assigned`);
    const address = await this.#addressOf(registry, pod);
    return new Promise<{ answer: IncomingMessage; socket: Socket; head: Buffer }>((resolve, reject) => {
      const outgoing = httpsRequest({ ...this.#options(address), ...request, path, agent: false });
      outgoing.setTimeout(connectTimeoutMs, () => outgoing.destroy(new Error('it does not answer')));
      outgoing.on('upgrade', (answer, socket, head) => {
        socket.setTimeout(0);
        resolve({ answer, socket, head });
      });
      outgoing.on('response', (answer) => void refusal(answer, address).then(reject, reject));
      outgoing.on('error', (error) => reject(unreachable(address, error)));
      outgoing.end();
    });
  }

  /** Where a node's kubelet listens, and who speaks to it. Throws 404 for a node that is not there. */
  async locate(registry: Registry, node: string) {
    const { host, port } = await this.#addressOfNode(registry, node);
    return { host, port, tls: { ...this.#assertCredentials(), servername: node } };
  }

  #request(address: Address, options: RequestOptions): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const outgoing = httpsRequest({ ...this.#options(address), ...options, agent: false }, resolve);
      outgoing.setTimeout(connectTimeoutMs, () => outgoing.destroy(new Error('it does not answer')));
      outgoing.on('response', () => outgoing.setTimeout(0));
      outgoing.on('error', (error) => reject(unreachable(address, error)));
      outgoing.end();
    });
  }

  #options({ host, port, node }: Address): RequestOptions {
    // A kubelet's certificate names its node; its address may be one that was given to it later.
    return { host, port, ...this.#assertCredentials(), servername: node };
  }

  #assertCredentials(): KubeletCredentials {
    if (this.#credentials) return this.#credentials;
    throw new ApiError(503, 'ServiceUnavailable', 'this API server has no credentials to speak to kubelets with');
  }

  #addressOf(registry: Registry, pod: Pod): Promise<Address> {
    return this.#addressOfNode(registry, pod.spec.nodeName ?? '');
  }

  async #addressOfNode(registry: Registry, node: string): Promise<Address> {
    const entry = await registry.get(nodeKind as unknown as Kind, { name: node });
    if (!entry) throw notFound({ group: '', resource: 'nodes' }, node);
    const { status } = registry.decode<Node>(entry);
    const host = status?.addresses?.find(({ type }) => type === 'InternalIP')?.address;
    const port = status?.daemonEndpoints?.kubeletEndpoint?.Port;
    if (host && port) return { node, host, port };
    throw new ApiError(
      503,
      'ServiceUnavailable',
      `node ${node} has not told at which address and port its kubelet listens`,
    );
  }
}

export interface UpgradeRequest {
  readonly method: string;
  readonly headers: Record<string, string | string[]>;
}

const logParameters = ['follow', 'previous', 'sinceSeconds', 'sinceTime', 'timestamps', 'tailLines', 'limitBytes'];

async function podAt(registry: Registry, { namespace, name }: ResourceInfo): Promise<Pod> {
  const entry = await registry.get(podKind as unknown as Kind, { namespace, name });
  if (!entry) throw notFound(podKind, name);
  return registry.decode<Pod>(entry);
}

/** The container that is meant: the one that is named, or the only one. */
export function containerFor({ metadata, spec }: Pod, wanted: string): string {
  const { name = '' } = metadata;
  const containers = spec.containers.map((container) => container.name);
  const inits = (spec.initContainers ?? []).map((container) => container.name);
  const ephemeral = (spec.ephemeralContainers ?? []).map((container) => container.name ?? '');
  if (wanted) {
    if ([...containers, ...inits, ...ephemeral].includes(wanted)) return wanted;
    throw badRequest(`container ${wanted} is not valid for pod ${name}`);
  }
  const [only] = containers;
  if (containers.length === 1 && only) return only;
  const orInit = inits.length > 0 ? ` or one of the init containers: [${inits.join(' ')}]` : '';
  throw badRequest(
    `a container name must be specified for pod ${name}, choose one of: [${containers.join(' ')}]${orInit}`,
  );
}

const pathOf = ({ metadata }: Pod, container: string): string =>
  [metadata.namespace ?? '', metadata.name ?? '', container].map(encodeURIComponent).join('/');

/** What clients call stdin, stdout and stderr, the kubelet calls input, output and error. */
const streams = { stdin: 'input', stdout: 'output', stderr: 'error', tty: 'tty' } as const;

function upgradePath(pod: Pod, subresource: string, query: URLSearchParams): string {
  const { namespace = '', name = '' } = pod.metadata;
  if (subresource === 'portforward') {
    const ports = new URLSearchParams(query.getAll('ports').map((port): [string, string] => ['port', port]));
    return `/portForward/${encodeURIComponent(namespace)}/${encodeURIComponent(name)}?${ports}`;
  }
  const container = containerFor(pod, query.get('container') ?? '');
  const wanted = new URLSearchParams();
  for (const [theirs, ours] of Object.entries(streams)) {
    if (['1', 'true'].includes(query.get(theirs) ?? '')) wanted.append(ours, '1');
  }
  if (subresource === 'exec') for (const word of query.getAll('command')) wanted.append('command', word);
  return `/${subresource}/${pathOf(pod, container)}?${wanted}`;
}

const unreachable = ({ node, host, port }: Address, cause: Error): ApiError =>
  new ApiError(
    500,
    'InternalError',
    `Internal error occurred: cannot reach the kubelet of node ${node} at ${host}:${port}: ${cause.message}`,
    undefined,
    { cause },
  );

const reasons: Readonly<Record<number, string>> = { 400: 'BadRequest', 403: 'Forbidden', 404: 'NotFound' };

/** A kubelet's refusal as our own: its Status if it sent one, else its words. */
async function refusal(answer: IncomingMessage, { node }: Address): Promise<ApiError> {
  const code = answer.statusCode ?? 500;
  const text = await readText(answer);
  try {
    const status = JSON.parse(text) as Partial<Status>;
    if (status.kind === 'Status') return ApiError.fromStatus(status, code);
  } catch {
    // Not JSON: the kubelet's words are the message.
  }
  const reason = reasons[code] ?? 'InternalError';
  return new ApiError(code, reason, text.trim() || `the kubelet of node ${node} answered with HTTP status ${code}`);
}

async function readText(answer: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > messageLimit) break;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}
