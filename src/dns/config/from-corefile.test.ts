// The Corefiles that clusters are installed with → settings, printed as a line a directive (testing/written.ts); and every
// kind of error with its line.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { CorefileError } from '../corefile/index.ts';
import { outline } from '../testing/outline.ts';
import { directives } from './directives/index.ts';
import { settingsOf, written } from './testing/written.ts';

// Said by most of them, and long.
const kubernetes = (rest: string) =>
  `kubernetes {"zones":["cluster.local.","in-addr.arpa.","ip6.arpa."],"api":{"by":"service-account"},"namespaces":[],"pods":"insecure","endpointPodNames":false,${rest},"endpoints":true,"ignoreEmptyService":false,"fallthrough":["in-addr.arpa.","ip6.arpa."],"multicluster":[],"zonal":false,"startupTimeoutMs":5000}`;
const share = (maxTtl: number, disabled = '') =>
  `{"capacity":9984,"maxTtl":${maxTtl},"minTtl":5,"disabled":[${disabled}]}`;
const cache = (success: string, denial: string, zone = '.') =>
  `cache {"zones":["${zone}"],"success":${success},"denial":${denial},"servfailMs":5000,"keepTtl":false}`;
const forward = (
  to: string,
  { maxConcurrent = 0, forceTcp = false, preferUdp = false, policy = 'random', zone = '.' } = {},
) =>
  `forward [{"zone":"${zone}","to":[${to}],"except":[],"policy":"${policy}","forceTcp":${forceTcp},"preferUdp":${preferUdp},"tls":{},"healthCheck":{"intervalMs":500,"recursionDesired":true,"domain":"."},"maxFails":2,"expireMs":10000,"maxConcurrent":${maxConcurrent},"next":[],"failover":[],"failfastAllUnhealthyUpstreams":false}]`;
const hostFile = '{"file":"/etc/resolv.conf"}';
const server = (host: string) => `{"transport":"dns","host":"${host}","port":53}`;
const reload = 'reload {"intervalMs":30000,"jitterMs":15000}';
const ready = 'ready {"host":"","port":8181,"monitor":"until-ready"}';
const loadbalance = 'loadbalance {"policy":"round_robin","prefer":[]}';
const common =
  '{remote}:{port} - {>id} \\"{type} {class} {name} {proto} {size} {>do} {>bufsize}\\" {rcode} {>rflags} {rsize} {duration}';
const log = (classes = 'all') => `log [{"zone":".","format":"${common}","classes":["${classes}"]}]`;

