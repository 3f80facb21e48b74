// Configurations in files: `apply` as the client merges it, `diff`, `replace`, `edit`, kustomize.

import type { Story } from '../story.ts';

const service = (ports: string, rest = '') => `
apiVersion: v1
kind: Service
metadata: {name: web, labels: {set: one}${rest}}
spec: {selector: {app: web}, ports: [${ports}]}
`;
const deployment = (env: string, ports: string) => `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {set: one}}
spec:
  replicas: 0
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: c, image: host, env: [${env}], ports: [${ports}]}]}
`;
const configMap = '\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings, labels: {set: one}}\ndata: {a: "1"}\n';
const all = (...parts: string[]) => parts.join('---');

const env = '.spec.template.spec.containers[0].env[*].name';
const seen = JSON.stringify({
  type: 'Seen',
  status: 'True',
  reason: 'Test',
  message: '',
  lastTransitionTime: '2026-01-01T00:00:00Z',
});
const annotation = '.metadata.annotations';

export const applying: Story = {
  title: 'applying: client-side apply, diff, replace, edit, kustomize',
  files: {
    'one.yaml': all(
      service('{name: a, port: 80}, {name: b, port: 81}', ', annotations: {note: first}'),
      deployment('{name: A, value: "1"}, {name: B, value: "2"}', '{containerPort: 80}, {containerPort: 81}'),
      configMap,
    ),
    'two.yaml': all(
      service('{name: a, port: 80}'),
      deployment('{name: A, value: "3"}', '{containerPort: 80}'),
      configMap,
    ),
    'less.yaml': service('{name: a, port: 80}'),
    'immutable.yaml': deployment('', '').replace('matchLabels: {app: web}', 'matchLabels: {app: other}'),
    'custom/kustomization.yaml':
      'namePrefix: my-\nresources: [../custom-base]\nconfigMapGenerator: [{name: made, literals: [a=b]}]\n',
    'custom-base/kustomization.yaml': 'resources: [service.yaml]\n',
    'custom-base/service.yaml': service('{port: 80}'),
  },
  steps: [
    {
      run: 'kubectl apply -f one.yaml',
      says: 'service/web created\ndeployment.apps/web created\nconfigmap/settings created',
    },
    {
      run: 'kubectl apply -f one.yaml',
      says: 'service/web unchanged\ndeployment.apps/web unchanged\nconfigmap/settings unchanged',
    },
    { run: 'kubectl diff -f one.yaml', says: '' },
    { run: 'kubectl diff -f two.yaml', says: [/^- +note: first$/m, /^- +- name: B$/m, /^\+ +value: "3"$/m], fails: '' },
    // What others have set meanwhile stays.
    { run: `kubectl set env deploy/web C=3 && kubectl annotate svc web other=kept` },
    {
      run: 'kubectl apply -f two.yaml --dry-run=server',
      says: 'service/web configured (server dry run)\ndeployment.apps/web configured (server dry run)\nconfigmap/settings unchanged (server dry run)',
    },
    { run: 'kubectl apply -f two.yaml --dry-run=client', says: /service\/web configured \(dry run\)/ },
    { run: `kubectl get deploy web -o jsonpath='{${env}}'`, says: 'A B C' },
    {
      run: 'kubectl apply -f two.yaml',
      says: 'service/web configured\ndeployment.apps/web configured\nconfigmap/settings unchanged',
    },
    {
      run: `kubectl get deploy web -o jsonpath='{${env}} {.spec.template.spec.containers[0].ports[*].containerPort}'`,
      says: 'A C 80',
    },
    {
      run: `kubectl get svc web -o jsonpath='{.spec.ports[*].port} {${annotation}.note}{${annotation}.other}'`,
      says: '80 kept',
    },
    { run: 'kubectl apply view-last-applied svc/web -o json', says: [/"name": "a"/, /"set": "one"/], omits: /note/ },
    { run: 'kubectl apply set-last-applied -f less.yaml', says: /^service\/web configured/ },
    {
      run: 'kubectl apply -f less.yaml --prune -l set=one --prune-allowlist=core/v1/ConfigMap',
      says: /^configmap\/settings pruned$/m,
      omits: /deployment/,
    },
    { run: 'kubectl get deploy web -o name', says: 'deployment.apps/web' },
    { run: 'kubectl apply -f less.yaml --prune -l set=one', says: /^deployment.apps\/web pruned$/m },
    {
      run: 'KUBECTL_APPLYSET=true kubectl apply -n $NS -f two.yaml --prune --applyset=configmaps/holder --force-conflicts --server-side',
      says: /deployment.apps\/web serverside-applied/,
    },
    {
      run: 'KUBECTL_APPLYSET=true kubectl apply -n $NS -f less.yaml --prune --applyset=configmaps/holder --force-conflicts --server-side',
      says: [/^deployment.apps\/web pruned$/m, /^configmap\/settings pruned$/m],
    },
    { run: 'kubectl apply -f one.yaml', says: /^deployment.apps\/web created$/m },
    { run: 'kubectl apply -f immutable.yaml', fails: /spec.selector: Invalid value: .*field is immutable/ },
    {
      run: 'kubectl apply -f immutable.yaml --force --grace-period=0',
      fails: /`selector` does not match template `labels`/,
    },
    // kubectl has put back what it had deleted.
    { run: 'kubectl apply -f one.yaml', says: /^deployment.apps\/web unchanged$/m },
    { run: 'kubectl replace -f two.yaml', says: /^deployment.apps\/web replaced$/m },
    { run: 'kubectl replace --force -f two.yaml', says: [/^service "web" deleted/m, /^service\/web replaced$/m] },
    {
      run: 'kubectl get svc web -o json > web.json; kubectl label svc web a=b; kubectl replace -f web.json',
      fails: /the object has been modified; please apply your changes to the latest version and try again/,
    },
    {
      run: `kubectl get svc web -o json | sed 's/"loadBalancer": {}/"conditions": [${seen}]/' | kubectl replace --subresource=status -f -`,
      says: 'service/web replaced',
    },
    { run: `kubectl get svc web -o jsonpath='{.status.conditions[*].type}'`, says: 'Seen' },
    {
      run: `KUBE_EDITOR='sed -i s/sessionAffinity:.*/sessionAffinity:\\ ClientIP/' kubectl edit svc web`,
      says: 'service/web edited',
    },
    {
      run: `kubectl get svc web -o jsonpath='{.spec.sessionAffinity} {.spec.sessionAffinityConfig.clientIP.timeoutSeconds}'`,
      says: 'ClientIP 10800',
    },
    { run: `KUBE_EDITOR='sed -i s/clusterIP:/clusterIPx:/' kubectl edit svc web`, fails: /services "web" is invalid/ },
    // The editor was opened once more, with the reason in the file.
    { run: 'cat kubectl-edit-*.yaml', says: /strict decoding error: unknown field "spec.clusterIPx"$/m },
    { run: 'KUBE_EDITOR=true kubectl edit svc web', warns: /Edit cancelled, no changes made/, says: '' },
    { run: 'kubectl apply -k custom', says: /^configmap\/my-made-\w+ created\nservice\/my-web created$/m },
    { run: 'kubectl get -k custom -o name', says: /^service\/my-web$/m },
    { run: 'kubectl diff -k custom', says: '' },
    { run: 'kubectl delete -k custom', says: /^service "my-web" deleted/m },
  ],
};
