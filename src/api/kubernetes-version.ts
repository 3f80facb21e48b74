// The version of Kubernetes whose API this is a part of: what servers, kubelets and probes say of themselves. Clients conclude from
// it which groups, fields and metrics there may be, and kubectl warns when its own is more than one minor version away. Nothing
// here that can be discovered is newer, though Services are checked and warned of as 1.36 does it.

export const kubernetesVersion = { major: '1', minor: '33' } as const;

/** What follows the plus is ours. Clients parse it as a semantic version. */
export const gitVersion = `v${kubernetesVersion.major}.${kubernetesVersion.minor}.0+portolan`;
