// Scales, autoscalers, budgets, networking objects and events as people use them: every kubectl that is installed.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { deployment, startServer, type TestServer } from './in-process-suite.ts';
import { Kubectl, kubectlVersions, whyNoKubectl } from './kubectl-suite.ts';

describe('kubectl', { skip: whyNoKubectl }, () => {
  let api: TestServer;
  let kubectl: Kubectl;

  before(async () => {
    api = await startServer();
    kubectl = await Kubectl.connect(api);
  });
  after(async () => {
    await api.server.close();
    await kubectl[Symbol.asyncDispose]();
  });

  for (const [version, path] of kubectlVersions()) {
    const has = async (want: RegExp, args: string, input?: unknown) => {
      const { stdout, stderr } = await kubectl.run(args.split(' '), { input, path });
      assert.match(`${stdout}${stderr}`.trim(), want, args);
    };

    describe(version, () => {
      const name = `v${version.replace('.', '-')}`;

      test('scales, with and without preconditions', async () => {
        const made = await api.send('POST', '/apis/apps/v1/namespaces/default/deployments', deployment(name));
        assert.equal(made.status, 201);
        await has(/scaled$/, `scale deployment ${name} --replicas=4`);
        await has(/scaled$/, `scale deployment ${name} --replicas=3 --current-replicas=4`);
        await has(/Expected replicas to be 4, was 3/, `scale deployment ${name} --replicas=2 --current-replicas=4`);
        await has(
          /Expected resource version to be 1, was/,
          `scale deployment ${name} --replicas=2 --resource-version=1`,
        );
        const { json } = await api.send('GET', `/apis/apps/v1/namespaces/default/deployments/${name}`);
        const { resourceVersion } = json.metadata;
        await has(/scaled$/, `scale deployment ${name} --replicas=2 --resource-version=${resourceVersion}`);
        await has(/^2$/, `get deployment ${name} -o jsonpath={.spec.replicas}`);
        await has(/DESIRED\s+AVAILABLE[\s\S]*\s2\s+0\s/, `get deployment ${name} --subresource=scale`);
      });

      test('makes an autoscaler, and sees it in both versions', async () => {
        await has(/autoscaled$/, `autoscale deployment ${name} --min=2 --max=5 --cpu-percent=70`);
        await has(
          new RegExp(`^${name}\\s+Deployment/${name}\\s+cpu: <unknown>/70%\\s+2\\s+5\\s+0\\s+\\d+s`, 'm'),
          `get hpa ${name}`,
        );
        await has(
          /^70$/,
          `get horizontalpodautoscalers.v1.autoscaling ${name} -o jsonpath={.spec.targetCPUUtilizationPercentage}`,
        );
        await has(/averageUtilization: 70/, `get hpa ${name} -o yaml`);
        await has(/Min replicas:\s+2[\s\S]*Max replicas:\s+5/, `describe hpa ${name}`);
        await has(/patched$/, `patch hpa ${name} -p {"spec":{"maxReplicas":9}}`);
        await has(
          /patched \(no change\)$/,
          `patch horizontalpodautoscalers.v1.autoscaling ${name} -p {"spec":{"maxReplicas":9}}`,
        );
        await has(/averageUtilization/, 'explain hpa.spec.metrics.resource.target --api-version=autoscaling/v2');
        await has(/targetCPUUtilizationPercentage/, 'explain hpa.spec --api-version=autoscaling/v1');
        await has(/deleted/, `delete hpa ${name}`);
      });

      test('makes and shows budgets', async () => {
        await has(/created$/, `create poddisruptionbudget ${name} --selector=app=${name} --min-available=50%`);
        await has(new RegExp(`^${name}\\s+50%\\s+N/A\\s+0\\s+\\d+s`, 'm'), `get pdb ${name}`);
        await has(/Min available:\s+50%/, `describe pdb ${name}`);
        await has(/unhealthyPodEvictionPolicy/, 'explain pdb.spec');
      });

      test('makes and shows networking objects', async () => {
        const ingress = `create ingress ${name} --class=c --rule=a.example.com/p*=web:80,tls=t`;
        await has(/created$/, ingress);
        await has(new RegExp(`^${name}\\s+c\\s+a\\.example\\.com\\s+80, 443\\s+\\d+s`, 'm'), `get ingress ${name}`);
        await has(/a\.example\.com[\s\S]*\/p\s+web:80/, `describe ingress ${name}`);
        const rules = (spec: object, kind: string) => ({
          apiVersion: 'networking.k8s.io/v1',
          kind,
          metadata: { name },
          spec,
        });
        const policy = {
          podSelector: { matchLabels: { app: name } },
          egress: [{ to: [{ ipBlock: { cidr: '10.0.0.5/24' } }] }],
        };
        await has(
          /is ambiguous in this context[\s\S]*created|created[\s\S]*is ambiguous/,
          'create -f -',
          rules(policy, 'NetworkPolicy'),
        );
        await has(new RegExp(`^${name}\\s+app=${name}\\s+\\d+s`, 'm'), `get netpol ${name}`);
        await has(/Policy Types: Ingress, Egress/, `describe netpol ${name}`);
        await has(/created$/, 'apply -f -', rules({ controller: 'example.com/c' }, 'IngressClass'));
        await has(/unchanged$/, 'apply -f -', rules({ controller: 'example.com/c' }, 'IngressClass'));
        await has(/field is immutable/, 'apply -f -', rules({ controller: 'example.com/d' }, 'IngressClass'));
        await has(new RegExp(`^${name}\\s+example\\.com/c\\s+<none>`, 'm'), 'get ingressclass');
        await has(/unknown field "spec.rulez"/, 'apply -f -', rules({ rulez: [] }, 'Ingress'));
      });

      test('sees an event in both groups', async () => {
        const event = {
          apiVersion: 'events.k8s.io/v1',
          kind: 'Event',
          metadata: { name, namespace: 'default' },
          eventTime: new Date().toISOString().replace('Z', '000Z'),
          reportingController: 'example.com/c',
          reportingInstance: 'c-1',
          action: 'Testing',
          reason: 'Tested',
          regarding: { apiVersion: 'v1', kind: 'Pod', namespace: 'default', name },
          note: `Seen by ${name}`,
          type: 'Normal',
        };
        await has(/created$/, 'create -f -', event);
        await has(new RegExp(`Normal\\s+Tested\\s+pod/${name}\\s+Seen by ${name}`), 'get events');
        await has(new RegExp(`Seen by ${name}`), `get events.events.k8s.io ${name} -o yaml`);
        await has(new RegExp(`Seen by ${name}`), `events --for=pod/${name}`);
        await has(/regarding/, 'explain events --api-version=events.k8s.io/v1');
      });
    });
  }
});
