// What is done to nodes: cordon, taints, drain with evictions. The node is an object that nobody runs.

import type { Story } from '../story.ts';

const node =
  '{"apiVersion":"v1","kind":"Node","metadata":{"name":"node-\'$MINOR\'"},"status":{"allocatable":{"cpu":"4","memory":"8Gi"}}}';
const pod = (name: string) => `
apiVersion: v1
kind: Pod
metadata: {name: ${name}, labels: {app: ${name}}}
spec: {nodeName: NODE, terminationGracePeriodSeconds: 0, containers: [{name: c, image: host}]}
`;

export const tendingNodes: Story = {
  title: 'nodes: cordon, uncordon, taint, label, drain',
  files: { 'pods.yaml': [pod('one'), pod('two')].join('---') },
  steps: [
    { run: `echo '${node}' | kubectl create -f -`, says: /^node\/node-\d+ created$/ },
    { run: 'kubectl get node node-$MINOR -o wide', says: /^node-\d+ +\S+ +<none> +\d+s/m },
    { run: 'kubectl cordon node-$MINOR', says: /^node\/node-\d+ cordoned$/ },
    { run: 'kubectl cordon node-$MINOR', says: /^node\/node-\d+ already cordoned$/ },
    { run: 'kubectl get node node-$MINOR', says: /,SchedulingDisabled/ },
    { run: 'kubectl uncordon node-$MINOR', says: /^node\/node-\d+ uncordoned$/ },
    { run: 'kubectl taint node node-$MINOR key=value:NoSchedule', says: /^node\/node-\d+ tainted$/ },
    {
      run: 'kubectl taint node node-$MINOR key=value:NoSchedule',
      fails: /already has key taint\(s\) with same effect/,
    },
    { run: 'kubectl describe node node-$MINOR', says: /key=value:NoSchedule/ },
    { run: 'kubectl taint node node-$MINOR key:NoSchedule-', says: /^node\/node-\d+ untainted$/ },
    { run: 'kubectl taint node node-$MINOR key=value:Sometimes', fails: /invalid taint effect: Sometimes/ },
    {
      run: 'kubectl label node node-$MINOR node-role.kubernetes.io/worker= && kubectl get node node-$MINOR',
      says: / worker /,
    },
    { run: 'sed s/NODE/node-$MINOR/ pods.yaml | kubectl create -f -' },
    { run: 'kubectl describe node node-$MINOR', says: /^ +\S+ +two +0 \(0%\)/m },
    {
      run: 'kubectl drain node-$MINOR',
      fails: /cannot delete .*Pods that declare no controller|declare no controller \(use --force to override\)/,
    },
    { run: 'kubectl drain node-$MINOR --force --dry-run=server', says: /evicting pod|drained \(server dry run\)/ },
    { run: 'kubectl get pods -o name', says: 'pod/one\npod/two' },
    {
      run: 'kubectl drain node-$MINOR --force --timeout=20s',
      says: [/^evicting pod \S+\/one$/m, /^pod\/two evicted$/m, /^node\/node-\d+ drained$/m],
    },
    { run: 'kubectl get pods -o name', says: '' },
    { run: 'kubectl delete node node-$MINOR', says: /^node "node-\d+" deleted/ },
  ],
};
