// Pods on the real kernel: real containers, network namespaces, probes, logs and exec, against our own API server.

import assert from 'node:assert/strict';
import { glob as globIterator, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { WebSocket } from 'ws';
import { configMaps, events, leases, nodes, type Pod, pods, secrets } from '#api/index.ts';
import { isPodReady, podCondition } from '#api/pod-conditions.ts';
import { listNamespaces } from '#network/index.ts';
import { defaultPath } from './container-spec.ts';
import { TestNode, whyNoContainers } from './kernel-suite.ts';
import { removeLeftovers } from './leftovers.ts';
import { mountPoints } from './runtimes/mounts.ts';
import { OciRuntime } from './runtimes/oci.ts';

const why = await whyNoContainers();
const glob = (pattern: string) => Array.fromAsync(globIterator(pattern));
const statusOf = (pod: Pod) => pod.status?.containerStatuses?.[0];
const waitingFor = (reason: string) => (pod: Pod) => statusOf(pod)?.state?.waiting?.reason === reason;
const isRunning = (pod: Pod) => statusOf(pod)?.state?.running !== undefined;
const commandQuery = (words: string[]) => words.map((word) => `command=${encodeURIComponent(word)}`).join('&');
const shell = (script: string) => ['sh', '-c', script];

describe('kubelet', { skip: why, timeout: 120_000 }, () => {
  let node: TestNode;
  before(async () => {
    node = await TestNode.start({ index: 1 });
  });
  after(async () => {
    await node?.close();
    if (why) return;
    const left = (await mountPoints()).filter(({ path }) => path.startsWith(node.stateDir));
    assert.deepEqual(left, [], 'mounts are left');
    const namespaces = (await listNamespaces()).filter((name) => name.startsWith(node.namespace));
    assert.deepEqual(namespaces, [], 'network namespaces are left');
  });

  test('registers a ready node with a lease', async () => {
    const object = await node.client.resource(nodes).get('n1');
    assert.equal(object.status?.conditions?.find(({ type }) => type === 'Ready')?.status, 'True');
    assert.equal(object.spec.podCIDR, '10.215.1.0/24');
    assert.equal(object.metadata.labels?.['kubernetes.io/hostname'], 'n1');
    assert.equal(object.status?.daemonEndpoints?.kubeletEndpoint?.Port, 10250);
    const lease = await node.client.resource(leases).get('n1', 'kube-node-lease');
    assert.equal(lease.spec.holderIdentity, 'n1');
  });

  test('a container sees its own names, addresses, environment and files', async () => {
    const script =
      'hostname; cat /etc/resolv.conf; tail -1 /etc/hosts; echo $KUBERNETES_SERVICE_HOST; id -u; pwd; cat /proc/1/comm; command -v portolan; touch /left-behind; echo bye >/dev/termination-log; exit 3';
    await node.run('sees', shell(script));
    const lines = (await node.outputOf('sees')).split('\n');
    const pod = await node.until('sees', ({ status }) => status?.phase === 'Failed');
    assert.deepEqual(lines, [
      'sees',
      'search default.svc.cluster.local svc.cluster.local cluster.local',
      'nameserver 172.30.0.10',
      'options ndots:5',
      `${pod.status?.podIP}\tsees`,
      '172.30.0.1',
      '0',
      '/',
      'sh',
      '/usr/local/bin/portolan',
      '',
    ]);
    assert.match(pod.status?.podIP ?? '', /^10\.215\.1\.\d+$/);
    assert.equal(statusOf(pod)?.state?.terminated?.exitCode, 3);
    assert.equal(statusOf(pod)?.state?.terminated?.message, 'bye\n');
    await assert.rejects(readFile('/left-behind'), 'what a container writes stays in the container');
  });

  test('an image that is not there is ErrImagePull, with an event that says what is supported', async () => {
    await node.run('image', ['true'], { containers: [{ name: 'c', image: 'nginx:1.25' }] });
    const pod = await node.until('image', waitingFor('ErrImagePull'));
    assert.match(statusOf(pod)?.state?.waiting?.message ?? '', /only the image "host"/);
    const backedOff = await node.until('image', waitingFor('ImagePullBackOff'));
    assert.equal(backedOff.status?.phase, 'Pending');
    await node.remove('image');
  });

  test('a command that does not exist ends the container with StartError', async () => {
    await node.run('no-command', ['no-such-program']);
    const pod = await node.until('no-command', ({ status }) => status?.phase === 'Failed');
    assert.equal(statusOf(pod)?.state?.terminated?.reason, 'StartError');
    assert.match(statusOf(pod)?.state?.terminated?.message ?? '', /executable file not found/);
  });

  test('init containers go first, one after the other; volumes are shared', async () => {
    const mount = { volumeMounts: [{ name: 'data', mountPath: '/data' }] };
    const step = (name: string, script: string) => ({ name, image: 'host', command: shell(script), ...mount });
    await node.run('steps', [], {
      volumes: [{ name: 'data', emptyDir: {} }],
      initContainers: [step('one', 'sleep 0.2; echo one >>/data/log'), step('two', 'echo two >>/data/log')],
      containers: [step('c', 'cat /data/log')],
    });
    assert.equal(await node.outputOf('steps'), 'one\ntwo\n');
    const pod = await node.until('steps', ({ status }) => status?.phase === 'Succeeded');
    assert.deepEqual(
      pod.status?.initContainerStatuses?.map(({ name, ready }) => [name, ready]),
      [
        ['one', true],
        ['two', true],
      ],
    );
  });

  test('while init containers run, the others wait for them and say so', async () => {
    await node.run('initialises', ['true'], {
      terminationGracePeriodSeconds: 0,
      initContainers: [{ name: 'first', image: 'host', command: ['sleep', '1000'] }],
    });
    const pod = await node.until('initialises', ({ status }) => !!status?.initContainerStatuses?.[0]?.state?.running);
    assert.equal(statusOf(pod)?.state?.waiting?.reason, 'PodInitializing');
    assert.equal(
      await node.get('/containerLogs/default/initialises/c'),
      'container "c" in pod "initialises" is waiting to start: PodInitializing',
    );
    await node.remove('initialises');
  });

  test('init containers that end well are not started again, whatever the restart policy', async () => {
    const done = (name: string) => ({ name, image: 'host', command: ['true'] });
    await node.run('always', ['sleep', '1000'], {
      restartPolicy: 'Always',
      terminationGracePeriodSeconds: 0,
      initContainers: [done('one'), done('two')],
    });
    const pod = await node.until('always', isPodReady);
    assert.deepEqual(
      pod.status?.initContainerStatuses?.map(({ restartCount }) => restartCount),
      [0, 0],
    );
    await node.remove('always');
  });

  test('a crashing container is started again at once, then backs off; the previous log is kept', async () => {
    await node.run('crash', shell('echo run; exit 1'), { restartPolicy: 'Always' });
    const pod = await node.until('crash', waitingFor('CrashLoopBackOff'));
    assert.equal(statusOf(pod)?.restartCount, 1);
    assert.equal(statusOf(pod)?.lastState?.terminated?.exitCode, 1);
    assert.match(
      statusOf(pod)?.state?.waiting?.message ?? '',
      /^back-off 10s restarting failed container=c pod=crash_default\(/,
    );
    assert.equal(pod.status?.phase, 'Running');
    assert.equal(await node.get('/containerLogs/default/crash/c?previous=true'), 'run\n');
    assert.equal(await node.get('/containerLogs/default/crash/c'), 'run\n');
    await node.remove('crash');
  });

  test('a missing ConfigMap holds the container back until it is there', async () => {
    const env = [{ name: 'COLOR', valueFrom: { configMapKeyRef: { name: 'late', key: 'color' } } }];
    await node.run('late', [], { containers: [{ name: 'c', image: 'host', command: shell('echo $COLOR'), env }] });
    const pod = await node.until('late', waitingFor('CreateContainerConfigError'));
    assert.match(statusOf(pod)?.state?.waiting?.message ?? '', /configmap "late" not found/);
    await node.client
      .resource(configMaps)
      .create({ metadata: { name: 'late', namespace: 'default' }, data: { color: 'red' } });
    assert.equal(await node.outputOf('late'), 'red\n');
  });

  test('ConfigMaps, Secrets and the pod itself as files', async () => {
    const metadata = { name: 'files', namespace: 'default' };
    await node.client.resource(configMaps).create({ metadata, data: { a: 'A', b: 'B' } });
    await node.client.resource(secrets).create({ metadata, data: { key: Buffer.from('K').toString('base64') } });
    const mounts = ['map', 'secret', 'all'].map((name) => ({ name, mountPath: `/v/${name}` }));
    await node.run('files', [], {
      volumes: [
        { name: 'map', configMap: { name: 'files', items: [{ key: 'a', path: 'deep/a' }] } },
        { name: 'secret', secret: { secretName: 'files', defaultMode: 0o400 } },
        {
          name: 'all',
          projected: {
            sources: [
              { configMap: { name: 'files' } },
              { downwardAPI: { items: [{ path: 'name', fieldRef: { fieldPath: 'metadata.name' } }] } },
              {
                downwardAPI: {
                  items: [
                    {
                      path: 'ram',
                      resourceFieldRef: { containerName: 'c', resource: 'limits.memory', divisor: '1Mi' },
                    },
                  ],
                },
              },
            ],
          },
        },
      ],
      containers: [
        {
          name: 'c',
          image: 'host',
          command: shell(
            'cd /v; for f in $(find -L . -type f -not -path "*/..*" | sort); do echo $f $(stat -Lc %a $f) $(cat $f); done',
          ),
          volumeMounts: mounts,
          resources: { limits: { memory: '64Mi' } },
        },
      ],
    });
    assert.equal(
      await node.outputOf('files'),
      './all/a 644 A\n./all/b 644 B\n./all/name 644 files\n./all/ram 644 64\n./map/deep/a 644 A\n./secret/key 400 K\n',
    );
  });

  test('ConfigMaps in files follow their changes, save what is mounted by itself', async () => {
    const metadata = { name: 'followed', namespace: 'default' };
    const maps = node.client.resource(configMaps);
    await maps.create({ metadata, data: { key: 'one' } });
    await node.run('followed', [], {
      volumes: [{ name: 'v', configMap: { name: 'followed' } }],
      containers: [
        {
          name: 'c',
          image: 'host',
          command: shell('until [ "$(cat /v/key)" = two ]; do sleep 0.05; done; cat /v/new; cat /srv/key'),
          volumeMounts: [
            { name: 'v', mountPath: '/v' },
            { name: 'v', mountPath: '/srv/key', subPath: 'key' },
          ],
        },
      ],
    });
    await node.until('followed', isRunning);
    await maps.patch('followed', { data: { key: 'two', new: 'new\n' } }, { namespace: 'default', type: 'merge' });
    assert.equal(await node.outputOf('followed'), 'new\none');
  });

  test('a volume of another type fails the pod and says so', async () => {
    await node.run('nfs', ['true'], { volumes: [{ name: 'v', nfs: { server: 'x', path: '/' } }] });
    const pod = await node.until('nfs', ({ status }) => status?.phase === 'Failed');
    assert.match(pod.status?.message ?? '', /volume "v": volumes of type nfs are not supported/);
  });

  test('readiness follows the probe, liveness restarts', async () => {
    const probe = { exec: { command: ['test', '-e', '/tmp/up'] }, periodSeconds: 1 };
    const container = { name: 'c', image: 'host', command: shell('touch /tmp/up; sleep 1.5; rm /tmp/up; sleep 60') };
    await node.run('probed', [], {
      restartPolicy: 'Always',
      terminationGracePeriodSeconds: 0,
      containers: [
        {
          ...container,
          readinessProbe: { ...probe, failureThreshold: 1 },
          livenessProbe: { ...probe, failureThreshold: 2 },
        },
      ],
    });
    await node.until('probed', isPodReady);
    await node.until('probed', (pod) => isRunning(pod) && !isPodReady(pod));
    const pod = await node.until('probed', (pod) => statusOf(pod)?.restartCount === 1 && isRunning(pod));
    assert.equal(statusOf(pod)?.lastState?.terminated?.exitCode, 137);
    await node.remove('probed');
  });

  test('an HTTP probe reaches the pod at its address', async () => {
    const script = `require('http').createServer((_, r) => r.end('hi')).listen(8080)`;
    await node.run('web', [], {
      terminationGracePeriodSeconds: 1,
      containers: [
        {
          name: 'c',
          image: 'host',
          command: [process.execPath, '-e', script],
          ports: [{ name: 'http', containerPort: 8080 }],
          readinessProbe: { httpGet: { path: '/', port: 'http' }, periodSeconds: 1 },
        },
      ],
    });
    const pod = await node.until('web', isPodReady);
    const response = await fetch(`http://${pod.status?.podIP}:8080/`);
    assert.equal(await response.text(), 'hi');
  });

  test('deletion: preStop, SIGTERM, time to finish; ready until the end; then nothing is left', async () => {
    const container = {
      name: 'c',
      image: 'host',
      command: shell('trap "echo term; sleep 0.3; exit 0" TERM; while :; do sleep 0.05; done'),
      lifecycle: { preStop: { exec: { command: shell('echo hook >/proc/1/fd/1') } } },
    };
    await node.run('graceful', [], { restartPolicy: 'Always', containers: [container] });
    const { metadata, status } = await node.until('graceful', isPodReady);
    const log = node.get('/containerLogs/default/graceful/c?follow=true');
    const terminating = node.until('graceful', (pod) => pod.metadata.deletionTimestamp !== undefined);
    await node.client.resource(pods).delete('graceful', { namespace: 'default' });
    assert.equal(podCondition(await terminating, 'Ready')?.status, 'True');
    const last = await node.gone('graceful');
    assert.equal(last.status?.phase, 'Succeeded');
    assert.equal(await log, 'hook\nterm\n');
    const namespaces = await listNamespaces();
    assert.ok(!namespaces.some((name) => name.includes((metadata.uid ?? '').slice(0, 13))));
    assert.ok(!(await readdir(`${node.stateDir}/pods`)).includes(metadata.uid ?? ''));
    assert.ok(status?.podIP);
  });

  test('a container that ignores SIGTERM is killed when its grace is over, sooner when asked again', async () => {
    await node.run('stubborn', shell('trap "" TERM; sleep 1000'), { terminationGracePeriodSeconds: 600 });
    await node.until('stubborn', isRunning);
    await node.client.resource(pods).delete('stubborn', { namespace: 'default' });
    await node.until('stubborn', (pod) => pod.metadata.deletionTimestamp !== undefined);
    await node.client.resource(pods).delete('stubborn', { namespace: 'default', gracePeriodSeconds: 1 });
    await node.gone('stubborn');
  });

  for (const { name, script } of [
    { name: 'unwatched', script: 'exec sleep 1000' },
    // Its next line finds nobody who reads it.
    { name: 'unwatched-talker', script: 'while :; do echo talk; sleep 0.1; done' },
  ]) {
    test(`${name}: a container whose monitor was killed is ended and started again`, async () => {
      await node.run(name, shell(script), { restartPolicy: 'Always', terminationGracePeriodSeconds: 0 });
      const id = statusOf(await node.until(name, isRunning))?.containerID?.split('://')[1];
      const [monitor, program] = await Promise.all(
        ['conmon.pid', 'pid'].map(async (file) =>
          Number(await readFile(`${node.stateDir}/containers/${id}/${file}`, 'utf8')),
        ),
      );
      process.kill(monitor ?? 0, 'SIGKILL');
      const pod = await node.until(name, (pod) => isRunning(pod) && statusOf(pod)?.restartCount === 1);
      assert.equal(statusOf(pod)?.lastState?.terminated?.exitCode, 137);
      // Nobody may have taken note of its end yet: then it is there, but has no memory left.
      assert.equal(await readFile(`/proc/${program}/cmdline`, 'utf8').catch(() => ''), '', 'the program is left');
      assert.deepEqual(await glob(`${node.stateDir}/containers/${id}`), []);
      await node.remove(name);
    });
  }

  test('a container that was killed with its monitor ends with its pod', async () => {
    await node.run('killed', ['sleep', '1000'], { terminationGracePeriodSeconds: 1 });
    const id = statusOf(await node.until('killed', isRunning))?.containerID?.split('://')[1];
    for (const file of ['conmon.pid', 'pid']) {
      process.kill(Number(await readFile(`${node.stateDir}/containers/${id}/${file}`, 'utf8')), 'SIGKILL');
    }
    await node.remove('killed');
    assert.deepEqual(await glob(`${node.stateDir}/containers/${id}`), []);
  });

  test('activeDeadlineSeconds fails the pod', async () => {
    await node.run('deadline', ['sleep', '60'], { activeDeadlineSeconds: 1, terminationGracePeriodSeconds: 0 });
    const pod = await node.until('deadline', ({ status }) => status?.phase === 'Failed');
    assert.equal(pod.status?.reason, 'DeadlineExceeded');
  });

  test('hostNetwork pods have the node as their network', async () => {
    await node.run('on-node', shell('hostname; getent ahostsv4 $(hostname)'), { hostNetwork: true });
    assert.match(await node.outputOf('on-node'), /^n1\n10\.216\.1\.11 +STREAM n1\n/);
    const pod = await node.until('on-node', ({ status }) => status?.phase === 'Succeeded');
    assert.equal(pod.status?.podIP, node.address);
  });

  describe('logs', () => {
    before(async () => {
      await node.run('talk', shell('for i in 1 2 3 4 5; do echo line $i; done; exec sleep 1000'), {
        terminationGracePeriodSeconds: 0,
      });
      await node.until('talk', isRunning);
      await node.until('talk', isPodReady);
    });
    const url = '/containerLogs/default/talk/c';
    test('whole, tail, limit', async () => {
      const all = '1 2 3 4 5'.split(' ').map((i) => `line ${i}\n`);
      assert.equal(await untilText(() => node.get(url), all.join('')), all.join(''));
      assert.equal(await node.get(`${url}?tailLines=2`), all.slice(3).join(''));
      assert.equal(await node.get(`${url}?tailLines=0`), '');
      assert.equal(await node.get(`${url}?tailLines=99`), all.join(''));
      assert.equal(await node.get(`${url}?limitBytes=9`), 'line 1\nli');
      assert.match(await node.get(`${url}?timestamps=true&tailLines=1`), /^\d{4}-\d\d-\d\dT[\d:]{8}\.\d{9}Z line 5\n$/);
    });
    test('refusals are sentences', async () => {
      assert.equal(await node.get('/containerLogs/default/talk/x'), 'container x is not valid for pod talk');
      assert.equal(await node.get('/containerLogs/default/none/c'), 'pod "default/none" is not on this node');
      assert.match(await node.get(`${url}?previous=1`), /previous terminated container "c" in pod "talk" not found/);
    });
  });

  describe('exec', () => {
    before(async () => {
      await node.run('shell', ['sleep', '1000'], { terminationGracePeriodSeconds: 0 });
      await node.until('shell', isRunning);
    });
    const exec = (query: string) =>
      new WebSocket(`ws://${node.address}:10250/exec/default/shell/c?${query}`, [
        'v5.channel.k8s.io',
        'v4.channel.k8s.io',
      ]);

    test('stdin with its end, both outputs, exit code', async () => {
      const command = commandQuery(shell('cat; echo oops >&2; exit 7'));
      const socket = exec(`input=1&output=1&error=1&${command}`);
      const seen = collect(socket);
      await new Promise((resolve) => socket.once('open', resolve));
      assert.equal(socket.protocol, 'v5.channel.k8s.io');
      socket.send(Buffer.from('\0hello\n'));
      socket.send(Buffer.of(255, 0));
      const channels = await seen;
      assert.equal(channels.get(1), 'hello\n');
      assert.equal(channels.get(2), 'oops\n');
      const status = JSON.parse(channels.get(3) ?? '');
      assert.equal(status.reason, 'NonZeroExitCode');
      assert.deepEqual(status.details.causes, [{ reason: 'ExitCode', message: '7' }]);
    });

    test('input larger than any buffer arrives whole', async () => {
      const socket = exec(`input=1&output=1&${commandQuery(shell('sleep 0.2; wc -c'))}`);
      const seen = collect(socket);
      await new Promise((resolve) => socket.once('open', resolve));
      const piece = Buffer.alloc(1024 * 1024);
      for (let i = 0; i < 20; i++) socket.send(piece);
      socket.send(Buffer.of(255, 0));
      assert.equal((await seen).get(1), `${20 * (piece.length - 1)}\n`);
    });

    test('a command that does not exist is exit code 127 and a sentence', async () => {
      const channels = await collect(exec('output=1&error=1&command=no-such-program'));
      assert.match(channels.get(2) ?? '', /^exec failed: .*executable file not found in \$PATH\n$/);
      assert.equal(JSON.parse(channels.get(3) ?? '').details.causes[0].message, '127');
    });

    test('a terminal, and its size', async () => {
      const command = commandQuery(
        shell('read line; until [ "$(stty size)" != "0 0" ]; do sleep 0.02; done; stty size; tty'),
      );
      const socket = exec(`input=1&output=1&tty=1&${command}`);
      const seen = collect(socket);
      await new Promise((resolve) => socket.once('open', resolve));
      socket.send(Buffer.from(`\u0004${JSON.stringify({ Width: 100, Height: 30 })}`));
      socket.send(Buffer.from('\0go\n'));
      const channels = await seen;
      assert.match(channels.get(1) ?? '', /30 100\r\n\/dev\/pts\/\d+\r\n$/);
      assert.equal(JSON.parse(channels.get(3) ?? '').status, 'Success');
    });

    test('a container that does not run is refused before the upgrade', async () => {
      const socket = new WebSocket(
        `ws://${node.address}:10250/exec/default/sees/c?command=ls&output=1`,
        'v5.channel.k8s.io',
      );
      const message = await new Promise<string>((resolve, reject) => {
        socket.on('open', () => reject(new Error('was upgraded')));
        socket.on('error', () => {});
        socket.on('unexpected-response', (_, response) => {
          response.setEncoding('utf8').on('data', resolve);
        });
      });
      assert.equal(message, 'container "c" in pod "sees" is not running');
    });
  });

  describe('attach', () => {
    const attach = async (pod: string, query: string) => {
      const url = `ws://${node.address}:10250/attach/default/${pod}/c?output=1&${query}`;
      const socket = new WebSocket(url, 'v5.channel.k8s.io');
      const output = collect(socket);
      output.catch(() => {});
      await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
      return {
        socket,
        output,
        type: (text: string) => socket.send(Buffer.from(`\0${text}`)),
        endInput: () => socket.send(Buffer.of(255, 0)),
        size: (Width: number, Height: number) => socket.send(Buffer.from(`\u0004${JSON.stringify({ Width, Height })}`)),
        /** Resolves when that has been said. */
        said: (text: string) =>
          new Promise<void>((resolve) => {
            let seen = '';
            socket.on('message', (data: Buffer) => {
              if (data[0] === 1) seen += data.subarray(1).toString();
              if (seen.includes(text)) resolve();
            });
          }),
      };
    };
    const run = async (name: string, script: string, container: object) => {
      await node.run(name, [], {
        terminationGracePeriodSeconds: 0,
        containers: [{ name: 'c', image: 'host', command: shell(script), ...container }],
      });
      await node.until(name, isRunning);
    };
    const isSuccess = (channels: Map<number, string>) => JSON.parse(channels.get(3) ?? '{}').status === 'Success';

    test('stdinOnce: all that was said, input with its end, both outputs, the end of the container', async () => {
      await run('once', 'printf early; cat; echo oops >&2; exit 3', { stdin: true, stdinOnce: true });
      await untilText(() => node.get('/containerLogs/default/once/c'), 'early');
      const { type, endInput, output } = await attach('once', 'input=1&error=1');
      type('hello\n');
      endInput();
      const channels = await output;
      assert.deepEqual([channels.get(1), channels.get(2)], ['earlyhello\n', 'oops\n']);
      assert.ok(isSuccess(channels));
      const pod = await node.until('once', ({ status }) => status?.phase === 'Failed');
      assert.equal(statusOf(pod)?.state?.terminated?.exitCode, 3);
    });

    test('input larger than any buffer arrives whole', async () => {
      await run('large', 'sleep 0.2; wc -c', { stdin: true, stdinOnce: true });
      const { socket, endInput, output } = await attach('large', 'input=1');
      const piece = Buffer.alloc(1024 * 1024);
      for (let i = 0; i < 20; i++) socket.send(piece);
      endInput();
      assert.equal((await output).get(1), `${20 * (piece.length - 1)}\n`);
    });

    test('stdin that stays open: several at once, whose end or disappearance is not the container’s', async () => {
      await run('open', 'while read line; do echo "got $line"; done; echo over', { stdin: true });
      const watcher = await attach('open', '');
      const first = await attach('open', 'input=1');
      const heard = [watcher.said('got one\n'), first.said('got one\n')];
      first.type('one\n');
      await Promise.all(heard);
      first.endInput();
      assert.ok(isSuccess(await first.output));
      const second = await attach('open', 'input=1');
      const two = second.said('got two\n');
      second.type('two\n');
      await two;
      second.socket.terminate();
      const third = await attach('open', 'input=1');
      const three = third.said('got three\n');
      third.type('three\n');
      await three;
      await node.remove('open');
      for (const { output } of [watcher, third]) assert.ok(isSuccess(await output));
      assert.equal((await watcher.output).get(1), 'got one\ngot two\ngot three\n');
      assert.equal((await third.output).get(1), 'got three\n', 'what was said before is not repeated');
    });

    test('a terminal, its size, and one who comes back to it', async () => {
      const script = 'tty; echo $TERM; while read line && eval "$line"; do printf "$ "; done';
      await run('term', script, { stdin: true, stdinOnce: true, tty: true });
      const first = await attach('term', 'input=1&tty=1');
      const prompt = first.said('$ ');
      first.size(101, 31);
      first.size(100, 30);
      first.type('until [ "$(stty size)" = "30 100" ]; do sleep 0.02; done\n');
      await prompt;
      first.socket.terminate();
      assert.match((await first.output).get(1) ?? '', /^\/dev\/pts\/\d+\r\nxterm\r\n/);
      const again = await attach('term', 'input=1&tty=1');
      again.type('exit 5\n');
      assert.ok(isSuccess(await again.output));
      assert.doesNotMatch((await again.output).get(1) ?? '', /xterm/);
      const pod = await node.until('term', ({ status }) => status?.phase === 'Failed');
      assert.equal(statusOf(pod)?.state?.terminated?.exitCode, 5);
    });

    test('without stdin there is output only', async () => {
      await run('deaf', 'read line || echo nothing; exec sleep 1000', {});
      const { socket, type, output } = await attach('deaf', 'input=1');
      type('ignored\n');
      await node.remove('deaf');
      assert.ok(isSuccess(await output));
      assert.equal(socket.readyState, socket.CLOSED);
    });

    test('a container that does not run is refused', async () => {
      await assert.rejects(attach('once', 'input=1'), /Unexpected server response: 400/);
    });
  });

  test('a killed run is cleaned up by what is on disk', async () => {
    const stateDir = await mkdtemp(join(tmpdir(), 'portolan-killed-'));
    const runtime = new OciRuntime({ stateDir });
    await runtime.prepare();
    const spec = {
      id: 'f'.repeat(64),
      image: 'host',
      args: ['sleep', '1000'],
      env: new Map([['PATH', defaultPath]]),
      cwd: '/',
      user: { uid: 0, gid: 0, groups: [] },
      hostname: 'x',
      mounts: [],
      capabilities: { add: [], drop: [] },
      privileged: false,
      readOnlyRoot: false,
      noNewPrivileges: false,
      sysctls: {},
      tty: false,
      stdin: 'none' as const,
      logFile: join(stateDir, 'log'),
    };
    const running = await runtime.start(spec);
    await removeLeftovers(stateDir);
    assert.deepEqual(await readdir(stateDir), ['log']);
    assert.equal((await mountPoints()).filter(({ path }) => path.startsWith(stateDir)).length, 0);
    const cgroup = stateDir.split('/').filter(Boolean).join('-');
    assert.deepEqual(await glob(`/sys/fs/cgroup/**/${cgroup}`), []);
    await runtime.close();
    await running.exited;
    await rm(stateDir, { recursive: true });
  });

  test('tells in events what it does', async () => {
    const { items } = await node.client.resource(events).list({ namespace: 'default' });
    const reasons = new Set(items.map(({ reason }) => reason));
    for (const reason of ['Pulled', 'Created', 'Started', 'Killing', 'BackOff', 'Failed', 'Unhealthy', 'FailedMount']) {
      assert.ok(reasons.has(reason), `no event ${reason}`);
    }
  });
});

/** What came over each channel until the end. */
function collect(socket: WebSocket): Promise<Map<number, string>> {
  const channels = new Map<number, string>();
  socket.on('message', (data: Buffer) => {
    const id = data[0] ?? -1;
    channels.set(id, (channels.get(id) ?? '') + data.subarray(1).toString());
  });
  return new Promise((resolve, reject) => {
    socket.on('close', () => resolve(channels));
    socket.on('error', reject);
  });
}

/** Asks until the answer is the wanted one: a program's output takes a moment to reach its log. */
async function untilText(ask: () => Promise<string>, wanted: string): Promise<string> {
  let text = await ask();
  for (let tries = 0; text !== wanted && tries < 50; tries++) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    text = await ask();
  }
  return text;
}
