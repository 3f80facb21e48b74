// Whom the hostile packets are sent to.

/** What a server may do with a query, all at once. */
export const everything = `. {
  log
  errors
  prometheus 127.0.0.1:0
  loadbalance
  rewrite name suffix .corp.test. .default.svc.cluster.local. answer auto
  autopath @kubernetes
  cache
  nsid
  any
  chaos
  minimal
  local
  acl {
    block type AXFR net 10.0.0.0/8
  }
  transfer {
    to *
  }
  hosts /dev/null {
    192.0.2.1 own.test
    fallthrough
  }
  k8s_external ext.test
  kubernetes cluster.local in-addr.arpa ip6.arpa {
    pods verified
    fallthrough in-addr.arpa ip6.arpa
  }
  forward . 127.0.0.1:{$UPSTREAM}
}
`;

/** As most packets find it: nothing has to be waited for. */
export const clusterAlone = `cluster.local 10.96.0.0/12 10.244.0.0/16 fd00:96::/112 fd00:244::/64 {
  kubernetes {
    pods insecure
  }
  transfer {
    to *
  }
}
`;
