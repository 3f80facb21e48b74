// `describe` and `explain`: what kubectl makes of several answers at once, and of the OpenAPI documents.

import type { Story } from '../story.ts';

const objects = `
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: door}
spec:
  ingressClassName: nginx
  tls: [{hosts: [example.com], secretName: cert}]
  rules: [{host: example.com, http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}}]
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: disk}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: shut}
spec: {podSelector: {matchLabels: {app: web}}, policyTypes: [Ingress]}
---
apiVersion: v1
kind: Secret
metadata: {name: key}
stringData: {user: me}
---
apiVersion: v1
kind: Pod
metadata: {name: waits}
spec: {containers: [{name: c, image: host, env: [{name: A, value: b}], resources: {requests: {cpu: 100m}}}]}
`;

export const explaining: Story = {
  title: 'explaining: describe of the common kinds, explain',
  files: { 'objects.yaml': objects },
  steps: [
    { run: 'kubectl create deployment web --image=nginx:1 --replicas=0 --port=80' },
    { run: 'kubectl expose deployment web --type=NodePort' },
    { run: 'kubectl create -f objects.yaml' },
    { run: 'kubectl wait --for=condition=Available deployment/web --timeout=20s' },
    {
      run: 'kubectl describe svc web',
      says: [
        /^Type: +NodePort$/m,
        /^IP: +10\.\d+\.\d+\.\d+$/m,
        /^NodePort: +<unset> +3\d{4}\/TCP$/m,
        /^Session Affinity: +None$/m,
      ],
    },
    {
      run: 'kubectl describe deployment web',
      says: [/^Replicas: +0 desired/m, /^ +Image: +nginx:1$/m, /^NewReplicaSet: +web-\w+ \(0\/0 replicas created\)$/m],
    },
    { run: 'kubectl describe rs', says: /^Controlled By: +Deployment\/web$/m },
    { run: 'kubectl describe pod waits', says: [/^Status: +Pending$/m, /^ {6}A: +b$/m, /^QoS Class: +Burstable$/m] },
    { run: 'kubectl describe ingress door', says: [/^ +cert terminates example.com$/m, /^ +\/ +web:80 /m] },
    { run: 'kubectl describe pvc disk', says: [/^Status: +Pending$/m, /^VolumeMode: +Filesystem$/m] },
    { run: 'kubectl describe netpol shut', says: /^ +PodSelector: +app=web$/m },
    { run: 'kubectl describe secret key', says: /^user: +2 bytes$/m },
    { run: 'kubectl describe endpointslices', says: /^AddressType: +IPv4$/m },
    { run: 'kubectl describe ns $NS', says: /^Status: +Active$/m },
    { run: 'kubectl describe sa default', says: /^Tokens: +<none>$/m },
    { run: 'kubectl explain svc', says: [/^KIND: +Service$/m, /^VERSION: +v1$/m, /spec\t<ServiceSpec>/] },
    {
      run: 'kubectl explain deployment.spec.template.spec.containers.env --recursive',
      says: [/valueFrom\t/, /fieldRef\t/],
    },
    { run: 'kubectl explain hpa --api-version=autoscaling/v1', says: /^VERSION: +v1$/m },
    { run: 'kubectl explain cronjob.spec.jobTemplate.spec', says: /completionMode\t/ },
    // Read from the protobuf form of OpenAPI v2.
    { run: 'kubectl explain svc.spec --output=plaintext-openapiv2', says: /sessionAffinity\t/ },
    { run: 'kubectl explain svc.nope', fails: /field "nope" does not exist/ },
    { run: 'kubectl explain nope', fails: /the server doesn't have a resource type "nope"|couldn't find resource/ },
  ],
};
