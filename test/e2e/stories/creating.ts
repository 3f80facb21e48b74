// The generators of `kubectl create`, which send protobuf from 1.32 on, `run`, and files that are refused.

import type { Story } from '../story.ts';

const wrong = (spec: string) => `apiVersion: v1\nkind: Service\nmetadata: {name: wrong}\nspec: ${spec}\n`;

export const creating: Story = {
  title: 'creating: generators, dry run, what is refused',
  files: {
    'colour.yaml': wrong('{colour: red, ports: [{port: 80}]}'),
    'port.yaml': wrong('{ports: [{port: 70000}, {port: 0, name: b}]}'),
    'kind.yaml': 'apiVersion: v2\nkind: Service\nmetadata: {name: wrong}\n',
    'quota.yaml': 'apiVersion: v1\nkind: ResourceQuota\nmetadata: {name: q}\n',
    'generated.json': '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"generateName":"made-"}}',
    'key.txt': 'from a file\n',
  },
  steps: [
    {
      run: 'kubectl create deployment web --image=nginx:1 --replicas=0 --port=80',
      says: 'deployment.apps/web created',
    },
    {
      run: `kubectl get deploy web -o jsonpath='{.spec.replicas} {.spec.strategy.type} {.metadata.labels}'`,
      says: '0 RollingUpdate {"app":"web"}',
    },
    { run: 'kubectl create job once --image=host -- echo hi', says: 'job.batch/once created' },
    { run: `kubectl get job once -o jsonpath='{.spec.template.spec.containers[0].command}'`, says: '["echo","hi"]' },
    {
      run: `kubectl create cronjob tick --image=host --schedule='*/5 * * * *' -- date`,
      says: 'cronjob.batch/tick created',
    },
    { run: 'kubectl create job by-hand --from=cronjob/tick', says: 'job.batch/by-hand created' },
    {
      run: `kubectl get job by-hand -o jsonpath='{.metadata.ownerReferences[0].kind} {.metadata.annotations}'`,
      says: 'CronJob {"cronjob.kubernetes.io/instantiate":"manual"}',
    },
    {
      run: 'kubectl create configmap settings --from-literal=a=1 --from-file=key.txt',
      says: 'configmap/settings created',
    },
    { run: `kubectl get cm settings -o jsonpath='{.data}'`, says: '{"a":"1","key.txt":"from a file\\n"}' },
    { run: 'head -c 100 /dev/urandom >noise; kubectl create configmap noise --from-file=noise' },
    { run: 'kubectl get cm noise -o "go-template={{.binaryData.noise}}" | base64 -d | cmp - noise' },
    {
      run: 'kubectl create secret generic key --from-literal=user=me --type=example.com/own',
      says: 'secret/key created',
    },
    { run: `kubectl get secret key -o jsonpath='{.data.user} {.type}'`, says: 'bWU= example.com/own' },
    {
      run: 'kubectl create secret docker-registry registry --docker-server=example.com --docker-username=u --docker-password=p',
    },
    { run: 'kubectl get secret registry', says: /registry +kubernetes.io\/dockerconfigjson +1 / },
    { run: 'kubectl create service clusterip plain --tcp=80:8080', says: 'service/plain created' },
    { run: 'kubectl create service clusterip headless --clusterip=None --tcp=80', says: 'service/headless created' },
    { run: 'kubectl create service nodeport open --tcp=80:8080 --node-port=302$MINOR', says: 'service/open created' },
    { run: 'kubectl create service externalname outside --external-name=example.com', says: 'service/outside created' },
    { run: 'kubectl create service loadbalancer balanced --tcp=80:8080,443', says: 'service/balanced created' },
    {
      run: 'kubectl get svc',
      says: [
        /^balanced +LoadBalancer +10\S+ +<pending> +80:\d+\/TCP,443:\d+\/TCP /m,
        /^headless +ClusterIP +None /m,
        /^open +NodePort +10\S+ +<none> +80:302\d\d\/TCP /m,
      ],
    },
    {
      run: `kubectl create ingress door --class=nginx --rule='example.com/*=plain:80,tls=cert' --default-backend=plain:80 --annotation a=b`,
      says: 'ingress.networking.k8s.io/door created',
    },
    { run: 'kubectl get ingress', says: /^door +nginx +example.com +80, 443 /m },
    { run: 'kubectl create serviceaccount builder', says: 'serviceaccount/builder created' },
    {
      run: 'kubectl create pdb web --selector=app=web --min-available=50%',
      says: 'poddisruptionbudget.policy/web created',
    },
    { run: 'kubectl get pdb', says: /^web +50% +N\/A +0 /m },
    {
      run: 'kubectl run pod --image=host --env=A=b --labels=x=y --port=80 --restart=Never -- sleep 1',
      says: 'pod/pod created',
    },
    {
      run: `kubectl get pod pod -o jsonpath='{.spec.containers[0].args} {.metadata.labels}'`,
      says: '["sleep","1"] {"x":"y"}',
    },
    { run: 'kubectl run both --image=host --port=80 --expose', says: 'service/both created\npod/both created' },
    { run: 'kubectl create -f generated.json -o name', says: /^configmap\/made-\w{5}$/m },
    { run: 'kubectl create --raw /api/v1/namespaces/$NS/configmaps -f generated.json', says: /"name":"made-\w{5}"/ },
    {
      run: 'kubectl create deployment dry --image=host --dry-run=client -o yaml',
      says: [/^kind: Deployment$/m, /^status: {}$/m],
    },
    { run: 'kubectl create service clusterip dry --tcp=80 --dry-run=server -o yaml', says: /^ {2}clusterIP: 10\./m },
    { run: 'kubectl get deploy dry', fails: 'NotFound' },
    {
      run: 'kubectl create deployment web --image=host',
      fails: 'error: failed to create deployment: deployments.apps "web" already exists',
    },
    {
      run: 'kubectl create configmap Wrong',
      fails: /metadata.name: Invalid value: "Wrong": a lowercase RFC 1123 subdomain/,
    },
    { run: 'kubectl create -f colour.yaml', fails: 'strict decoding error: unknown field "spec.colour"' },
    {
      run: 'kubectl create -f colour.yaml --validate=warn --dry-run=server',
      warns: /Warning: unknown field "spec.colour"/,
    },
    {
      run: 'kubectl create -f colour.yaml --validate=ignore --dry-run=server',
      says: 'service/wrong created (server dry run)',
    },
    {
      run: 'kubectl create -f port.yaml',
      fails:
        /^The Service "wrong" is invalid: \n\* spec.ports\[0\].name: Required value\n\* spec.ports\[0\].port: Invalid value: 70000: must be/m,
    },
    { run: 'kubectl create -f kind.yaml', fails: 'no matches for kind "Service" in version "v2"' },
    { run: 'kubectl create -f quota.yaml', fails: 'no matches for kind "ResourceQuota" in version "v1"' },
    { run: 'kubectl create quota q --hard=pods=2', fails: 'the server could not find the requested resource' },
    { run: 'kubectl create cm x -n nowhere', fails: 'namespaces "nowhere" not found' },
  ],
};
