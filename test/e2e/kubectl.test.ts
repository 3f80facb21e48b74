// What the README promises of the real kubectl: every command line of a first hour with Kubernetes, unchanged.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { tryRun } from '#lib/run.ts';
import { eventually, TestCluster, whyNoCluster, whyNoKubectl } from './harness.ts';
import { findKubectls } from './kubectls.ts';

const skip = whyNoCluster() ?? whyNoKubectl();

describe('the real kubectl', { skip }, () => {
  let cluster: TestCluster;
  const kubectl = (args: string, ...more: string[]) => cluster.kubectl(args, {}, more);
  const refused = async (args: string, want: RegExp, input?: string) => {
    const { code, stderr } = await cluster.tryKubectl(args, { input });
    assert.equal(code, 1, `kubectl ${args} was not refused`);
    assert.match(stderr, want);
  };
  /** A line of shell in which script(1) gives kubectl the terminal that it asks for. */
  const terminal = (line: string) => tryRun('sh', ['-c', line], { env: cluster.env, timeoutMs: 60_000 });
  before(async () => {
    cluster = await TestCluster.start('e2e-kubectl');
  });
  after(async () => {
    await cluster?.[Symbol.asyncDispose]();
  });

  test('get nodes -o wide', async () => {
    const lines = (await kubectl('get nodes -o wide')).trim().split('\n');
    assert.match(
      lines[0] ?? '',
      /^NAME +STATUS +ROLES +AGE +VERSION +INTERNAL-IP +EXTERNAL-IP +OS-IMAGE +KERNEL-VERSION +CONTAINER-RUNTIME/,
    );
    assert.equal(lines.length, 3);
    for (const line of lines.slice(1))
      assert.match(line, /^node-\d +Ready +<none> +\S+ +v1\.\d+\.\S+ +10\.254\.\d+\.1\d +<none> +\S/);
  });

  test('create deployment and expose it', async () => {
    assert.match(
      await kubectl('create deployment web --image=host --replicas=3 -- portolan echo --port 8080'),
      /deployment.apps\/web created/,
    );
    assert.match(await kubectl('expose deployment web --port 80 --target-port 8080'), /service\/web exposed/);
    assert.match(await kubectl('rollout status deployment web --timeout=60s'), /successfully rolled out/);
    const all = await kubectl('get svc,endpointslices,pods -o wide');
    assert.match(all, /service\/web +ClusterIP +10\.\d+\.\d+\.\d+ +<none> +80\/TCP +\S+ +app=web/);
    assert.match(
      all,
      /endpointslice.discovery.k8s.io\/web-\w{5} +IPv4 +8080 +10\.\d+\.\d+\.\d+,10\.\d+\.\d+\.\d+,10\./,
    );
    assert.equal(all.match(/^pod\/web-\S+ +1\/1 +Running/gm)?.length, 3);
    const described = await kubectl('describe svc web');
    assert.match(described, /^Endpoints: +10\.\d+\.\d+\.\d+:8080,10\.\d+\.\d+\.\d+:8080,10\.\d+\.\d+\.\d+:8080$/m);
    assert.match(described, /^Session Affinity: +None$/m);
  });

  test('expose as a node port', async () => {
    await kubectl('expose deployment web --name web-np --type NodePort --port 80 --target-port 8080');
    assert.match(await kubectl('get svc web-np'), /web-np +NodePort +\S+ +<none> +80:3[0-2]\d{3}\/TCP/);
  });

  test('run, exec and logs', async () => {
    assert.match(await kubectl('run tmp --image=host --restart=Never -- sleep 3600'), /pod\/tmp created/);
    assert.match(await kubectl('wait --for=condition=Ready pod/tmp --timeout=60s'), /pod\/tmp condition met/);
    const env = await kubectl('exec tmp -- printenv');
    assert.match(env, /^WEB_SERVICE_HOST=10\./m);
    assert.match(env, /^WEB_PORT_80_TCP_PROTO=tcp$/m);
    assert.match(env, /^KUBERNETES_SERVICE_PORT_HTTPS=443$/m);
    assert.match(env, /^HOSTNAME=tmp$/m);
    assert.match(
      await kubectl('exec tmp -- curl -s --max-time 10 http://web'),
      /"pod": "web-[^}]*"ip": "10[^}]*"node": "node-[12]"/,
    );
    const resolv = await kubectl('exec tmp -- cat /etc/resolv.conf');
    assert.match(resolv, /^search default.svc.cluster.local svc.cluster.local cluster.local/m);
    assert.match(resolv, /^nameserver 10\.\d+\.0\.10$/m);
    assert.match(resolv, /^options ndots:5$/m);
    const address = (await kubectl('get svc web -o jsonpath={.spec.clusterIP}')).trim();
    assert.match(
      await kubectl('exec tmp -- nslookup web.default.svc.cluster.local'),
      new RegExp(`Address: ${address.replaceAll('.', '\\.')}`),
    );
    assert.equal(await kubectl('logs tmp'), '');
    const failing = await cluster.tryKubectl('exec tmp --', {}, ['sh', '-c', 'echo out; echo err >&2; exit 7']);
    assert.deepEqual([failing.code, failing.stdout], [7, 'out\n']);
    assert.match(failing.stderr, /^err$/m);
    const piped = await cluster.kubectl('exec -i tmp -- tr a-z A-Z', { input: 'through stdin\n' });
    assert.equal(piped, 'THROUGH STDIN\n');
  });

  test('logs, exec and cp by every kubectl that is installed; before 1.30 the last two are refused, readably', async () => {
    for (const { minor, version, path } of findKubectls()) {
      const run = (...args: string[]) => tryRun(path, args, { env: cluster.env, timeoutMs: 60_000 });
      const log = await run('logs', 'tmp');
      assert.deepEqual([log.code, log.stdout], [0, ''], `${version}: ${log.stderr}`);
      const exec = await run('exec', 'tmp', '--', 'echo', 'yes');
      if (minor < 30) {
        assert.equal(exec.code, 1, version);
        assert.match(
          exec.stderr,
          /no supported protocol: offered .*, supported v5.channel.k8s.io, v4.channel.k8s.io/,
          version,
        );
        continue;
      }
      assert.deepEqual([exec.code, exec.stdout], [0, 'yes\n'], `${version}: ${exec.stderr}`);
      const copied = await run('cp', cluster.kubeconfig, `tmp:/tmp/by-${minor}`);
      assert.equal(copied.code, 0, `${version}: ${copied.stderr}`);
      const there = await run('exec', 'tmp', '--', 'cat', `/tmp/by-${minor}`);
      assert.equal(there.stdout, readFileSync(cluster.kubeconfig, 'utf8'), `${version}: ${there.stderr}`);
    }
  });

  test('exec -it gives a terminal', async () => {
    const command = 'kubectl exec -it tmp -- sh -c "tty; stty size; exit 4"';
    const { stdout } = await terminal(`script -qec 'stty cols 91 rows 33; ${command}; echo code=$?' /dev/null`);
    assert.match(stdout, /\/dev\/pts\/\d+/);
    assert.match(stdout, /^33 91\r?$/m);
    assert.match(stdout, /code=4/);
  });

  test('run -it --rm gives a shell, and takes its pod away', async () => {
    // kubectl sets another size first, so that programs notice the right one.
    const typed = 'until stty size | grep "33 91"; do sleep 0.1; done; tty; echo term=$TERM; exit 3';
    const command = `kubectl run -it --rm shell --image=host -- bash --norc`;
    // What is typed early waits in the terminal.
    const { stdout } = await terminal(`echo '${typed}' | script -qec 'stty cols 91 rows 33; ${command}' /dev/null`);
    assert.match(stdout, /^33 91\r?$/m);
    assert.match(stdout, /^\/dev\/pts\/\d+\r?$/m);
    assert.match(stdout, /^term=xterm\r?$/m);
    assert.match(stdout, /pod "shell" deleted/);
    assert.doesNotMatch(stdout, /couldn't attach/);
  });

  test('run -i with a pipe', async () => {
    const piped = (args: string, input: string, ...more: string[]) => cluster.tryKubectl(args, { input }, more);
    const cat = await piped('run -i --rm --restart=Never cat --image=host -- cat', 'through\nstdin\n');
    assert.deepEqual([cat.code, cat.stderr.match(/couldn't attach/)], [0, null]);
    assert.match(cat.stdout, /^through\nstdin\npod "cat" deleted/);
    const script = 'echo out; echo err >&2; read line; echo "got $line"; exit 6';
    const failing = await piped('run -i --restart=Never fails --image=host --', 'it\n', 'sh', '-c', script);
    assert.deepEqual([failing.code, failing.stdout], [6, 'out\ngot it\n']);
    assert.match(failing.stderr, /^err$/m);
    const quick = await piped('run -i --rm --restart=Never quick --image=host --', '', 'echo', 'said and gone');
    assert.match(quick.stdout, /said and gone\n/);
  });

  test('attach', async () => {
    const script = 'n=0; while read line; do n=$((n+1)); echo "$n $line"; done';
    const manifest = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'host-desk' },
      spec: {
        terminationGracePeriodSeconds: 0,
        containers: [{ name: 'c', image: 'host', stdin: true, command: ['sh', '-c', script] }],
      },
    };
    await cluster.kubectl('apply -f -', { input: JSON.stringify(manifest) });
    await kubectl('wait --for=condition=Ready pod/host-desk --timeout=60s');
    const watcher = cluster.spawnKubectl('attach host-desk');
    let seen = '';
    watcher.stdout.on('data', (chunk) => {
      seen += chunk;
    });
    // Its input is sent again until it is seen: only then is it known to be there.
    await eventually('both are attached', async () => {
      await cluster.kubectl('attach -i host-desk', { input: 'hello\n' });
      return /^\d+ hello$/m.test(seen);
    });
    assert.match(await kubectl('get pod host-desk'), /1\/1 +Running +0/);
    const ended = once(watcher, 'exit');
    await kubectl('delete pod host-desk --now');
    await ended;
    await refused('attach fails', /cannot attach a container in a completed pod; current phase is Failed/);
    await kubectl('delete pod fails');
  });

  test('logs of what a pod printed, followed to its end', async () => {
    await kubectl(
      'run talker --image=host --restart=Never --',
      'sh',
      '-c',
      'for i in 1 2 3; do echo line $i; sleep 0.2; done',
    );
    const follow = await eventually('the log can be read', async () => cluster.kubectl('logs -f talker'));
    assert.equal(follow, 'line 1\nline 2\nline 3\n');
    assert.equal(await kubectl('logs talker --tail=1'), 'line 3\n');
    assert.match(await kubectl('get pod talker'), /talker +0\/1 +Completed/);
  });

  test('delete pod --now', async () => {
    assert.match(await kubectl('delete pod tmp --now'), /pod "tmp" deleted/);
    await refused('get pod tmp', /Error from server \(NotFound\): pods "tmp" not found/);
  });

  test('scale, watch and rollout', async () => {
    const watch = cluster.spawnKubectl('get pods -l app=web -w');
    let seen = '';
    watch.stdout.on('data', (chunk) => {
      seen += chunk;
    });
    await eventually('the watch has begun', async () => (seen.match(/Running/g)?.length ?? 0) >= 3);
    await kubectl('scale deployment web --replicas=5');
    await kubectl('rollout status deployment web --timeout=60s');
    await eventually(
      'the watch shows the new pods',
      async () => /Pending/.test(seen) && new Set(seen.match(/^web-\S+(?= +1\/1)/gm)).size === 5,
    );
    watch.kill();
    await once(watch, 'exit');
    await kubectl('rollout restart deployment web');
    assert.match(await kubectl('rollout status deployment web --timeout=120s'), /successfully rolled out/);
    assert.match(await kubectl('rollout history deployment web'), /^2 /m);
    await kubectl('rollout undo deployment web');
    assert.match(await kubectl('rollout status deployment web --timeout=120s'), /successfully rolled out/);
    await kubectl('scale deployment web --replicas=2');
    await kubectl('wait --for=jsonpath={.status.replicas}=2 deployment/web --timeout=60s');
  });

  test('apply, create, edit, patch, label, annotate, delete', async () => {
    const manifest = (port: number) =>
      JSON.stringify({
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: 'applied' },
        spec: { selector: { app: 'web' }, ports: [{ port }] },
      });
    assert.match(await cluster.kubectl('apply -f -', { input: manifest(81) }), /service\/applied created/);
    assert.match(await cluster.kubectl('apply -f -', { input: manifest(81) }), /service\/applied unchanged/);
    assert.match(await cluster.kubectl('apply -f -', { input: manifest(82) }), /service\/applied configured/);
    assert.equal(await kubectl('get svc applied -o jsonpath={.spec.ports[*].port}'), '82');
    assert.match(
      await cluster.kubectl('create -f -', {
        input: 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: made}\ndata: {a: b}\n',
      }),
      /configmap\/made created/,
    );
    const edit = { env: { ...cluster.env, KUBE_EDITOR: 'sed -i s/a:.b/a:\\ edited/' } };
    assert.match(await cluster.kubectl('edit configmap made', edit), /configmap\/made edited/);
    assert.equal(await kubectl('get configmap made -o jsonpath={.data.a}'), 'edited');
    assert.match(await kubectl('patch svc applied -p', '{"metadata":{"labels":{"tier":"front"}}}'), /patched/);
    assert.match(
      await kubectl('patch svc applied --type=json -p', '[{"op":"replace","path":"/spec/ports/0/port","value":83}]'),
      /patched/,
    );
    assert.match(
      await kubectl('patch svc applied --type=merge -p', '{"spec":{"selector":{"app":"other"}}}'),
      /patched/,
    );
    assert.match(await kubectl('label svc applied color=blue'), /labeled/);
    assert.match(await kubectl('annotate svc applied note=yes'), /annotated/);
    assert.equal(await kubectl('get svc -l tier=front,color=blue -o name'), 'service/applied\n');
    assert.match(await cluster.kubectl('delete -f -', { input: manifest(83) }), /service "applied" deleted/);
    assert.match(await kubectl('delete configmap made'), /configmap "made" deleted/);
  });

  test('output formats and selectors', async () => {
    assert.match(await kubectl('get svc -o yaml'), /^kind: List$/m);
    assert.equal(JSON.parse(await kubectl('get svc -o json')).kind, 'List');
    assert.match(await kubectl('get svc -o name'), /^service\/kubernetes$/m);
    assert.match(
      await kubectl('get svc -o custom-columns=NAME:.metadata.name,IP:.spec.clusterIP'),
      /^kubernetes +10\.\d+\.0\.1$/m,
    );
    // Pods that are on their way out still run.
    await eventually('two running pods', async () => {
      const running = await kubectl('get pods -l app=web --field-selector status.phase=Running -o name');
      return running.trim().split('\n').length === 2;
    });
  });

  test('namespaces', async () => {
    assert.match(await kubectl('create namespace other'), /namespace\/other created/);
    await kubectl('-n other create deployment inner --image=host -- portolan echo');
    await kubectl('-n other rollout status deployment inner --timeout=60s');
    assert.match(await kubectl('get pods -A'), /^other +inner-/m);
    assert.match(await kubectl('delete namespace other --timeout=60s'), /namespace "other" deleted/);
    assert.doesNotMatch(await kubectl('get pods -A'), /^other /m);
  });

  test('explain and api-resources', async () => {
    const explained = await kubectl('explain service.spec.ports');
    assert.match(explained, /KIND: +Service/);
    assert.match(explained, /targetPort\t<IntOrString>/);
    assert.match(explained, /FIELDS:/);
    const resources = await kubectl('api-resources');
    assert.match(resources, /^services +svc +v1 +true +Service$/m);
    assert.match(resources, /^deployments +deploy +apps\/v1 +true +Deployment$/m);
    assert.match(resources, /^endpointslices +discovery.k8s.io\/v1 +true +EndpointSlice$/m);
  });

  test('what is wrong is refused, readably', async () => {
    const service = (spec: object, name = 'bad') =>
      JSON.stringify({ apiVersion: 'v1', kind: 'Service', metadata: { name }, spec });
    const create = 'create -f -';
    await refused(
      create,
      /The Service "1Abc" is invalid: metadata.name: Invalid value: "1Abc": a lowercase RFC 1123 label must consist/,
      service({ ports: [{ port: 80 }] }, '1Abc'),
    );
    await refused(
      create,
      /spec.ports\[0\].port: Invalid value: 70000: must be between 1 and 65535, inclusive/,
      service({ ports: [{ port: 70000 }] }),
    );
    await refused(
      create,
      /provided port is not in the valid range\. The range of valid ports is 30000-32767/,
      service({ type: 'NodePort', ports: [{ port: 80, nodePort: 80 }] }),
    );
    const taken = await kubectl('get svc web-np -o jsonpath={.spec.ports[0].nodePort}');
    await refused(
      create,
      /provided port is already allocated/,
      service({ type: 'NodePort', ports: [{ port: 80, nodePort: Number(taken) }] }),
    );
    const address = await kubectl('get svc web -o jsonpath={.spec.clusterIP}');
    await refused(create, /provided IP is already allocated/, service({ clusterIP: address, ports: [{ port: 80 }] }));
    await refused(
      create,
      /is not in the valid range\. The range of valid IPs is 10\.\d+\.0\.0\/12/,
      service({ clusterIP: '1.1.1.1', ports: [{ port: 80 }] }),
    );
    await refused(
      create,
      /strict decoding error: unknown field "spec.colour"/,
      service({ colour: 'red', ports: [{ port: 80 }] }),
    );
    await refused(create, /error (parsing|converting)/i, 'apiVersion: v1\n  kind: [');
    await refused(
      `patch svc web -p {"spec":{"clusterIP":"${address.replace(/\d+$/, '250')}"}}`,
      /spec.clusterIPs\[0\]: Invalid value: .*may not change once set/,
    );
    await refused('delete namespace default', /forbidden.*this namespace may not be deleted/);
    await refused('get nothings', /the server doesn't have a resource type "nothings"/);
    await refused('create deployment web --image=host', /deployments.apps "web" already exists/);
  });

  test('an image that is not supported says what is', async () => {
    await kubectl('run foreign --image=nginx');
    await eventually('ErrImagePull shows', async () =>
      /ErrImagePull|ImagePullBackOff/.test(await kubectl('get pod foreign')),
    );
    await refused('attach foreign', /container "foreign" in pod "foreign" is not running/);
    assert.match(await kubectl('describe pod foreign'), /Failed +.*image "host"/);
    await kubectl('delete pod foreign --now');
  });

  test('a selector that matches nothing is legal', async () => {
    await kubectl('create service clusterip lonely --tcp=80');
    assert.match(
      await eventually('its slice exists', async () =>
        kubectl('get endpointslices -l kubernetes.io/service-name=lonely'),
      ),
      /<unset>/,
    );
  });
});