const installed: Readonly<Record<string, readonly [corefile: string, want: string]>> = {
  'kubeadm and kind': [
    `.:53 {
        errors
        health {
           lameduck 5s
        }
        ready
        kubernetes cluster.local in-addr.arpa ip6.arpa {
           pods insecure
           fallthrough in-addr.arpa ip6.arpa
           ttl 30
        }
        prometheus :9153
        forward . /etc/resolv.conf {
           max_concurrent 1000
        }
        cache 30 {
           disable success cluster.local
           disable denial cluster.local
        }
        loop
        reload
        loadbalance
    }`,
    `
      dns://.:53
        ${reload}
        ${ready}
        health {"host":"","port":8080,"lameduckMs":5000}
        prometheus {"host":"","port":9153}
        errors {"consolidate":[]}
        ${loadbalance}
        ${cache(share(30, '"cluster.local."'), share(30, '"cluster.local."'))}
        ${kubernetes('"ttl":30')}
        loop {"zone":"."}
        ${forward(hostFile, { maxConcurrent: 1000 })}
    `,
  ],
  'kubeadm before 1.30, as EKS and kops': [
    `.:53 {
        errors
        health {
            lameduck 5s
          }
        ready
        kubernetes cluster.local. in-addr.arpa ip6.arpa {
          pods insecure
          fallthrough in-addr.arpa ip6.arpa
        }
        prometheus :9153
        forward . /etc/resolv.conf
        cache 30
        loop
        reload
        loadbalance
    }`,
    `
      dns://.:53
        ${reload}
        ${ready}
        health {"host":"","port":8080,"lameduckMs":5000}
        prometheus {"host":"","port":9153}
        errors {"consolidate":[]}
        ${loadbalance}
        ${cache(share(30), share(30))}
        ${kubernetes('"ttl":5')}
        loop {"zone":"."}
        ${forward(hostFile)}
    `,
  ],
  k3s: [
    `.:53 {
        errors
        health
        ready
        kubernetes cluster.local in-addr.arpa ip6.arpa {
          pods insecure
          fallthrough in-addr.arpa ip6.arpa
        }
        hosts /etc/coredns/NodeHosts {
          ttl 60
          reload 15s
          fallthrough
        }
        prometheus :9153
        cache 30
        loop
        reload
        loadbalance
        import /etc/coredns/custom/*.override
        forward . /etc/resolv.conf
    }
    import /etc/coredns/custom/*.server`,
    `
      dns://.:53
        ${reload}
        ${ready}
        health {"host":"","port":8080,"lameduckMs":0}
        prometheus {"host":"","port":9153}
        errors {"consolidate":[]}
        ${loadbalance}
        ${cache(share(30), share(30))}
        hosts {"zones":["."],"file":"/etc/coredns/NodeHosts","inline":[],"ttl":60,"reverse":true,"reloadMs":15000,"fallthrough":["."]}
        ${kubernetes('"ttl":5')}
        loop {"zone":"."}
        ${forward(hostFile)}
    `,
  ],
  minikube: [
    `.:53 {
        log
        errors
        health {
           lameduck 5s
        }
        ready
        kubernetes cluster.local in-addr.arpa ip6.arpa {
           pods insecure
           fallthrough in-addr.arpa ip6.arpa
           ttl 30
        }
        prometheus :9153
        hosts {
           192.168.49.1 host.minikube.internal
           fallthrough
        }
        forward . /etc/resolv.conf {
           max_concurrent 1000
        }
        cache 30
        loop
        reload
        loadbalance
    }`,
    `
      dns://.:53
        ${reload}
        ${ready}
        health {"host":"","port":8080,"lameduckMs":5000}
        prometheus {"host":"","port":9153}
        errors {"consolidate":[]}
        ${log()}
        ${loadbalance}
        ${cache(share(30), share(30))}
        hosts {"zones":["."],"file":"/etc/hosts","inline":["192.168.49.1 host.minikube.internal"],"ttl":3600,"reverse":true,"reloadMs":5000,"fallthrough":["."]}
        ${kubernetes('"ttl":30')}
        loop {"zone":"."}
        ${forward(hostFile, { maxConcurrent: 1000 })}
    `,
  ],
  'AKS with a stub domain': [
    `.:53 {
        errors
        ready
        health {
          lameduck 5s
        }
        kubernetes cluster.local in-addr.arpa ip6.arpa {
          pods insecure
          fallthrough in-addr.arpa ip6.arpa
          ttl 30
        }
        prometheus :9153
        forward . /etc/resolv.conf
        cache 30
        loop
        reload
        loadbalance
        import custom/*.override
        template ANY ANY internal.cloudapp.net {
          match "^(?:[^.]+\\.){4,}internal\\.cloudapp\\.net\\.$"
          rcode NXDOMAIN
          fallthrough
        }
        template ANY ANY reddog.microsoft.com {
          rcode NXDOMAIN
        }
    }
    import custom/*.server
    corp.test:53 {
        errors
        cache 30
        forward . 192.0.2.53
    }`,
    `
      dns://.:53
        ${reload}
        ${ready}
        health {"host":"","port":8080,"lameduckMs":5000}
        prometheus {"host":"","port":9153}
        errors {"consolidate":[]}
        ${loadbalance}
        ${cache(share(30), share(30))}
        template [{"zones":["internal.cloudapp.net."],"match":["/^(?:[^.]+\\\\.){4,}internal\\\\.cloudapp\\\\.net\\\\.$/u"],"answer":[],"authority":[],"additional":[],"rcode":3,"fallthrough":["."]},{"zones":["reddog.microsoft.com."],"match":[],"answer":[],"authority":[],"additional":[],"rcode":3,"fallthrough":[]}]
        ${kubernetes('"ttl":30')}
        loop {"zone":"."}
        ${forward(hostFile)}
      dns://corp.test.:53
        errors {"consolidate":[]}
        ${cache(share(30), share(30), 'corp.test.')}
        ${forward(server('192.0.2.53'))}
    `,
  ],
  OpenShift: [
    `.:5353 {
        bufsize 1232
        errors
        log . {
            class error
        }
        health {
            lameduck 20s
        }
        ready
        kubernetes cluster.local in-addr.arpa ip6.arpa {
            pods insecure
            fallthrough in-addr.arpa ip6.arpa
        }
        prometheus 127.0.0.1:9153
        forward . /etc/resolv.conf {
            policy sequential
        }
        cache 900 {
            denial 9984 30
        }
        reload
    }
    hostname.bind:5353 {
        chaos
    }`,
    `
      dns://.:5353
        ${reload}
        bufsize 1232
        ${ready}
        health {"host":"","port":8080,"lameduckMs":20000}
        prometheus {"host":"127.0.0.1","port":9153}
        errors {"consolidate":[]}
        ${log('error')}
        ${cache(share(900), share(30))}
        ${kubernetes('"ttl":5')}
        ${forward(hostFile, { policy: 'sequential' })}
      dns://hostname.bind.:5353
        chaos {"authors":[]}
    `,
  ],
  'NodeLocal DNSCache': [
    `cluster.local:53 {
        errors
        cache {
                success 9984 30
                denial 9984 5
        }
        reload
        loop
        bind 169.254.20.10 10.96.0.10
        forward . {$KUBE_DNS_UPSTREAM_SERVICE_HOST} {
                force_tcp
        }
        prometheus :9253
        health 169.254.20.10:8080
        }
    in-addr.arpa:53 {
        errors
        cache 30
        reload
        loop
        bind 169.254.20.10 10.96.0.10
        forward . {$KUBE_DNS_UPSTREAM_SERVICE_HOST} {
                force_tcp
        }
        prometheus :9253
        }
    .:53 {
        errors
        cache 30
        reload
        loop
        bind 169.254.20.10 10.96.0.10
        forward . /etc/resolv.conf
        prometheus :9253
        }`,
    `
      dns://cluster.local.:53 at 169.254.20.10 dns://cluster.local.:53 at 10.96.0.10
        ${reload}
        health {"host":"169.254.20.10","port":8080,"lameduckMs":0}
        prometheus {"host":"","port":9253}
        errors {"consolidate":[]}
        ${cache(share(30), share(5), 'cluster.local.')}
        loop {"zone":"cluster.local."}
        ${forward(server('10.96.1.7'), { forceTcp: true })}
      dns://in-addr.arpa.:53 at 169.254.20.10 dns://in-addr.arpa.:53 at 10.96.0.10
        ${reload}
        prometheus {"host":"","port":9253}
        errors {"consolidate":[]}
        ${cache(share(30), share(30), 'in-addr.arpa.')}
        loop {"zone":"in-addr.arpa."}
        ${forward(server('10.96.1.7'), { forceTcp: true })}
      dns://.:53 at 169.254.20.10 dns://.:53 at 10.96.0.10
        ${reload}
        prometheus {"host":"","port":9253}
        errors {"consolidate":[]}
        ${cache(share(30), share(30))}
        loop {"zone":"."}
        ${forward(hostFile)}
    `,
  ],
};

