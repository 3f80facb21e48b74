// What kubectl prints, in files that a person can review: `get -o wide` of every kind there is, `describe`, `explain`, what
// is said of writes and of refusals. By the newest kubectl alone: what others print differs in ways that are theirs.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parseAllDocuments, stringify } from 'yaml';
import { TestApi } from './api-harness.ts';
import { whyNoCluster } from './harness.ts';
import { findKubectls, supported } from './kubectls.ts';
import { Teller } from './story.ts';
import { compare, type Shell, transcribe } from './transcript.ts';

const kubectl = findKubectls().find(({ minor }) => minor === supported.newest);
const skip = whyNoCluster() ?? (kubectl ? undefined : `kubectl 1.${supported.newest} is not on this machine`);
const golden = (name: string) => fileURLToPath(new URL(`golden/${name}`, import.meta.url));

/** The objects of the golden texts; in the second file, those with a status, which is written by itself. */
function objectFiles(): Record<string, string> {
  const now = Date.now();
  const time = (ms: number) => `'${new Date(ms).toISOString().replace(/\.\d+/, '')}'`;
  const text = readFileSync(golden('objects.yaml'), 'utf8')
    .replaceAll('NOW', time(now))
    .replaceAll('HOURS_AGO', time(now - 5.5 * 3600_000 - 2_000));
  const documents = parseAllDocuments(text).map((document) => document.toJSON());
  const yaml = (objects: unknown[]) => objects.map((one) => stringify(one)).join('---\n');
  return { 'objects.yaml': yaml(documents), 'status.yaml': yaml(documents.filter(({ status }) => status)) };
}

const changes = {
  'cm.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: applied, labels: {set: one}}\ndata: {a: "1", b: "2"}\n',
  'cm-2.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: applied, labels: {set: one}}\ndata: {a: "3"}\n',
  'colour.yaml': 'apiVersion: v1\nkind: Service\nmetadata: {name: x}\nspec: {colour: red, ports: [{port: 80}]}\n',
  'wrong.yaml':
    'apiVersion: v1\nkind: Service\nmetadata: {name: 1Abc}\nspec: {type: Nope, ports: [{port: 70000, protocol: tcp}]}\n',
  'taken.yaml':
    'apiVersion: v1\nkind: Service\nmetadata: {name: x}\nspec: {clusterIP: 10.96.10.1, ports: [{port: 80}]}\n',
  'pod.yaml': 'apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec: {containers: [{name: C}], restartPolicy: Now}\n',
  'immutable.yaml':
    'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  selector: {matchLabels: {app: x}}\n' +
    '  template: {metadata: {labels: {app: x}}, spec: {containers: [{name: c, image: host}]}}\n',
};

