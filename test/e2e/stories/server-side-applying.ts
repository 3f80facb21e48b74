// Server-side apply as kubectl does it: owners, conflicts, force, removal of what is no longer named, the way over from
// client-side apply.

import type { Story } from '../story.ts';

const deployment = (replicas: string, env: string) => `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  ${replicas}
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: c, image: host, env: [${env}]}]}
`;
const env = '.spec.template.spec.containers[0].env[*].name';

export const serverSideApplying: Story = {
  title: 'server-side apply: owners, conflicts, force, removal, the way over from client-side',
  files: {
    'mine.yaml': deployment('replicas: 0', '{name: A, value: "1"}, {name: B, value: "2"}'),
    'theirs.yaml': deployment('replicas: 1', '{name: C, value: "3"}'),
    'less.yaml': deployment('', '{name: A, value: "1"}'),
    'old.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: old}\ndata: {a: "1", b: "2"}\n',
    'new.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: old}\ndata: {a: "1"}\n',
    'wrong.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: old}\ndatum: {a: "1"}\n',
  },
  steps: [
    { run: 'kubectl apply --server-side -f mine.yaml', says: 'deployment.apps/web serverside-applied' },
    { run: 'kubectl apply --server-side -f mine.yaml', says: 'deployment.apps/web serverside-applied' },
    { run: `kubectl get deploy web -o jsonpath='{.metadata.generation}'`, says: '1' },
    {
      run: 'kubectl apply --server-side -f theirs.yaml --field-manager=them',
      fails: 'error: Apply failed with 1 conflict: conflict with "kubectl": .spec.replicas',
    },
    {
      run: 'kubectl diff --server-side -f theirs.yaml --field-manager=them',
      fails: /conflict with "kubectl": .spec.replicas/,
    },
    {
      run: 'kubectl apply --server-side -f theirs.yaml --field-manager=them --force-conflicts --dry-run=server',
      says: /serverside-applied \(server dry run\)/,
    },
    {
      run: 'kubectl apply --server-side -f theirs.yaml --field-manager=them --force-conflicts',
      says: /serverside-applied/,
    },
    { run: `kubectl get deploy web -o jsonpath='{.spec.replicas} {${env}}'`, says: '1 A B C' },
    { run: 'kubectl apply --server-side -f less.yaml', says: /serverside-applied/ },
    { run: `kubectl get deploy web -o jsonpath='{.spec.replicas} {${env}}'`, says: '1 A C' },
    {
      run: `kubectl get deploy web --show-managed-fields -o jsonpath='{.metadata.managedFields[?(@.operation=="Apply")].manager}'`,
      says: /^(kubectl them|them kubectl)$/,
    },
    { run: 'kubectl scale deploy web --replicas=2', says: 'deployment.apps/web scaled' },
    {
      run: 'kubectl apply --server-side -f theirs.yaml --field-manager=them',
      fails: /conflict with "kubectl" with subresource "scale" using apps\/v1: .spec.replicas/,
    },
    { run: 'kubectl diff --server-side -f mine.yaml --force-conflicts', says: /^\+ +- name: B$/m, fails: '' },
    // Fields of a client-side apply become the server-side applier's, so that it can remove them.
    { run: 'kubectl apply -f old.yaml', says: 'configmap/old created' },
    { run: 'kubectl apply --server-side -f new.yaml', says: 'configmap/old serverside-applied' },
    { run: `kubectl get cm old -o jsonpath='{.data}'`, says: '{"a":"1"}' },
    { run: 'kubectl apply --server-side -f wrong.yaml', fails: /field not declared in schema|unknown field "datum"/ },
    {
      run: 'kubectl create cm bare --dry-run=client -o yaml | kubectl apply --server-side -f -',
      says: 'configmap/bare serverside-applied',
    },
  ],
};
