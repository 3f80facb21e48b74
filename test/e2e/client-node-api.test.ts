// The API server under @kubernetes/client-node where no node is needed: informers across restarts of the server, watches,
// each type of patch, lists in pages. A WatchList, as newer client-go opens its informers, is asked for by hand.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type RequestOptions, request } from 'node:https';
import { after, before, describe, type TestContext, test } from 'node:test';
import {
  AppsV1Api,
  CoreV1Api,
  KubeConfig,
  makeInformer,
  PatchStrategy,
  setHeaderOptions,
  type V1ConfigMap,
  Watch,
} from '@kubernetes/client-node';
import { TestApi } from './api-harness.ts';
import { eventually, whyNoCluster } from './harness.ts';

interface Followed {
  start(): Promise<void>;
  stop(): Promise<void>;
  /** What it said, such as `add a 1`. */
  readonly said: string[];
  readonly names: () => string;
  lists: number;
}

describe('@kubernetes/client-node on the API server alone', { skip: whyNoCluster() }, () => {
  let api: TestApi;
  let config: KubeConfig;
  let core: CoreV1Api;
  before(async () => {
    api = await TestApi.start();
    config = new KubeConfig();
    config.loadFromFile(api.kubeconfig);
    core = config.makeApiClient(CoreV1Api);
  });
  after(async () => {
    await api?.[Symbol.asyncDispose]();
  });

  const create = (namespace: string, name: string, n = '1') =>
    core.createNamespacedConfigMap({ namespace, body: { metadata: { name }, data: { n } } });
  const change = (namespace: string, name: string, n: string) =>
    core.patchNamespacedConfigMap(
      { namespace, name, body: { data: { n } } },
      setHeaderOptions('Content-Type', PatchStrategy.MergePatch),
    );
  const restart = async (options = {}) => {
    await api.process.kill();
    await api.process.start(options);
  };
  /** An informer that starts again after every error, as programs have it. */
  function follow(namespace: string, t: TestContext): Followed {
    let stopped = false;
    const list = () => {
      followed.lists++;
      return core.listNamespacedConfigMap({ namespace });
    };
    const informer = makeInformer(config, `/api/v1/namespaces/${namespace}/configmaps`, list);
    const names = () =>
      informer
        .list()
        .map(({ metadata, data }) => `${metadata?.name}=${data?.n}`)
        .sort()
        .join(' ');
    const followed: Followed = {
      start: () => {
        stopped = false;
        return informer.start();
      },
      stop: () => {
        stopped = true;
        return informer.stop();
      },
      said: [],
      names,
      lists: 0,
    };
    for (const verb of ['add', 'update', 'delete'] as const)
      informer.on(verb, ({ metadata, data }) => followed.said.push(`${verb} ${metadata?.name} ${data?.n}`));
    // It calls its own end an error too.
    informer.on('error', () => setTimeout(() => void (stopped || informer.start()), 100));
    t.after(() => followed.stop());
    return followed;
  }
  const says = (followed: Followed, ...want: string[]) =>
    eventually(`the informer says ${want.join(', ')}`, async () => {
      assert.deepEqual(followed.said, want);
      return true;
    });

  test('an informer goes on where it was when the server has been killed and started again', async (t) => {
    const namespace = 'resumed';
    await core.createNamespace({ body: { metadata: { name: namespace } } });
    await create(namespace, 'a');
    const followed = follow(namespace, t);
    await followed.start();
    await create(namespace, 'b');
    await change(namespace, 'a', '2');
    await says(followed, 'add a 1', 'add b 1', 'update a 2');
    await restart();
    await core.deleteNamespacedConfigMap({ namespace, name: 'b' });
    await create(namespace, 'c');
    await says(followed, 'add a 1', 'add b 1', 'update a 2', 'delete b 1', 'add c 1');
    assert.equal(followed.names(), 'a=2 c=1');
    assert.equal(followed.lists, 1, 'it had to list again');
  });

  test('an informer whose place is forgotten is told so, and lists again', async (t) => {
    const namespace = 'forgotten';
    await core.createNamespace({ body: { metadata: { name: namespace } } });
    await create(namespace, 'a');
    await create(namespace, 'b');
    const followed = follow(namespace, t);
    await followed.start();
    await says(followed, 'add a 1', 'add b 1');
    await followed.stop();
    await restart({ historyEvents: 5 });
    await core.deleteNamespacedConfigMap({ namespace, name: 'b' });
    for (let n = 2; n < 20; n++) await change(namespace, 'a', String(n));
    await followed.start();
    await eventually('it has caught up', async () => followed.names() === 'a=19');
    assert.deepEqual(followed.said, ['add a 1', 'add b 1', 'delete b 1', 'update a 19']);
    assert.equal(followed.lists, 2);
    await restart();
  });

  test('a watch has bookmarks, the last of them before its end, and ends in time', async () => {
    const events: string[] = [];
    let last = '';
    const begin = performance.now();
    const { metadata } = await core.listNamespacedConfigMap({ namespace: 'default' });
    const ended = new Promise<unknown>((resolve) => {
      const parameters = { allowWatchBookmarks: true, timeoutSeconds: 3, resourceVersion: metadata?.resourceVersion };
      const path = '/api/v1/namespaces/default/configmaps';
      const seen = (
        type: string,
        { metadata: { name = '', resourceVersion = '' } }: V1ConfigMap & { metadata: object },
      ) => {
        events.push(`${type} ${name}`.trim());
        last = resourceVersion;
      };
      void new Watch(config).watch(path, parameters, seen, resolve);
    });
    await eventually('the watch is open', async () => {
      await create('default', `seen-${events.length}`).catch(() => {});
      return events.length > 0;
    });
    // What others write is not shown, and yet moves the place from which to go on.
    const elsewhere = await create('kube-public', 'elsewhere');
    await ended;
    assert.ok(performance.now() - begin < 10_000);
    assert.equal(events.at(-1), 'BOOKMARK');
    assert.ok(
      Number(last) >= Number(elsewhere.metadata?.resourceVersion),
      `${last} is before what was written elsewhere`,
    );
  });

  /** Lines of a watch that is asked for as client-go does. */
  async function* watchList(path: string): AsyncGenerator<{ type: string; object: V1ConfigMap }> {
    const url = new URL(`${config.getCurrentCluster()?.server}${path}`);
    const options: RequestOptions = {
      headers: { accept: 'application/vnd.kubernetes.protobuf, application/json', 'user-agent': 'client-go' },
    };
    await config.applyToHTTPSOptions(options);
    const sent = request(url, options).end();
    try {
      const [response] = await once(sent, 'response');
      assert.equal(response.statusCode, 200);
      let text = '';
      for await (const chunk of response.setEncoding('utf8')) {
        const lines: string[] = `${text}${chunk}`.split('\n');
        text = lines.pop() ?? '';
        for (const line of lines) yield JSON.parse(line);
      }
    } finally {
      sent.destroy();
    }
  }

  test('a WatchList begins with all there is, says when that was all, and goes on', async () => {
    const namespace = 'watch-list';
    await core.createNamespace({ body: { metadata: { name: namespace } } });
    for (const name of ['a', 'b']) await create(namespace, name);
    const { metadata } = await create(namespace, 'c');
    const parameters =
      'allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan&sendInitialEvents=true&timeoutSeconds=60&watch=true';
    const events = watchList(`/api/v1/namespaces/${namespace}/configmaps?${parameters}`);
    const next = async () => (await events.next()).value ?? assert.fail('the watch has ended');
    for (const name of ['a', 'b', 'c']) {
      const { type, object } = await next();
      assert.deepEqual([type, object.metadata?.name], ['ADDED', name]);
    }
    const mark = await next();
    assert.equal(mark.type, 'BOOKMARK');
    assert.deepEqual(mark.object.metadata?.annotations, { 'k8s.io/initial-events-end': 'true' });
    assert.ok(Number(mark.object.metadata?.resourceVersion) >= Number(metadata?.resourceVersion));
    await create(namespace, 'd');
    const later = await next();
    assert.deepEqual([later.type, later.object.metadata?.name], ['ADDED', 'd']);
    await events.return(undefined);
  });

  test('every type of patch', async () => {
    const apps = config.makeApiClient(AppsV1Api);
    const target = { namespace: 'default', name: 'patched' };
    const labels = { app: 'patched' };
    const container = { name: 'c', image: 'one', env: [{ name: 'A', value: '1' }] };
    const template = { metadata: { labels }, spec: { containers: [container] } };
    await apps.createNamespacedDeployment({
      namespace: 'default',
      body: { metadata: { name: 'patched' }, spec: { replicas: 0, selector: { matchLabels: labels }, template } },
    });
    const patch = async (type: string, body: object, options = {}) =>
      apps.patchNamespacedDeployment({ ...target, body, ...options }, setHeaderOptions('Content-Type', type));
    const env = { spec: { template: { spec: { containers: [{ name: 'c', env: [{ name: 'B', value: '2' }] }] } } } };

    const merged = await patch(PatchStrategy.StrategicMergePatch, env);
    const [first] = merged.spec?.template.spec?.containers ?? [];
    assert.equal(first?.image, 'one');
    assert.deepEqual(first?.env?.map(({ name }) => name).sort(), ['A', 'B']);

    const scaled = await patch(PatchStrategy.JsonPatch, [
      { op: 'test', path: '/spec/replicas', value: 0 },
      { op: 'replace', path: '/spec/template/spec/containers/0/image', value: 'two' },
    ]);
    assert.equal(scaled.spec?.template.spec?.containers[0]?.image, 'two');

    const replaced = await patch(PatchStrategy.MergePatch, {
      spec: { template: { spec: { containers: [{ name: 'only', image: 'three' }] } } },
    });
    assert.deepEqual(
      replaced.spec?.template.spec?.containers.map(({ name, image }) => `${name} ${image}`),
      ['only three'],
    );

    const applied = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'patched' }, spec: { replicas: 1 } };
    const apply = (options: object) =>
      patch(PatchStrategy.ServerSideApply, applied, { fieldManager: 'me', ...options });
    await assert.rejects(apply({}), (error: { code: number; body: string }) => {
      assert.equal(error.code, 409);
      assert.deepEqual(
        JSON.parse(error.body).details.causes.map(({ field }: { field: string }) => field),
        ['.spec.replicas'],
      );
      return true;
    });
    const forced = await apply({ force: true });
    assert.equal(forced.spec?.replicas, 1);
    const entry = forced.metadata?.managedFields?.find(({ manager }) => manager === 'me');
    assert.deepEqual([entry?.operation, entry?.fieldsV1], ['Apply', { 'f:spec': { 'f:replicas': {} } }]);
    await apps.deleteNamespacedDeployment(target);
  });

  test('a list in pages is one snapshot', async () => {
    const namespace = 'pages';
    await core.createNamespace({ body: { metadata: { name: namespace } } });
    for (let n = 0; n < 7; n++) await create(namespace, `page-${n}`);
    const names: string[] = [];
    const left: number[] = [];
    let _continue: string | undefined;
    do {
      const { items, metadata } = await core.listNamespacedConfigMap({ namespace, limit: 3, _continue });
      names.push(...items.map((one) => one.metadata?.name ?? ''));
      left.push(metadata?.remainingItemCount ?? 0);
      _continue = metadata?._continue;
      // What is written between two pages is not of this list.
      if (names.length === 3) await core.deleteNamespacedConfigMap({ namespace, name: 'page-6' });
    } while (_continue);
    assert.deepEqual(names, ['page-0', 'page-1', 'page-2', 'page-3', 'page-4', 'page-5', 'page-6']);
    assert.deepEqual(left, [4, 1, 0]);
  });
});
