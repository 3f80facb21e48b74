// What a container on the real kernel sees of names, resolvers and Services, and what its pod waits for (dns.md §14). The
// files themselves have tables of their own, in resolv-conf.test.ts, hosts.test.ts and service-env.test.ts.

import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type Pod, pods } from '#api/index.ts';
import { TestNode, whyNoContainers } from './kernel-suite.ts';

const shell = (script: string) => ['sh', '-c', script];
const hasAddress = ({ status }: Pod) => status?.podIP !== undefined;
const waitingReason = ({ status }: Pod) => status?.containerStatuses?.[0]?.state?.waiting?.reason;
const domain = 'db.default.svc.cluster.local';

describe('what a container sees', { skip: await whyNoContainers(), timeout: 120_000 }, () => {
  let node: TestNode;
  let directory: string;
  let resolvConf: string;
  const servicesMayBeListed = Promise.withResolvers<void>();

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'portolan-resolvers-'));
    resolvConf = join(directory, 'resolv.conf');
    await writeFile(resolvConf, 'search corp.example\nnameserver 192.0.2.53\n');
    node = await TestNode.start({
      index: 3,
      kubelet: { clusterDNS: [], resolvConf },
      between: (fetch) => async (request) => {
        if (new URL(request.url, 'http://x').pathname === '/api/v1/services') await servicesMayBeListed.promise;
        return await fetch(request);
      },
    });
  });
  after(async () => {
    servicesMayBeListed.resolve();
    await node?.close();
    await rm(directory, { recursive: true, force: true });
  });

  test('a pod waits until Services have been listed, says so, and can be deleted meanwhile', async () => {
    await node.run('early', shell('echo $KUBERNETES_SERVICE_HOST'));
    await node.run('unwanted', ['true'], { terminationGracePeriodSeconds: 0 });
    await node.until('unwanted', hasAddress);
    await node.remove('unwanted');
    const waiting = await node.until('early', (pod) => waitingReason(pod) === 'CreateContainerConfigError');
    assert.match(
      waiting.status?.containerStatuses?.[0]?.state?.waiting?.message ?? '',
      /^services have not yet been listed/,
    );
    await node.eventOf('early', 'Failed', ({ message }) => /services have not yet been listed/.test(message ?? ''));
    servicesMayBeListed.resolve();
    assert.equal(await node.outputOf('early'), '172.30.0.1\n');
  });

  test('without a cluster DNS, pod and node are told, and the pod resolves as its node does', async () => {
    await node.run('resolves', ['cat', '/etc/resolv.conf']);
    assert.equal(await node.outputOf('resolves'), 'search corp.example\nnameserver 192.0.2.53\n');
    const ofPod = await node.eventOf('resolves', 'MissingClusterDNS');
    const ofNode = await node.eventOf('n1', 'MissingClusterDNS');
    for (const { type, message } of [ofPod, ofNode]) {
      assert.equal(type, 'Warning');
      assert.match(message ?? '', /no cluster DNS address .* dnsPolicy "ClusterFirst"; using "Default"/);
    }
    assert.equal(ofNode.involvedObject.kind, 'Node');
  });

  test('what does not fit is told with the line that is applied', async () => {
    await node.run('many', ['cat', '/etc/resolv.conf'], {
      dnsPolicy: 'Default',
      dnsConfig: { nameservers: ['192.0.2.1', '192.0.2.2', '192.0.2.3'] },
    });
    assert.equal(
      await node.outputOf('many'),
      'search corp.example\nnameserver 192.0.2.53\nnameserver 192.0.2.1\nnameserver 192.0.2.2\n',
    );
    const { type, message } = await node.eventOf('many', 'DNSConfigForming');
    assert.equal(type, 'Warning');
    assert.match(message ?? '', /the applied nameserver line is: 192\.0\.2\.53 192\.0\.2\.1 192\.0\.2\.2$/);
  });

  test("changes of the node's resolvers reach pods made later; what cannot be read holds them up", async () => {
    await writeFile(resolvConf, 'nameserver\n');
    await node.run('later', ['cat', '/etc/resolv.conf'], { dnsPolicy: 'Default' });
    await node.eventOf('later', 'FailedCreatePodSandBox', ({ message = '' }) =>
      message.includes(`resolvers in ${resolvConf} cannot be read: line 1 is a nameserver without an address`),
    );
    await writeFile(resolvConf, 'nameserver 192.0.2.54\n');
    assert.equal(await node.outputOf('later'), 'nameserver 192.0.2.54\n');
    await rm(resolvConf);
    await node.run('latest', ['cat', '/etc/resolv.conf'], { dnsPolicy: 'Default' });
    assert.equal(await node.outputOf('latest'), 'search .\nnameserver 127.0.0.1\n');
  });

  const names = shell('hostname; hostname -f; cat /etc/hostname; echo $HOSTNAME; tail -n +8 /etc/hosts');
  const fitting = 'a'.repeat(64 - domain.length - 1);
  for (const { name, spec, want } of [
    { name: 'plain', spec: {}, want: ['plain', 'plain', 'plain', 'plain', 'IP\tplain'] },
    {
      name: 'named',
      spec: { hostname: 'first', subdomain: 'db' },
      want: ['first', `first.${domain}`, 'first', 'first', `IP\tfirst.${domain}\tfirst`],
    },
    {
      name: fitting,
      spec: { subdomain: 'db', setHostnameAsFQDN: true },
      want: [...Array<string>(4).fill(`${fitting}.${domain}`), `IP\t${fitting}.${domain}\t${fitting}`],
    },
    {
      name: 'aliased',
      spec: { hostAliases: [{ ip: '203.0.113.9', hostnames: ['a.example', 'b'] }] },
      want: [
        ...Array<string>(4).fill('aliased'),
        'IP\taliased',
        '',
        '# Entries added by HostAliases.',
        '203.0.113.9\ta.example\tb',
      ],
    },
  ]) {
    test(`names of the pod ${name} with ${JSON.stringify(spec)}`, async () => {
      await node.run(name, names, spec);
      const output = await node.outputOf(name);
      const { status } = await node.client.resource(pods).get(name, 'default');
      assert.equal(output, want.map((line) => `${line}\n`.replace('IP\t', `${status?.podIP}\t`)).join(''));
    });
  }

  test('a name that is too long for the kernel is tried again and again; its pod can be deleted', async () => {
    const name = `${fitting}a`;
    await node.run(name, ['true'], { subdomain: 'db', setHostnameAsFQDN: true });
    const { message } = await node.eventOf(name, 'FailedCreatePodSandBox', ({ count = 1 }) => count > 1);
    assert.match(message ?? '', new RegExp(`"${name}\\.${domain}": it is longer than 64 characters`));
    assert.equal((await node.client.resource(pods).get(name, 'default')).status?.phase, 'Pending');
    await node.remove(name);
  });
});
