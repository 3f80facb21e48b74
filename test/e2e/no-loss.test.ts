// Nothing is lost on the way from one set of pods to the next: while clients open new connections all the time, pods are
// rolled over, scaled and drained. The pods serve for some seconds after they are told to end, as pods of careful people do.

import assert from 'node:assert/strict';
import { Agent, get } from 'node:http';
import { after, before, describe, test } from 'node:test';
import { eventually, TestCluster, whyNoCluster, whyNoKubectl } from './harness.ts';

const skip = whyNoCluster() ?? whyNoKubectl();

/** Asks one after the other, each on a connection of its own, until it is told to stop. */
class Client {
  readonly #url: string;
  readonly #ended: Promise<void>;
  #stopped = false;
  readonly failures: string[] = [];
  /** How often each pod has answered. */
  readonly answers = new Map<string, number>();

  constructor(url: string) {
    this.#url = url;
    this.#ended = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#ended;
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      try {
        const { pod } = JSON.parse(await ask(this.#url));
        this.answers.set(pod, (this.answers.get(pod) ?? 0) + 1);
      } catch (error) {
        this.failures.push((error as Error).message);
      }
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  }
}

function ask(url: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = get(url, { agent: new Agent({ keepAlive: false }), timeout: 5_000 }, (response) => {
      let body = '';
      response.on('data', (chunk) => {
        body += chunk;
      });
      response.on('end', () => resolve(body));
      response.on('error', reject);
    });
    request.on('timeout', () => request.destroy(new Error('no answer after 5 s')));
    request.on('error', reject);
  });
}

describe('no request fails', { skip }, () => {
  let cluster: TestCluster;
  let clients: Client[] = [];
  const kubectl = (args: string) => cluster.kubectl(args);
  const web = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web' },
    spec: {
      replicas: 4,
      selector: { matchLabels: { app: 'web' } },
      strategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 1 } },
      template: {
        metadata: { labels: { app: 'web' } },
        spec: {
          terminationGracePeriodSeconds: 4,
          containers: [
            {
              name: 'echo',
              image: 'host',
              command: ['portolan', 'echo'],
              readinessProbe: { tcpSocket: { port: 8080 }, periodSeconds: 1 },
              lifecycle: { preStop: { sleep: { seconds: 3 } } },
            },
          ],
        },
      },
    },
  };
  const service = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web' },
    spec: { type: 'NodePort', selector: { app: 'web' }, ports: [{ port: 80, targetPort: 8080 }] },
  };
  /** Runs `change` while the clients ask; resolves with the pods that answered. */
  async function during(change: () => Promise<unknown>): Promise<string[]> {
    const address = async (path: string) => (await kubectl(`get ${path}`)).trim();
    const clusterIP = await address('service web -o jsonpath={.spec.clusterIP}');
    const nodePort = await address('service web -o jsonpath={.spec.ports[0].nodePort}');
    const node = await address('node node-1 -o jsonpath={.status.addresses[0].address}');
    clients = [`http://${clusterIP}`, `http://${clusterIP}`, `http://${node}:${nodePort}`].map(
      (url) => new Client(url),
    );
    await eventually('the clients are at it', async () => clients.every(({ answers }) => answers.size > 0));
    await change();
    await Promise.all(clients.map((client) => client.stop()));
    assert.deepEqual(
      clients.flatMap(({ failures }) => failures),
      [],
    );
    return [...new Set(clients.flatMap(({ answers }) => [...answers.keys()]))];
  }
  /** Pods that are on their way out are still there. */
  const onlyReadyPods = () =>
    eventually('the old pods are gone', async () => {
      const phases = await kubectl('get pods -l app=web -o jsonpath={.items[*].metadata.deletionTimestamp}');
      return phases.trim() === '';
    });

  before(async () => {
    cluster = await TestCluster.start('e2e-no-loss', ['--nodes', '2', '--storage', 'memory']);
    const input = [web, service].map((object) => JSON.stringify(object)).join('\n---\n');
    await cluster.kubectl('apply -f -', { input });
    await kubectl('rollout status deployment web --timeout=60s');
  });
  after(async () => {
    await Promise.all(clients.map((client) => client.stop()));
    await cluster[Symbol.asyncDispose]();
  });

  test('in a rolling update', async () => {
    const pods = await during(async () => {
      await kubectl('rollout restart deployment web');
      await kubectl('rollout status deployment web --timeout=60s');
      await onlyReadyPods();
    });
    assert.ok(pods.length > 4, 'old and new pods have answered');
  });

  test('in scaling down and up again', async () => {
    await during(async () => {
      await kubectl('scale deployment web --replicas=1');
      await onlyReadyPods();
      await kubectl('scale deployment web --replicas=4');
      await kubectl('rollout status deployment web --timeout=60s');
    });
  });

  test('in the drain of a node', async () => {
    await during(async () => {
      await kubectl('drain node-2 --ignore-daemonsets --timeout=60s');
      await kubectl('rollout status deployment web --timeout=60s');
      await onlyReadyPods();
    });
    const nodes = await kubectl('get pods -l app=web -o jsonpath={.items[*].spec.nodeName}');
    assert.deepEqual([...new Set(nodes.trim().split(' '))], ['node-1']);
  });

  test('when the last pod is replaced by one that is not ready yet', async () => {
    await kubectl('scale deployment web --replicas=1');
    await kubectl('rollout status deployment web --timeout=60s');
    await onlyReadyPods();
    await during(async () => {
      const pod = (await kubectl('get pods -l app=web -o name')).trim();
      await kubectl(`delete ${pod}`);
      await kubectl('rollout status deployment web --timeout=60s');
    });
  });
});