for (const [name, [corefile, want]] of Object.entries(installed)) {
  test(`the Corefile of ${name}`, async () => {
    const settings = await settingsOf(corefile, { KUBE_DNS_UPSTREAM_SERVICE_HOST: '10.96.1.7' });
    assert.equal(written(settings), outline(want));
  });
}

const keys: readonly (readonly [keys: string, want: string])[] = [
  ['.', 'dns://.:53'],
  ['Example.ORG example.com.', 'dns://example.org.:53 dns://example.com.:53'],
  ['a.test:1053, b.test', 'dns://a.test.:1053 dns://b.test.:53'],
  ['dns://a.test tls://b.test https://c.test:8443', 'dns://a.test.:53 tls://b.test.:853 https://c.test.:8443'],
  ['10.1.0.0/24', 'dns://0.1.10.in-addr.arpa.:53'],
  ['10.1.0.0/15:1053', 'dns://0.10.in-addr.arpa.:1053 dns://1.10.in-addr.arpa.:1053'],
  ['192.0.2.128/31', 'dns://128.2.0.192.in-addr.arpa.:53 dns://129.2.0.192.in-addr.arpa.:53'],
  ['2001:db8::/32', 'dns://8.b.d.0.1.0.0.2.ip6.arpa.:53'],
  ['2001:db8::/32:1053', 'dns://8.b.d.0.1.0.0.2.ip6.arpa.:1053'],
  ['fd00::/7', 'dns://c.f.ip6.arpa.:53 dns://d.f.ip6.arpa.:53'],
  ['0.0.0.0/0', 'dns://in-addr.arpa.:53'],
  ['0/25.2.0.192.in-addr.arpa', 'dns://0/25.2.0.192.in-addr.arpa.:53'],
];

