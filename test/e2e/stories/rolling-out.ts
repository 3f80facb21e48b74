// `rollout` and `wait`, on Deployments of no pods: the controllers make their revisions without nodes too.

import type { Story } from '../story.ts';

export const rollingOut: Story = {
  title: 'rollout: status, history, undo, restart, pause, resume; wait',
  steps: [
    { run: 'kubectl create deployment web --image=one --replicas=0', says: /created/ },
    { run: 'kubectl rollout status deploy/web --timeout=20s', says: /deployment "web" successfully rolled out$/ },
    {
      run: 'kubectl set image deploy/web one=two && kubectl annotate deploy web kubernetes.io/change-cause=second',
      says: /annotated?$/,
    },
    { run: 'kubectl rollout status deploy/web --timeout=20s', says: /successfully rolled out/ },
    { run: 'kubectl rollout history deploy/web', says: /^1 +<none>\n2 +second$/m },
    { run: 'kubectl rollout history deploy/web --revision=1', says: /Image:\tone$/m },
    { run: 'kubectl rollout undo deploy/web', says: 'deployment.apps/web rolled back' },
    { run: 'kubectl rollout status deploy/web --timeout=20s', says: /successfully rolled out/ },
    { run: `kubectl get deploy web -o jsonpath='{.spec.template.spec.containers[0].image}'`, says: 'one' },
    { run: 'kubectl rollout undo deploy/web --to-revision=2', says: 'deployment.apps/web rolled back' },
    {
      run: 'kubectl rollout undo deploy/web --to-revision=99',
      fails: 'unable to find specified revision 99 in history',
    },
    { run: 'kubectl rollout restart deploy/web', says: 'deployment.apps/web restarted' },
    { run: 'kubectl rollout pause deploy/web', says: 'deployment.apps/web paused' },
    { run: 'kubectl rollout pause deploy/web', fails: 'deployments.apps "web" is already paused' },
    { run: 'kubectl rollout restart deploy/web', fails: `can't restart paused deployment` },
    { run: 'kubectl rollout resume deploy/web', says: 'deployment.apps/web resumed' },
    { run: 'kubectl rollout status deploy/web --timeout=20s', says: /successfully rolled out/ },
    {
      run: 'kubectl wait --for=condition=Available deploy/web --timeout=20s',
      says: 'deployment.apps/web condition met',
    },
    {
      run: `kubectl wait --for=jsonpath='{.spec.replicas}'=0 deploy --all --timeout=20s`,
      says: 'deployment.apps/web condition met',
    },
    {
      run: 'kubectl wait --for=condition=Nope deploy/web --timeout=1s',
      fails: 'timed out waiting for the condition on deployments/web',
    },
    {
      run: '{ sleep 0.5; kubectl create cm late >/dev/null; } & kubectl wait --for=create cm/late --timeout=20s; code=$?; wait; exit $code',
      says: /configmap\/late condition met/,
      from: 31,
    },
    // Silent when it is gone before the wait begins.
    {
      run: '{ sleep 0.5; kubectl delete deploy web >/dev/null; } & kubectl wait --for=delete deploy/web --timeout=20s; code=$?; wait; exit $code',
    },
    { run: 'kubectl get deploy web --ignore-not-found', says: '' },
  ],
};
