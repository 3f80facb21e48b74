// What is asked of a server without changing it: versions, discovery, every form of `get`, raw paths.

import type { Story } from '../story.ts';

const objects = `
apiVersion: v1
kind: Service
metadata: {name: web, labels: {app: web, tier: front}}
spec: {selector: {app: web}, ports: [{port: 80}]}
---
apiVersion: v1
kind: Service
metadata: {name: outside, labels: {app: outside}}
spec: {type: ExternalName, externalName: example.com}
---
apiVersion: v1
kind: Service
metadata: {name: alone, labels: {app: alone}}
spec: {clusterIP: None, selector: {app: alone}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {app: web}}
spec:
  replicas: 0
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: c, image: host}]}
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: tick}
spec:
  schedule: "*/5 * * * *"
  jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: c, image: host}]}}}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {a: "1"}
---
apiVersion: v1
kind: Event
metadata: {name: web.1}
involvedObject: {apiVersion: v1, kind: Service, name: web, namespace: NAMESPACE}
type: Warning
reason: Tested
message: somebody looked
source: {component: test}
count: 3
`;

export const reading: Story = {
  title: 'reading: get in every form, discovery, raw paths, events',
  files: { 'objects.yaml': objects },
  steps: [
    { run: 'sed s/NAMESPACE/$NS/ objects.yaml | kubectl create -f -', says: /^event\/web.1 created$/m },
    // 1.27 wants to be asked for the short form.
    { run: 'kubectl version -o json', says: [/"serverVersion"/, /"gitVersion": "v1\.\d+\.\d+\+portolan"/] },
    {
      run: 'kubectl api-resources',
      says: [
        /^services +svc +v1 +true +Service$/m,
        /^deployments +deploy +apps\/v1 +true +Deployment$/m,
        /^endpointslices +discovery.k8s.io\/v1 +true +EndpointSlice$/m,
        /^horizontalpodautoscalers +hpa +autoscaling\/v2 +true +HorizontalPodAutoscaler$/m,
        /^ingressclasses +networking.k8s.io\/v1 +false +IngressClass$/m,
      ],
    },
    {
      run: 'kubectl api-resources --api-group=apps --namespaced -o name',
      says: /^statefulsets.apps$/m,
      omits: /services/,
    },
    { run: 'kubectl api-versions', says: [/^v1$/m, /^autoscaling\/v1$/m, /^autoscaling\/v2$/m, /^policy\/v1$/m] },
    {
      run: 'kubectl get all',
      says: [
        /^service\/web +ClusterIP +\d/m,
        /^deployment.apps\/web +0\/0/m,
        /^replicaset.apps\/web-/m,
        /^cronjob.batch\/tick /m,
      ],
    },
    {
      run: 'kubectl get svc',
      says: [
        /^NAME +TYPE +CLUSTER-IP +EXTERNAL-IP +PORT\(S\) +AGE$/m,
        /^outside +ExternalName +<none> +example.com +<none> +\d+s$/m,
      ],
    },
    { run: 'kubectl get svc -o wide', says: [/AGE +SELECTOR$/m, /^web +ClusterIP .* app=web$/m] },
    { run: 'kubectl get svc -A', says: [/^NAMESPACE +NAME/m, /^default +kubernetes +ClusterIP/m] },
    { run: 'kubectl get svc web -o yaml', says: [/^kind: Service$/m, /^ {2}clusterIPs:$/m], omits: /managedFields/ },
    { run: 'kubectl get svc web -o yaml --show-managed-fields', says: /manager: kubectl-create$/m },
    { run: 'kubectl get svc -o json', says: [/^ {4}"kind": "List"/m, /"name": "alone"/] },
    { run: 'kubectl get svc -o name', says: 'service/alone\nservice/outside\nservice/web' },
    { run: `kubectl get svc -o jsonpath='{.items[*].metadata.name}'`, says: 'alone outside web' },
    {
      run: `kubectl get svc -o jsonpath='{range .items[?(@.spec.clusterIP=="None")]}{.metadata.name}{end}'`,
      says: 'alone',
    },
    {
      run: `kubectl get svc -o go-template='{{range .items}}{{.metadata.name}} {{end}}'`,
      says: 'alone outside web',
    },
    {
      run: 'kubectl get svc -o custom-columns=NAME:.metadata.name,TO:.spec.externalName',
      says: /^NAME +TO\nalone +<none>\noutside +example.com\nweb +<none>$/m,
    },
    { run: 'kubectl get svc --sort-by=.metadata.creationTimestamp --no-headers', says: /^web /m, omits: /NAME/ },
    { run: 'kubectl get svc --sort-by="{.spec.type}" -o name', says: /service\/outside$/ },
    { run: 'kubectl get svc --chunk-size=1 -o name', says: 'service/alone\nservice/outside\nservice/web' },
    { run: 'kubectl get svc -L tier --show-kind --show-labels', says: /^service\/web .* front +app=web,tier=front$/m },
    { run: `kubectl get svc -l 'app in (web,alone),tier!=back' -o name`, says: 'service/alone\nservice/web' },
    { run: 'kubectl get svc -l tier -o name', says: 'service/web' },
    { run: 'kubectl get svc --field-selector metadata.name=web -o name', says: 'service/web' },
    {
      run: 'kubectl get svc,deploy,cm',
      says: [/^service\/web /m, /^deployment.apps\/web /m, /^configmap\/settings /m],
    },
    { run: 'kubectl get svc/web cm/settings', says: [/^service\/web /m, /^configmap\/settings +1 /m] },
    { run: 'kubectl get hpa.v1.autoscaling,hpa.v2.autoscaling', warns: /No resources found/ },
    { run: 'kubectl get deploy web --subresource=scale', says: /^NAME +DESIRED +AVAILABLE +AGE\nweb +0 +0 /m },
    {
      run: 'kubectl get cm settings -w --output-watch-events --request-timeout=2s',
      says: /^EVENT +NAME +DATA +AGE\nADDED +settings +1 /m,
    },
    {
      run: 'kubectl get cm -w -o name >seen & until grep -q settings seen; do sleep 0.1; done; kubectl create cm late && kubectl delete cm late; until [ $(grep -c late seen) = 2 ]; do sleep 0.1; done; kill $!; cat seen',
      says: /^configmap\/settings\nconfigmap\/late\nconfigmap\/late$/m,
    },
    { run: 'kubectl events', says: /Warning +Tested +Service\/web +somebody looked/ },
    { run: 'kubectl events --for svc/web --types=Warning', says: /Tested/ },
    {
      run: 'kubectl get events',
      says: /^LAST SEEN +TYPE +REASON +OBJECT +MESSAGE\n.*Warning +Tested +service\/web +somebody looked$/m,
    },
    { run: 'kubectl get events.events.k8s.io', says: /Tested +service\/web/ },
    { run: 'kubectl get --raw /readyz', says: 'ok' },
    {
      run: 'kubectl get --raw /api/v1/namespaces/$NS/configmaps/settings',
      says: /^\{"kind":"ConfigMap","apiVersion":"v1"/,
    },
    { run: 'kubectl cluster-info', says: /Kubernetes control plane.* is running at .*https:\/\/127.0.0.1:6443/ },
    { run: 'kubectl cluster-info dump --namespaces $NS', says: [/"kind": "ServiceList"/, /"kind": "NodeList"/] },
    {
      run: `kubectl proxy --port=0 >out & until [ -s out ]; do sleep 0.1; done; curl -s http://$(sed 's/.* on //' out)/api/v1/namespaces/$NS/services/web; kill $!`,
      says: /"kind": ?"Service"/,
    },
    { run: 'kubectl get svc nope --ignore-not-found', says: '' },
    { run: 'kubectl get svc nope', fails: 'Error from server (NotFound): services "nope" not found' },
    { run: 'kubectl get nothings', fails: `error: the server doesn't have a resource type "nothings"` },
    { run: 'kubectl get svc --field-selector spec.nope=1', fails: 'field label not supported: spec.nope' },
    { run: 'kubectl get pods', warns: /^No resources found in reading-\d+ namespace.$/m },
    { run: 'kubectl top pods', fails: 'error: Metrics API not available' },
  ],
};
