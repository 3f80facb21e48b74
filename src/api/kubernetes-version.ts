// The version of Kubernetes whose API and behaviour this is: what servers, kubelets and probes say of themselves.

export const kubernetesVersion = { major: '1', minor: '33' } as const;

/** What follows the plus is ours. Clients parse it as a semantic version. */
export const gitVersion = `v${kubernetesVersion.major}.${kubernetesVersion.minor}.0+portolan`;