for (const [text, want] of keys) {
  test(`keys: ${text}`, async () => {
    const settings = await settingsOf(`${text} {\n  tls cert key\n}\n`);
    assert.equal(written(settings).split('\n')[0], want);
  });
}

const errors: readonly (readonly [corefile: string, ...want: string[]])[] = [
  ['# nothing\n', 'Corefile:1: there is no server block: write one like ". { … }"'],
  ['grpc://. {\n}\n', 'Corefile:1: "grpc://.": only dns, tls and https are served here'],
  ['.\nb {\n', 'Corefile:2: the block that begins here is not closed: "}" is missing'],
  ['a,\nquic://b {\n}\n', 'Corefile:2: "quic://b": only dns, tls and https are served here'],
  ['a:99999 {\n}\n', 'Corefile:1: "a:99999": the port must be a number from 0 to 65535'],
  ['a: {\n}\n', 'Corefile:1: "a:": the port must be a number from 0 to 65535'],
  ['a..b {\n}\n', 'Corefile:1: "a..b" is no zone: labels have 1 to 63 octets, names up to 255'],
  ['a,b {\n}\n', 'Corefile:1: "a,b" is no zone'],
  ['"" {\n}\n', 'Corefile:1: "" is no zone'],
  ['bücher.test {\n}\n', 'Corefile:1: "bücher.test" is no zone'],
  ['10.0.0.0/33 {\n}\n', 'Corefile:1: "10.0.0.0/33" is no zone: a range of addresses is written like 10.0.0.0/24'],
  ['10.0.0.1 {\n}\n', 'Corefile:1: "10.0.0.1" is no zone: a range of addresses is written like 10.0.0.0/24'],
  ['. {\n  errors\n  forwrad . 192.0.2.1\n}\n', 'Corefile:3: unknown directive "forwrad"; did you mean "forward"?'],
  ['. {\n  xyzzy\n}\n', 'Corefile:2: unknown directive "xyzzy"'],
  ['. {\n  toString\n}\n', 'Corefile:2: unknown directive "toString"'],
  ['. {\n  etcd\n}\n', 'Corefile:2: directive "etcd" is CoreDNS\'s; there is nothing for it here'],
  [
    '. {\n  cach 30\n  ready {\n    moniter x\n    foo\n  }\n}\na.test {\n  errors x\n}\n',
    'Corefile:2: unknown directive "cach"; did you mean "cache"?',
    'Corefile:4: ready: unknown property "moniter"; did you mean "monitor"?',
    'Corefile:5: ready: unknown property "foo"',
    'Corefile:9: errors "x" must be stdout',
  ],
  [
    '. {\n  cache\n  errors\n  cache 30\n}\n',
    'Corefile:4: cache: a server block has it once, and has it already: Corefile:2',
  ],
  ['a {\n}\nb a {\n}\n', 'Corefile:3: zone a. is served at port 53 already: Corefile:1'],
  ['a A. {\n}\n', 'Corefile:1: zone a. is served at port 53 already: Corefile:1'],
  ['a:53 {\n  bind 127.0.0.1\n}\na {\n}\n', 'Corefile:4: zone a. is served at 127.0.0.1 port 53 already: Corefile:1'],
  ['a {\n}\na {\n  bind 127.0.0.1\n}\n', 'Corefile:3: zone a. is served at port 53 already: Corefile:1'],
  [
    'dns://a:853 {\n}\ntls://b {\n  tls cert key\n}\n',
    'Corefile:3: tls cannot be served at port 853, where dns is: Corefile:1',
  ],
  [
    'tls://a {\n  tls cert key\n}\ntls://b {\n  bind 127.0.0.1\n  tls cert2 key\n}\nhttps://c {\n  tls cert2 key\n}\n',
    'Corefile:6: port 853 is served with another certificate: Corefile:2',
  ],
  ['a {\n  health\n}\nb {\n  health :8080\n}\n', 'Corefile:5: health: it listens at :8080 already: Corefile:2'],
  [
    '. {\n  kubernetes cluster.local {\n    pods insecure\n  }\n  autopath @kubernetes\n}\n',
    'Corefile:5: autopath: @kubernetes needs "pods verified" in kubernetes: clients are told by their addresses',
  ],
  [
    'a {\n  k8s_external\n  transfer {\n    to *\n  }\n}\ntls://b {\n}\n',
    'Corefile:2: k8s_external: kubernetes is needed in the same server block: its Services are shown',
    'Corefile:3: transfer: kubernetes is needed in the same server block: other zones cannot be transferred',
    'Corefile:7: tls:// and https:// need the directive tls with a certificate and its key',
  ],
  [
    '. {\n  kubernetes in-addr.arpa 10.0.0.0/8\n}\n',
    'Corefile:2: kubernetes: a zone is needed that is not a reverse one: cluster.local',
  ],
];