describe('golden output of kubectl', { skip }, () => {
  let api: TestApi;
  let shell: Shell;
  before(async () => {
    if (!kubectl) return;
    // Nothing but the API: what is printed is what was written.
    api = await TestApi.start({ controllers: false });
    shell = new Teller(api, kubectl).shell('golden', { ...objectFiles(), ...changes });
    for (const line of [
      'kubectl create namespace golden',
      'kubectl create -f objects.yaml',
      'kubectl replace --subresource=status -f status.yaml',
    ]) {
      const { code, stdout, stderr } = await shell(line);
      assert.equal(code, 0, `${stdout}${stderr}`);
    }
  });
  after(async () => {
    await api?.[Symbol.asyncDispose]();
  });

  test('kubectl get -o wide of every kind', async () => {
    const { stdout } = await shell('kubectl api-resources --verbs=list -o name');
    const resources = stdout.trim().split('\n');
    const text = await transcribe(
      shell,
      [...resources, 'horizontalpodautoscalers.v1.autoscaling'].map((resource) => `kubectl get ${resource} -o wide`),
    );
    assert.doesNotMatch(text, /No resources found/, 'a kind has no object in golden/objects.yaml');
    compare(golden('get.txt'), text);
  });

  test('kubectl api-resources', async () => {
    compare(
      golden('api-resources.txt'),
      await transcribe(shell, ['kubectl api-resources -o wide', 'kubectl api-versions']),
    );
  });

  test('kubectl describe', async () => {
    const described = [
      'node worker',
      'pod running',
      'pod crashing',
      'pod waiting',
      'svc web',
      'svc balanced',
      'svc open',
      'svc outside',
      'endpointslice web-1',
      'endpoints web',
      'configmap settings',
      'secret key',
      'serviceaccount builder',
      'rc old',
      'deployment web',
      'rs web-1',
      'sts db',
      'ds agent',
      'job counted',
      'cronjob nightly',
      'pv disk',
      'pvc data',
      'storageclass fast',
      'ingress door',
      'ingressclass nginx',
      'netpol shut',
      'servicecidr more',
      'pdb web',
      'hpa web',
      'lease leader',
      'namespace golden',
    ];
    compare(
      golden('describe.txt'),
      await transcribe(
        shell,
        described.map((what) => `kubectl describe ${what}`),
      ),
    );
  });

  test('kubectl explain', async () => {
    const lines = [
      'svc',
      'svc.spec.ports',
      'pod.spec.containers.env',
      'deploy.spec.strategy',
      'ingress.spec',
      'endpointslice',
    ];
    compare(
      golden('explain.txt'),
      await transcribe(shell, [
        ...lines.map((what) => `kubectl explain ${what}`),
        'kubectl explain hpa.spec --recursive',
        'kubectl explain svc.nope',
        'kubectl explain nope',
      ]),
    );
  });

  test('what kubectl says of writes', async () => {
    compare(
      golden('writes.txt'),
      await transcribe(shell, [
        'kubectl apply -f cm.yaml',
        'kubectl apply -f cm.yaml',
        'kubectl apply -f cm-2.yaml --dry-run=server',
        'kubectl apply -f cm-2.yaml',
        'kubectl get cm applied -o yaml',
        'kubectl apply --server-side -f cm.yaml',
        'kubectl apply --server-side -f cm-2.yaml --field-manager=other',
        'kubectl apply --server-side -f cm-2.yaml --field-manager=other --force-conflicts',
        'kubectl get cm applied -o yaml --show-managed-fields',
        `kubectl patch cm applied -p '{"data":{"c":"4"}}'`,
        `kubectl patch cm applied -p '{"data":{"c":"4"}}'`,
        'kubectl label cm applied a=b',
        'kubectl annotate cm applied a=b',
        'kubectl set image deploy/web web=example.com/web:2',
        'kubectl scale deploy web --replicas=1',
        'kubectl create cm more --from-literal=a=b',
        'kubectl create -f colour.yaml --validate=warn --dry-run=server',
        'kubectl delete cm -l set=one',
        'kubectl delete cm more --wait=false',
        'kubectl get cm',
      ]),
    );
  });

  test('what kubectl says of refusals', async () => {
    compare(
      golden('refusals.txt'),
      await transcribe(shell, [
        'kubectl get svc nope',
        'kubectl get nothings',
        'kubectl get pods -l "app in (" ',
        'kubectl get pods --field-selector spec.nope=1',
        'kubectl create -f colour.yaml',
        'kubectl create -f wrong.yaml',
        'kubectl create -f taken.yaml',
        'kubectl create -f pod.yaml',
        'kubectl apply -f immutable.yaml',
        `kubectl patch svc web -p '{"spec":{"clusterIP":"10.96.10.77"}}'`,
        `kubectl patch svc web --type=json -p '[{"op":"remove","path":"/spec/nope"}]'`,
        `kubectl patch svc web --type=merge -p '{"spec":{"ports":"none"}}'`,
        'kubectl create deployment web --image=host',
        'kubectl create service nodeport again --tcp=80 --node-port=30080',
        'kubectl create service nodeport again --tcp=80 --node-port=80',
        'kubectl create cm x -n nowhere',
        'kubectl annotate svc web a=b --resource-version=1',
        'kubectl scale svc web --replicas=1',
        'kubectl delete namespace default',
        'kubectl create quota q --hard=pods=1',
      ]),
    );
  });
});
