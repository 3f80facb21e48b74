// Reads a kubeconfig: which server, whom it must be, who we are. Credentials that need a program run or a flow with a
// browser (`exec`, `auth-provider`) are refused by name.

import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { parse } from 'yaml';

export interface Kubeconfig {
  /** URL, without a trailing slash. */
  readonly server: string;
  readonly namespace: string;
  /** PEM. */
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  readonly token?: string | undefined;
  /** Holds the token, and another one later: to be read again now and then. */
  readonly tokenFile?: string | undefined;
  readonly tlsServerName?: string | undefined;
  readonly insecureSkipTlsVerify: boolean;
}

type Fields = Readonly<Record<string, unknown>>;
interface Source {
  /** What errors call it. */
  readonly name: string;
  /** What relative paths in it are relative to. */
  readonly directory: string;
}

/**
 * @param pathOrText a file's path, or the document itself, which is told by its line breaks.
 * @param context in place of the document's current one
 */
export async function loadKubeconfig(pathOrText: string, context?: string): Promise<Kubeconfig> {
  if (pathOrText.includes('\n')) {
    return await read(pathOrText, { name: 'kubeconfig', directory: process.cwd() }, context);
  }
  const path = resolve(pathOrText);
  const text = await readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    const why = cause.code === 'ENOENT' ? 'there is no such file' : cause.message;
    throw new Error(`kubeconfig ${path}: ${why}`, { cause });
  });
  return await read(text, { name: `kubeconfig ${path}`, directory: dirname(path) }, context);
}

async function read(text: string, source: Source, wanted?: string): Promise<Kubeconfig> {
  const document = parseDocument(text, source);
  const contextName = wanted ?? document['current-context'];
  if (typeof contextName !== 'string' || !contextName) throw new Error(`${source.name}: current-context is not set`);
  const context = named(document, 'contexts', 'context', contextName, source);
  const cluster = named(document, 'clusters', 'cluster', string(context, 'cluster') ?? '', source);
  const userName = string(context, 'user');
  const user = userName ? named(document, 'users', 'user', userName, source) : {};
  for (const unsupported of ['exec', 'auth-provider', 'username']) {
    if (user[unsupported]) {
      throw new Error(
        `${source.name}: user "${userName}" uses "${unsupported}"; a client certificate or a token is needed`,
      );
    }
  }
  const server = string(cluster, 'server');
  if (!server || !/^https?:\/\//.test(server) || !URL.canParse(server)) {
    throw new Error(
      `${source.name}: cluster "${string(context, 'cluster')}": server ${JSON.stringify(server)} is not an http(s) URL`,
    );
  }
  const cert = await material(user, 'client-certificate', source);
  const key = await material(user, 'client-key', source);
  if (!cert !== !key)
    throw new Error(`${source.name}: user "${userName}" has a client certificate or a key, but not both`);
  const token = string(user, 'token');
  const tokenFile = token === undefined ? string(user, 'tokenFile') : undefined;
  if (tokenFile !== undefined) await file(tokenFile, 'tokenFile', source);
  return {
    server: server.replace(/\/+$/, ''),
    namespace: string(context, 'namespace') ?? 'default',
    ca: await material(cluster, 'certificate-authority', source),
    cert,
    key,
    token,
    tokenFile: tokenFile && resolve(source.directory, tokenFile),
    tlsServerName: string(cluster, 'tls-server-name'),
    insecureSkipTlsVerify: cluster['insecure-skip-tls-verify'] === true,
  };
}

function parseDocument(text: string, source: Source): Fields {
  let document: unknown;
  try {
    document = parse(text);
  } catch (cause) {
    throw new Error(`${source.name}: not YAML: ${(cause as Error).message.split('\n')[0]}`, { cause });
  }
  if (!isFields(document)) throw new Error(`${source.name}: not a kubeconfig: a mapping is expected`);
  return document;
}

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const string = (fields: Fields, name: string): string | undefined => {
  const value = fields[name];
  return typeof value === 'string' && value ? value : undefined;
};

/** Entry `name` of one of the document's lists of `{name, [field]: …}`. */
function named(document: Fields, list: string, field: string, name: string, source: Source): Fields {
  const entries: unknown[] = Array.isArray(document[list]) ? document[list] : [];
  const found = entries.filter(isFields).find((entry) => entry.name === name)?.[field];
  if (!isFields(found)) throw new Error(`${source.name}: there is no ${field} "${name}" in ${list}`);
  return found;
}

/** PEM given inline as base64 (`…-data`), which wins, or as a path. */
async function material(fields: Fields, name: string, source: Source): Promise<string | undefined> {
  const data = string(fields, `${name}-data`);
  const path = string(fields, name);
  const pem = data ? Buffer.from(data, 'base64').toString() : path && (await file(path, name, source));
  if (pem && !pem.includes('-----BEGIN '))
    throw new Error(`${source.name}: ${name}${data ? '-data' : ''} holds no PEM`);
  return pem || undefined;
}

async function file(path: string, field: string, source: Source): Promise<string> {
  return await readFile(resolve(source.directory, path), 'utf8').catch((cause: Error) => {
    throw new Error(`${source.name}: ${field} cannot be read: ${cause.message}`, { cause });
  });
}
