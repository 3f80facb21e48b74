// One execution of a probe's or lifecycle hook's action: an HTTP request, a TCP connection or a command.

import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect } from 'node:net';
import { type Container, kubernetesVersion } from '#api/index.ts';
import type { HTTPGetAction, ProbeHandler } from '#api/schema/container.ts';
import { inBrackets } from '#lib/cidr.ts';

export interface CheckTarget {
  readonly container: Container;
  readonly podIP: string;
  /** Runs a command in the container; output is cut at a few kilobytes. */
  exec(command: readonly string[], signal: AbortSignal): Promise<{ code: number; output: string }>;
}
export interface CheckResult {
  readonly ok: boolean;
  readonly message: string;
}

const probeAgent = `kube-probe/${kubernetesVersion.major}.${kubernetesVersion.minor}`;
const passed: CheckResult = { ok: true, message: '' };
const failed = (message: string): CheckResult => ({ ok: false, message });

/** Never rejects: what goes wrong is a failed check. */
export async function check(handler: ProbeHandler, target: CheckTarget, signal: AbortSignal): Promise<CheckResult> {
  try {
    if (handler.httpGet) return await checkHttp(handler.httpGet, target, signal);
    if (handler.tcpSocket) {
      const { host = target.podIP, port } = handler.tcpSocket;
      return await checkTcp(host, portNumber(port, target.container), signal);
    }
    if (handler.exec) {
      const { code, output } = await target.exec(handler.exec.command ?? [], signal);
      if (signal.aborted) return failed('command timed out');
      return code === 0 ? passed : failed(output.trim() || `command terminated with exit code ${code}`);
    }
    return failed(handler.grpc ? 'grpc probes are not supported yet' : 'missing probe handler');
  } catch (error) {
    return failed(error instanceof Error ? error.message : String(error));
  }
}

/** A port by number, or by its name in the container. */
export function portNumber(port: number | string, { ports = [], name }: Container): number {
  const number = typeof port === 'number' ? port : /^\d+$/.test(port) ? Number(port) : undefined;
  const found = number ?? ports.find((candidate) => candidate.name === port)?.containerPort;
  if (found === undefined || found < 1 || found > 65535) {
    throw new Error(`container "${name}" has no port "${port}"`);
  }
  return found;
}

async function checkHttp(action: HTTPGetAction, target: CheckTarget, signal: AbortSignal): Promise<CheckResult> {
  const scheme = (action.scheme ?? 'HTTP').toLowerCase();
  const host = action.host || target.podIP;
  const port = portNumber(action.port, target.container);
  const path = action.path ?? '/';
  const url = `${scheme}://${inBrackets(host)}:${port}${path.startsWith('/') ? '' : '/'}${path}`;
  const headers: Record<string, string> = { 'user-agent': probeAgent, accept: '*/*', connection: 'close' };
  for (const { name, value } of action.httpHeaders ?? []) headers[name.toLowerCase()] = value;
  try {
    const status = await statusOf(url, scheme, headers, signal);
    // Redirects count as success: the program is alive enough to send them.
    return status >= 200 && status < 400 ? passed : failed(`HTTP probe failed with statuscode: ${status}`);
  } catch (error) {
    const why = signal.aborted ? 'context deadline exceeded (Client.Timeout exceeded while awaiting headers)' : '';
    return failed(`Get "${url}": ${why || readable(error, host, port)}`);
  }
}

function statusOf(url: string, scheme: string, headers: Record<string, string>, signal: AbortSignal): Promise<number> {
  const start = scheme === 'https' ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const options = { agent: false as const, headers, signal, rejectUnauthorized: false };
    const request = start(url, options, (response: IncomingMessage) => {
      resolve(response.statusCode ?? 0);
      response.on('error', () => {});
      response.destroy();
    });
    request.on('error', reject);
    request.end();
  });
}

function checkTcp(host: string, port: number, signal: AbortSignal): Promise<CheckResult> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const settle = (result: CheckResult) => {
      signal.removeEventListener('abort', onAbort);
      socket.destroy();
      resolve(result);
    };
    const onAbort = () => settle(failed(`dial tcp ${inBrackets(host)}:${port}: i/o timeout`));
    signal.addEventListener('abort', onAbort, { once: true });
    socket.on('connect', () => settle(passed));
    socket.on('error', (error) => settle(failed(readable(error, host, port))));
  });
}

const words: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connect: connection refused',
  EHOSTUNREACH: 'connect: no route to host',
  ENETUNREACH: 'connect: network is unreachable',
  ETIMEDOUT: 'i/o timeout',
};
function readable(error: unknown, host: string, port: number): string {
  const text = words[(error as NodeJS.ErrnoException).code ?? ''];
  return text ? `dial tcp ${inBrackets(host)}:${port}: ${text}` : (error as Error).message;
}
