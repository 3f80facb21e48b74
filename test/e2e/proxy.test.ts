// `kubectl proxy` and the proxy sub-resources on a real cluster: the API server's machine reaches pods, a Service's name is
// enough, and the kubelet of a node answers too.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, describe, test } from 'node:test';
import { eventually, TestCluster, whyNoCluster, whyNoKubectl } from './harness.ts';

const skip = whyNoCluster() ?? whyNoKubectl();
const services = '/api/v1/namespaces/default/services';

describe('proxies', { skip }, () => {
  let cluster: TestCluster;
  let proxy: ReturnType<TestCluster['spawnKubectl']>;
  let base: string;

  before(async () => {
    cluster = await TestCluster.start('e2e-proxy');
    await cluster.kubectl('create deployment web --image=host --replicas=2 -- portolan echo --port 8080');
    await cluster.kubectl('expose deployment web --port 80 --target-port 8080');
    await cluster.kubectl('rollout status deployment web --timeout=60s');
    proxy = cluster.spawnKubectl('proxy --port=0');
    const [line] = await once(proxy.stdout, 'data');
    base = `http://${/127\.0\.0\.1:\d+/.exec(String(line))?.[0]}`;
  });
  after(async () => {
    proxy?.kill();
    await cluster?.[Symbol.asyncDispose]();
  });

  test('kubectl get --raw of a Service is answered by one of its pods', async () => {
    await eventually('both pods have answered', async () => {
      const answers = await Promise.all(
        Array.from({ length: 8 }, () => cluster.kubectl(`get --raw ${services}/web/proxy/`)),
      );
      const pods = new Set(answers.map((answer) => /"pod": "(web-[^"]+)"/.exec(answer)?.[1]));
      return pods.size === 2 && !pods.has(undefined);
    });
  });

  test('kubectl proxy: a pod by its name, the Service by the number of its port, a node', async () => {
    const pod = (await cluster.kubectl('get pods -l app=web -o jsonpath={.items[0].metadata.name}')).trim();
    const ofPod = await (await fetch(`${base}/api/v1/namespaces/default/pods/${pod}:8080/proxy/`)).text();
    assert.match(ofPod, new RegExp(`"pod": "${pod}"`));
    assert.match(await (await fetch(`${base}${services}/http:web:80/proxy/`)).text(), /"pod": "web-/);
    const node = (await cluster.kubectl('get nodes -o jsonpath={.items[0].metadata.name}')).trim();
    assert.equal(await (await fetch(`${base}/api/v1/nodes/${node}/proxy/healthz`)).text(), 'ok');
  });

  test('kubectl proxy: watches are streams', async () => {
    const watch = await fetch(
      `${base}/api/v1/namespaces/default/services?watch=true&fieldSelector=metadata.name%3Dweb`,
    );
    const reader = (watch.body as ReadableStream<Uint8Array>).getReader();
    const read = async () => JSON.parse(Buffer.from((await reader.read()).value ?? []).toString());
    assert.equal((await read()).type, 'ADDED');
    await cluster.kubectl('label service web tier=front');
    const { type, object } = await read();
    assert.deepEqual([type, object.metadata.labels.tier], ['MODIFIED', 'front']);
    await reader.cancel();
  });

  test('a Service without pods says so', async () => {
    await cluster.kubectl('create service clusterip empty --tcp=80');
    await eventually('the Service has Endpoints', () => cluster.kubectl('get endpoints empty'));
    const { code, stderr } = await cluster.tryKubectl(`get --raw ${services}/empty/proxy/`);
    assert.equal(code, 1);
    assert.match(stderr, /Error from server \(ServiceUnavailable\): no endpoints available for service "empty"/);
  });

  test('metrics of the API server are there for the administrator', async () => {
    const metrics = await cluster.kubectl('get --raw /metrics');
    assert.match(metrics, /^apiserver_storage_objects\{resource="services"\} [2-9]/m);
    assert.match(metrics, /^apiserver_request_total\{verb="LIST",.*resource="services".*code="200"\} \d+$/m);
  });
});
