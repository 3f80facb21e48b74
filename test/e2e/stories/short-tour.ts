// One line or two of each of the other stories, for the versions between the oldest and the newest.

import type { Story } from '../story.ts';

const configMap = (data: string) => `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {${data}}\n`;

export const shortTour: Story = {
  title: 'tour: a line or two of everything',
  files: {
    'one.yaml': configMap('a: "1", b: "2"'),
    'two.yaml': configMap('a: "1"'),
    'three.yaml': configMap('a: three'),
    'wrong.yaml': 'apiVersion: v1\nkind: Service\nmetadata: {name: wrong}\nspec: {colour: red, ports: [{port: 80}]}\n',
  },
  steps: [
    { run: 'kubectl api-resources', says: /^services +svc +v1 +true +Service$/m },
    { run: 'kubectl create deployment web --image=host --replicas=0', says: 'deployment.apps/web created' },
    { run: 'kubectl expose deployment web --port=80', says: 'service/web exposed' },
    { run: 'kubectl rollout status deploy/web --timeout=20s', says: /successfully rolled out/ },
    { run: 'kubectl get all -o wide', says: [/^service\/web +ClusterIP .* app=web$/m, /^replicaset.apps\/web-/m] },
    { run: 'kubectl describe svc web', says: /^Session Affinity: +None$/m },
    { run: 'kubectl explain deploy.spec.strategy', says: /rollingUpdate\t/ },
    {
      run: 'kubectl apply -f one.yaml && kubectl apply -f one.yaml',
      says: 'configmap/settings created\nconfigmap/settings unchanged',
    },
    { run: 'kubectl diff -f two.yaml', says: /^- +b: "2"$/m, fails: '' },
    {
      run: `kubectl apply -f two.yaml && kubectl get cm settings -o jsonpath='{.data}'`,
      says: 'configmap/settings configured\n{"a":"1"}',
    },
    { run: 'kubectl apply --server-side -f two.yaml', says: 'configmap/settings serverside-applied' },
    {
      run: 'kubectl apply --server-side -f three.yaml --field-manager=them',
      fails: 'conflict with "kubectl": .data.a',
    },
    {
      run: 'kubectl apply --server-side -f three.yaml --field-manager=them --force-conflicts',
      says: /serverside-applied/,
    },
    { run: `KUBE_EDITOR='sed -i s/three/edited/' kubectl edit cm settings`, says: 'configmap/settings edited' },
    {
      run: `kubectl patch svc web -p '{"spec":{"ports":[{"port":81,"name":"b"},{"port":80,"name":"a"}]}}'`,
      says: 'service/web patched',
    },
    { run: 'kubectl set image deploy/web host=other', says: 'deployment.apps/web image updated' },
    { run: 'kubectl rollout status deploy/web --timeout=20s && kubectl rollout undo deploy/web', says: /rolled back$/ },
    { run: 'kubectl scale deploy web --replicas=0 --current-replicas=0', says: 'deployment.apps/web scaled' },
    { run: 'kubectl autoscale deploy web --max=3', says: /autoscaled$/ },
    { run: 'kubectl label svc web a=b && kubectl get svc -l a=b -o name', says: /^service\/web$/m },
    { run: 'kubectl create -f wrong.yaml', fails: 'strict decoding error: unknown field "spec.colour"' },
    { run: 'kubectl get svc nope', fails: 'Error from server (NotFound): services "nope" not found' },
    { run: 'kubectl delete deploy,svc,hpa --all', says: /^deployment.apps "web" deleted/m },
  ],
};
