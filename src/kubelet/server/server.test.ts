// The kubelet's server over TLS, without pods.

import assert from 'node:assert/strict';
import { request } from 'node:https';
import { after, before, describe, test } from 'node:test';
import { CertificateAuthority, type KeyPair } from '#cluster/pki.ts';
import { createLogger } from '#lib/log.ts';
import { podAccess } from '../pod-access.ts';
import { OciRuntime } from '../runtimes/oci.ts';
import { KubeletServer } from './server.ts';

describe('KubeletServer', () => {
  let server: KubeletServer;
  let port: number;
  let ca: CertificateAuthority;
  before(async () => {
    ca = await CertificateAuthority.create('test');
    const tls = await ca.issue({ commonName: 'system:node:n1', names: ['127.0.0.1'] });
    const access = podAccess(() => undefined, new OciRuntime({ stateDir: '/nonexistent' }));
    const options = { host: '127.0.0.1', port: 0, tls: { ...tls, ca: ca.pair.cert } };
    server = new KubeletServer(access, options, createLogger('test', 'error'));
    port = await server.start();
  });
  after(() => server.close());

  const get = (path: string, client?: KeyPair): Promise<{ status: number; text: string }> =>
    new Promise((resolve, reject) => {
      const options = { host: '127.0.0.1', port, path, ca: ca.pair.cert, agent: false as const, ...client };
      const sent = request(options, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (part: string) => {
          text += part;
        });
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
      });
      sent.on('error', reject).end();
    });

  test('serves a client of the authority', async () => {
    const client = await ca.issue({ commonName: 'kube-apiserver-kubelet-client' });
    assert.deepEqual(await get('/healthz', client), { status: 200, text: 'ok' });
    assert.equal((await get('/nothing', client)).status, 404);
    assert.deepEqual(await get('/containerLogs/default/web/c', client), {
      status: 404,
      text: 'pod "default/web" is not on this node',
    });
    assert.equal((await get('/exec/default/web/c?command=ls', client)).status, 400);
    assert.deepEqual(await get('/attach/default/web/c?output=1', client), {
      status: 400,
      text: 'attach needs a WebSocket: use a client that offers v5.channel.k8s.io or v4.channel.k8s.io',
    });
    assert.equal((await get('/containerLogs/%ff/web/c', client)).status, 400);
  });

  test('refuses a client without a certificate, or with a stranger’s', async () => {
    await assert.rejects(get('/healthz'));
    const stranger = await (await CertificateAuthority.create('stranger')).issue({ commonName: 'x' });
    await assert.rejects(get('/healthz', stranger));
  });
});