for (const [corefile, ...want] of errors) {
  test(`Corefile: ${want[0]}`, async () => {
    await assert.rejects(settingsOf(corefile), { name: 'CorefileError', message: want.join('\n') });
  });
}

const lines = (count: number, line: (i: number) => string): string =>
  Array.from({ length: count }, (_, i) => line(i)).join('');

test('what a file may ask for has limits', async () => {
  const zones = lines(100, (i) => `10.${i}.0.0/17 `);
  const want = 'Corefile:1: a server block has no more than 10000 zones, counted at each address';
  await assert.rejects(settingsOf(`${zones}{\n}\n`), { message: want });
  const addresses = lines(90, (i) => `127.0.0.${i} `);
  await assert.rejects(settingsOf(`10.0.0.0/17 {\n bind ${addresses}\n}\n`), { message: want });
  await assert.rejects(settingsOf(`. {\n forward . 192.0.2.1 {\n  except ${zones}\n }\n}\n`), {
    message: 'Corefile:3: forward: except has more than 10000 zones',
  });
  await settingsOf(`${lines(9_000, (i) => `z${i}.test `)}{\n}\n`);
});

test('no more than 50 problems are told', async () => {
  await assert.rejects(settingsOf(`. {\n${lines(80, (i) => ` no${i}\n`)}}\n`), (error: CorefileError) => {
    assert.equal(error.problems.length, 80);
    const told = error.message.split('\n');
    assert.deepEqual([told.length, told.at(-1)], [51, '… and 30 more']);
    return true;
  });
});

test('the same zone may be served at different addresses, ports, or by different blocks for parts of it', async () => {
  await settingsOf('a {\n  bind 127.0.0.1\n}\na {\n  bind 127.0.0.2\n}\na:1053 {\n}\nb.a {\n}\n. {\n}\n');
});

test('whatever stands in a block, the result is settings or a CorefileError', async () => {
  const word = fc.oneof(
    fc.constantFrom(...Object.keys(directives)),
    fc.constantFrom(
      '.',
      'a.test',
      '10.0.0.0/7',
      '30',
      '5s',
      '127.0.0.1',
      'tls://192.0.2.1',
      '{common}',
      'name',
      'regex',
      '(',
      '0',
      '-1',
      '*',
      'lo',
    ),
    fc.constantFrom(
      'ttl',
      'prefetch',
      'success',
      'disable',
      'tls',
      'fallthrough',
      'serve_stale',
      'verify',
      'health_check',
      'domain',
      'consolidate',
      'to',
    ),
    fc.string().map((text) => JSON.stringify(text)),
  );
  const line = fc.array(word, { minLength: 1, maxLength: 6 }).map((words) => words.join(' '));
  const directive = fc
    .tuple(fc.constantFrom(...Object.keys(directives)), line, fc.array(line, { maxLength: 3 }))
    .map(([name, args, block]) => `  ${name} ${args} {\n    ${block.join('\n    ')}\n  }\n`);
  const corefile = fc.array(directive, { maxLength: 4 }).map((lines) => `. {\n${lines.join('')}}\n`);
  await fc.assert(
    fc.asyncProperty(corefile, async (text) => {
      await settingsOf(text).catch((error) => {
        if (!(error instanceof CorefileError)) throw error;
        assert.match(error.message, /^Corefile:\d+: /);
      });
    }),
    { numRuns: 500 },
  );
});
