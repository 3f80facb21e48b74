// Ports on localhost.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, type TestContext, test } from 'node:test';
import { until } from '../cluster-suite.ts';
import { namespace, startServer } from './balanced.testing.ts';

describe('load balancers: localhost', () => {
  /** A program of this machine at a port; at the address of a Service it stands for its pods. */
  const listen = async (t: TestContext, host: string, port = 0) => {
    const server = createServer((socket) => socket.end(`from ${host}`)).listen(port, host);
    t.after(() => server.close());
    await once(server, 'listening');
    return { server, port: (server.address() as AddressInfo).port };
  };
  const freePort = async (t: TestContext): Promise<number> => {
    const { server, port } = await listen(t, '127.0.0.1');
    await new Promise((resolve) => server.close(resolve));
    return port;
  };
  const ask = async (host: string, port: number): Promise<string> => text(connect({ host, port }));

  test('the port is on 127.0.0.1 and ::1, leads to the Service, and is free again when the Service is deleted', async (t) => {
    const { api, run, create, reachedAt } = await startServer(t);
    await run({ mode: 'localhost' });
    const port = await freePort(t);
    const { spec } = await create('web', { ports: [{ port }] });
    const { status } = await reachedAt('web', 'localhost');
    assert.deepEqual(status?.loadBalancer?.ingress, [{ hostname: 'localhost', ports: [{ port, protocol: 'TCP' }] }]);
    await listen(t, spec.clusterIP ?? '', port);
    assert.equal(await ask('127.0.0.1', port), `from ${spec.clusterIP}`);
    assert.equal(await ask('::1', port), `from ${spec.clusterIP}`);
    await api.delete('web', { namespace });
    await until(api, namespace, (list) => list.every(({ metadata }) => metadata.name !== 'web'));
    await assert.rejects(ask('127.0.0.1', port), { code: 'ECONNREFUSED' });
  });

  test('a port that is taken: an event says by whom, the Service waits, and has it once it is free', async (t) => {
    const { run, create, reachedAt, told } = await startServer(t);
    await run({ mode: 'localhost' });
    const other = await listen(t, '127.0.0.1');
    await create('web', { ports: [{ port: other.port }] });
    const who = new RegExp(`port ${other.port}/TCP of localhost is in use by .* \\(process ${process.pid}\\)\\. Stop`);
    await told('web', 'SyncLoadBalancerFailed', who);
    await reachedAt('web');
    await new Promise((resolve) => other.server.close(resolve));
    await reachedAt('web', 'localhost');
  });

  test('a port is published for one Service; the other has it when that one gives it up', async (t) => {
    const { run, create, patch, reachedAt, told } = await startServer(t);
    await run({ mode: 'localhost' });
    const [port, spare] = [await freePort(t), await freePort(t)];
    await create('one', { ports: [{ port }] });
    await reachedAt('one', 'localhost');
    await create('other', {
      ports: [
        { name: 'a', port: spare },
        { name: 'b', port },
      ],
    });
    await told('other', 'SyncLoadBalancerFailed', /is published for the Service default\/one already/);
    await reachedAt('other');
    await assert.rejects(ask('127.0.0.1', spare), { code: 'ECONNREFUSED' }, 'all of its ports, or none');
    await patch('one', { ports: [{ port: await freePort(t) }] });
    await reachedAt('other', 'localhost');
  });

  test('SCTP cannot be published, and source ranges without localhost let nobody in', async (t) => {
    const { run, create, reachedAt, told } = await startServer(t);
    await run({ mode: 'localhost' });
    await create('sctp', { ports: [{ port: 80, protocol: 'SCTP' }] });
    await told('sctp', 'SyncLoadBalancerFailed', /SCTP, which cannot be published on localhost/);
    const port = await freePort(t);
    const { spec } = await create('ranges', { ports: [{ port }], loadBalancerSourceRanges: ['192.0.2.0/24'] });
    await told('ranges', 'SyncLoadBalancerFailed', /has neither 127.0.0.1 nor ::1/);
    await reachedAt('ranges', 'localhost');
    await listen(t, spec.clusterIP ?? '', port);
    await assert.rejects(ask('127.0.0.1', port), { code: 'ECONNRESET' });
  });
});
