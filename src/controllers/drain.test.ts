// kubectl drain against budgets: the real kubectl, in its oldest and newest version here, evicts the pods of a node one by
// one, as fast as others become ready elsewhere (api.md §14, §19).

import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { deployments, nodes, type Pod, podDisruptionBudgets, pods } from '#api/index.ts';
import { Informer } from '#client/index.ts';
import { Kubectl, kubectlVersions, whyNoKubectl } from '../apiserver/kubectl-suite.ts';
import { isRolledOut, log, startCluster, until, web } from './cluster-suite.ts';

const versions = kubectlVersions();
const ends = [...new Set([versions.at(0), versions.at(-1)])].filter((one) => one !== undefined);

describe('kubectl drain', { skip: whyNoKubectl, concurrency: true }, () => {
  for (const [version, path] of ends) {
    test(`${version}: leaves as many pods as the budget wants`, async () => {
      const { server, client, close } = await startCluster();
      const kubectl = await Kubectl.connect({ server });
      after(async () => {
        await close();
        await kubectl[Symbol.asyncDispose]();
      });
      const run = (args: string) => kubectl.run(args.split(' '), { path });
      const selector = { matchLabels: { app: 'web' } };
      const budgets = client.resource(podDisruptionBudgets);
      await budgets.create({ metadata: { name: 'web', namespace: 'default' }, spec: { minAvailable: 3, selector } });
      await client.resource(deployments).create(web(4));
      await until(client.resource(deployments), 'default', ([one]) => one !== undefined && isRolledOut(one));
      await until(budgets, 'default', ([one]) => one?.status?.disruptionsAllowed === 1);

      // Each event of the watch, so that no moment is missed.
      let fewest = 4;
      const watching = new AbortController();
      const watched = new Informer(client.resource(pods), { log, namespace: 'default' });
      const isHealthy = ({ metadata, status }: Pod) => !metadata.deletionTimestamp && status?.podIP;
      watched.start(watching.signal);
      await watched.synced();
      watched.onChange(() => {
        fewest = Math.min(fewest, watched.list().filter(isHealthy).length);
      });
      const { code, stdout, stderr } = await run('drain n1 --timeout=25s');
      watching.abort();
      assert.equal(code, 0, stderr);
      assert.match(
        stdout,
        /node\/n1 cordoned[\s\S]*pod\/web-\S+ evicted[\s\S]*pod\/web-\S+ evicted[\s\S]*node\/n1 drained/,
      );
      assert.equal(fewest, 3, 'no fewer than the budget wants, at any time');
      const left = await until(client.resource(pods), 'default', (all) => all.length === 4);
      assert.deepEqual(new Set(left.map(({ spec }) => spec.nodeName)), new Set(['n2']));

      // Nothing can be spared any more: a drain says so, and gives up when it is told to.
      const spec = { minAvailable: 4 };
      await budgets.patch('web', { spec }, { namespace: 'default', type: 'merge' });
      await until(budgets, 'default', ([one]) => one?.status?.disruptionsAllowed === 0);
      const refused = await run('drain n2 --timeout=1s');
      assert.notEqual(refused.code, 0);
      assert.match(refused.stderr, /Cannot evict pod as it would violate the pod's disruption budget/);
      assert.match(refused.stderr, /global timeout reached: 1s/);
      assert.equal((await client.resource(pods).list({ namespace: 'default' })).items.length, 4);
      const node = await client.resource(nodes).get('n2');
      assert.equal(node.spec.unschedulable, true);
      assert.match((await run('uncordon n2')).stdout, /node\/n2 uncordoned/);
      const rehearsal = await run('drain n1 --dry-run=server');
      assert.match(`${rehearsal.stdout}${rehearsal.stderr}`, /dry run/);
    });
  }
});
