// `delete`: names, files, selectors, cascades, finalizers, whole namespaces.

import type { Story } from '../story.ts';

const pod = (name: string) =>
  `apiVersion: v1\nkind: Pod\nmetadata: {name: ${name}}\nspec: {containers: [{name: c, image: host}]}\n`;

export const deleting: Story = {
  title: 'deleting: names, selectors, cascades, finalizers, namespaces',
  files: {
    'held.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: held, finalizers: [example.com/hold]}\n',
    'pods.yaml': [pod('one'), pod('two')].join('---\n'),
  },
  steps: [
    {
      run: 'kubectl create deployment web --image=host --replicas=0 && kubectl rollout status deploy/web --timeout=20s',
    },
    { run: 'kubectl delete deploy web --cascade=orphan', says: /^deployment.apps "web" deleted/ },
    { run: `kubectl wait --for=jsonpath='{.metadata.name}' rs --all --timeout=1s`, says: /condition met/, from: 31 },
    { run: 'kubectl get rs -o name', says: /^replicaset.apps\/web-/ },
    { run: 'kubectl delete rs --all --cascade=foreground', says: /^replicaset.apps "web-\w+" deleted/ },
    {
      run: 'kubectl create deployment web --image=host --replicas=0 && kubectl rollout status deploy/web --timeout=20s',
    },
    { run: 'kubectl delete deploy web --cascade=foreground', says: /^deployment.apps "web" deleted/ },
    { run: 'kubectl get rs -o name', says: '' },
    { run: 'kubectl create -f pods.yaml && kubectl delete pod one --now', says: /^pod "one" deleted/m },
    {
      run: 'kubectl delete pod two --force --grace-period=0',
      says: /^pod "two" force deleted/,
      warns: /Immediate deletion does not wait/,
    },
    { run: 'for n in a b c; do kubectl create cm $n; kubectl label cm $n set=$n; done' },
    { run: `kubectl delete cm -l 'set in (a,b)'`, says: /^configmap "a" deleted.*\nconfigmap "b" deleted/ },
    { run: 'kubectl delete cm/c --dry-run=server', says: /^configmap "c" deleted.*\(server dry run\)/ },
    { run: 'kubectl delete cm c -o name', says: 'configmap/c' },
    { run: 'kubectl delete --raw /api/v1/namespaces/$NS/configmaps/c', fails: 'NotFound' },
    { run: 'kubectl delete svc nope', fails: 'Error from server (NotFound): services "nope" not found' },
    { run: 'kubectl delete svc nope --ignore-not-found', says: '' },
    {
      run: 'kubectl create -f held.yaml && kubectl delete cm held --timeout=1s',
      fails: /timed out waiting for the condition on configmaps\/held/,
    },
    { run: `kubectl get cm held -o jsonpath='{.metadata.deletionTimestamp}'`, says: /^20/ },
    {
      run: `kubectl patch cm held --type=merge -p '{"metadata":{"finalizers":null}}' && kubectl wait --for=delete cm/held --timeout=20s`,
    },
    {
      run: 'kubectl create ns $NS-more && kubectl -n $NS-more create -f pods.yaml && kubectl -n $NS-more create -f held.yaml',
    },
    { run: 'kubectl delete ns $NS-more --timeout=1s', fails: /timed out waiting for the condition on namespaces/ },
    { run: 'kubectl get ns $NS-more', says: /Terminating/ },
    {
      run: 'kubectl -n $NS-more create cm new',
      fails: /unable to create new content in namespace \S+ because it is being terminated/,
    },
    { run: `kubectl -n $NS-more patch cm held --type=json -p '[{"op":"remove","path":"/metadata/finalizers"}]'` },
    { run: 'kubectl wait --for=delete ns/$NS-more --timeout=20s' },
    {
      run: 'kubectl delete ns default',
      fails: 'Error from server (Forbidden): namespaces "default" is forbidden: this namespace may not be deleted',
    },
    { run: 'kubectl delete cm --all', says: 'No resources found' },
  ],
};
