// Changes to what is there: patches of each type, labels, `set`, scales, `expose`.

import type { Story } from '../story.ts';

const container = '.spec.template.spec.containers[0]';

export const changing: Story = {
  title: 'changing: patch, label, annotate, set, scale, autoscale, expose',
  steps: [
    {
      run: 'kubectl create deployment web --image=host --replicas=0 --port=80 && kubectl expose deployment web',
      says: /service\/web exposed/,
    },
    { run: `kubectl patch svc web -p '{"spec":{"ports":[{"port":80,"name":"http"}]}}'`, says: 'service/web patched' },
    { run: `kubectl patch svc web -p '{"spec":{"ports":[{"port":81,"name":"more"}]}}'`, says: 'service/web patched' },
    { run: `kubectl get svc web -o jsonpath='{.spec.ports[*].name}'`, says: /^(http more|more http)$/ },
    {
      run: `kubectl patch svc web -p '{"spec":{"ports":[{"port":81,"$patch":"delete"}]}}'`,
      says: 'service/web patched',
    },
    {
      run: `kubectl patch svc web --type=merge -p '{"spec":{"selector":{"app":null,"is":"other"}}}' -o jsonpath='{.spec.selector}'`,
      says: '{"is":"other"}',
    },
    {
      run: `kubectl patch svc web --type=json -p '[{"op":"test","path":"/spec/ports/0/port","value":80},{"op":"replace","path":"/spec/ports/0/port","value":8080}]'`,
      says: 'service/web patched',
    },
    {
      run: `kubectl patch svc web --type=merge -p '{"spec":{"selector":{"is":"other"}}}'`,
      says: 'service/web patched (no change)',
    },
    {
      run: `kubectl patch svc web --type=json -p '[{"op":"remove","path":"/spec/nope"}]'`,
      fails: /the server rejected our request due to an error in our request/,
    },
    {
      run: `kubectl patch svc web --type=merge -p '{"spec":{"type":"Nope"}}'`,
      fails: /The Service "web" is invalid: spec.type: Unsupported value: "Nope"/,
    },
    {
      run: `kubectl patch svc web -p '{"spec":{"sessionAffinity":"ClientIP"}}' --dry-run=server -o jsonpath='{.spec.sessionAffinityConfig}'`,
      says: '{"clientIP":{"timeoutSeconds":10800}}',
    },
    {
      run: `kubectl patch deploy web --subresource=scale --type=merge -p '{"spec":{"replicas":1}}'`,
      says: /web patched$/,
    },
    {
      run: `kubectl patch svc web --subresource=status --type=merge -p '{"status":{"loadBalancer":{}}}'`,
      says: /web patched \(no change\)$/,
    },

    { run: 'kubectl label svc web a=b c=d', says: 'service/web labeled' },
    { run: 'kubectl label svc web a=c', fails: `'a' already has a value (b), and --overwrite is false` },
    { run: 'kubectl label svc web a=c --overwrite', says: 'service/web labeled' },
    { run: 'kubectl label svc web a-', says: 'service/web unlabeled' },
    { run: 'kubectl label svc --all all=1 && kubectl get svc -l all=1 -o name', says: /^service\/web$/m },
    { run: 'kubectl label svc web --list', says: /^c=d$/m },
    {
      run: `kubectl label svc web 'bad key=1'`,
      fails: /metadata.labels: Invalid value: "bad key": name part must consist/,
    },
    { run: 'kubectl annotate svc web note=1', says: /^service\/web annotated?$/ },
    { run: 'kubectl annotate svc web note-', says: /^service\/web annotated?$/ },
    { run: 'kubectl annotate svc web note=2 --resource-version=1', fails: /Conflict.*the object has been modified/ },

    { run: 'kubectl set image deploy/web host=other:2', says: 'deployment.apps/web image updated' },
    { run: 'kubectl set env deploy/web A=1 B=2', says: 'deployment.apps/web env updated' },
    { run: 'kubectl set env deploy/web A-', says: 'deployment.apps/web env updated' },
    { run: 'kubectl set env deploy/web --list', says: /^B=2$/m, omits: /A=1/ },
    {
      run: 'kubectl set resources deploy/web --limits=cpu=1,memory=1Gi --requests=cpu=100m',
      says: /resource requirements updated/,
    },
    { run: 'kubectl set serviceaccount deploy/web builder', says: 'deployment.apps/web serviceaccount updated' },
    { run: 'kubectl set selector svc web x=y', says: 'service/web selector updated' },
    {
      run: `kubectl get deploy web -o jsonpath='{${container}.image} {${container}.resources} {.spec.template.spec.serviceAccountName}'`,
      says: 'other:2 {"limits":{"cpu":"1","memory":"1Gi"},"requests":{"cpu":"100m"}} builder',
    },

    { run: 'kubectl scale deploy web --replicas=3 --current-replicas=7', fails: 'Expected replicas to be 7, was 1' },
    { run: 'kubectl scale deploy web --replicas=3 --current-replicas=1', says: 'deployment.apps/web scaled' },
    {
      run: 'kubectl scale deploy web --replicas=0 --resource-version=1',
      fails: /Expected resource version to be 1, was \d+/,
    },
    { run: 'kubectl scale deploy --all --replicas=0', says: 'deployment.apps/web scaled' },
    { run: `kubectl get deploy web -o jsonpath='{.spec.replicas}'`, says: '0' },
    { run: 'kubectl scale svc web --replicas=1', fails: 'the server could not find the requested resource' },

    {
      run: 'kubectl autoscale deploy web --min=1 --max=3 --cpu-percent=50',
      says: 'horizontalpodautoscaler.autoscaling/web autoscaled',
    },
    { run: 'kubectl get hpa web', says: /^web +Deployment\/web +(cpu: )?<unknown>\/50% +1 +3 +0 /m },
    {
      run: 'kubectl get horizontalpodautoscalers.v1.autoscaling web -o jsonpath={.spec.targetCPUUtilizationPercentage}',
      says: '50',
    },
    { run: 'kubectl describe hpa web', says: /^Min replicas: +1$/m },

    {
      run: 'kubectl expose deploy web --name=open --port=80 --target-port=http --type=NodePort --protocol=UDP',
      says: 'service/open exposed',
    },
    { run: 'kubectl expose svc open --name=again --port=82', says: 'service/again exposed' },
    { run: 'kubectl get svc again -o jsonpath={.spec.selector}', says: '{"app":"web"}' },
    { run: 'kubectl expose deploy web --name=again --port=80', fails: 'services "again" already exists' },
  ],
};
