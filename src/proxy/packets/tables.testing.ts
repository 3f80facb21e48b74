// What the specification says of packets for Services, written down from it (services.md D.3 to D.5, A.8) and not from the
// code. Everything is seen from one node: endpoints are here, on that node, or elsewhere.

/**
 * Which endpoints may be used, of all nodes (policy Cluster) and of this node (policy Local): services.md D.3.
 * "Ending" is terminating and still serving, "gone" terminating and not serving any more.
 */
export const poolTable = `
  endpoints                                                                    | of all nodes | of this node
  none                                                                         | nobody       | nobody
  ready here                                                                   | here         | here
  not ready here                                                               | nobody       | nobody
  ending here                                                                  | here         | here
  gone here                                                                    | nobody       | nobody
  ready elsewhere                                                              | elsewhere    | nobody
  not ready elsewhere                                                          | nobody       | nobody
  ending elsewhere                                                             | elsewhere    | nobody
  gone elsewhere                                                               | nobody       | nobody
  ready here, ready elsewhere                                                  | either       | here
  ready here, not ready elsewhere                                              | here         | here
  ready here, ending elsewhere                                                 | here         | here
  ready here, gone elsewhere                                                   | here         | here
  not ready here, ready elsewhere                                              | elsewhere    | nobody
  not ready here, not ready elsewhere                                          | nobody       | nobody
  not ready here, ending elsewhere                                             | elsewhere    | nobody
  not ready here, gone elsewhere                                               | nobody       | nobody
  ending here, ready elsewhere                                                 | elsewhere    | here
  ending here, not ready elsewhere                                             | here         | here
  ending here, ending elsewhere                                                | either       | here
  ending here, gone elsewhere                                                  | here         | here
  gone here, ready elsewhere                                                   | elsewhere    | nobody
  gone here, not ready elsewhere                                               | nobody       | nobody
  gone here, ending elsewhere                                                  | elsewhere    | nobody
  gone here, gone elsewhere                                                    | nobody       | nobody

  ready here for this zone, ready elsewhere for another zone                   | here         | here
  ready here for another zone, ready elsewhere for this zone                   | elsewhere    | here
  ready here for this zone, ready elsewhere for this zone                      | either       | here
  ready here for another zone, ready elsewhere for another zone                | either       | here
  ready here for another zone, ready elsewhere                                 | either       | here
  ready here for another zone, not ready elsewhere                             | here         | here
  ready here for another zone, not ready elsewhere for this zone               | here         | here
  ready here for this zone, not ready elsewhere                                | here         | here
  not ready here, ready elsewhere for another zone                             | elsewhere    | nobody
  ending here, ready elsewhere for another zone                                | elsewhere    | here
  ending here for another zone, ending elsewhere for this zone                 | either       | here
  ready here for this node, ready elsewhere for another node                   | here         | here
  ready here for another node, ready elsewhere for this node                   | elsewhere    | here
  ready here for another node, ready elsewhere for another node                | either       | here
  ready here for another node, ready elsewhere                                 | either       | here
  ready here for this zone and another node, ready elsewhere for another zone and this node    | elsewhere | here
  ready here for this zone and another node, ready elsewhere for another zone and another node | here      | here
  ready here for this zone and another node, ready elsewhere for another zone                  | here      | here
`;

/**
 * What a caller gets, by the endpoints of all nodes and of this node: D.4 and D.5. An outer address is a node port, an
 * external IP or a load balancer's address. "As itself": the endpoint sees the caller's address; "as the node": one of the node's.
 * A pod elsewhere reaches this node only by a node port; it is no pod of this node, so for policy Local it is outside.
 */
export const answerTable = `
  who calls what                                     | nobody / nobody | here / here      | elsewhere / nobody    | elsewhere / here      | either / here
  a pod calls a cluster IP, policy Cluster           | refused         | here as itself   | elsewhere as itself   | elsewhere as itself   | either as itself
  the endpoint calls a cluster IP, policy Cluster    | refused         | here as the node | elsewhere as itself   | elsewhere as itself   | elsewhere as itself, here as the node
  the node calls a cluster IP, policy Cluster        | refused         | here as the node | elsewhere as the node | elsewhere as the node | either as the node
  a client outside calls a cluster IP, policy Cluster | refused        | here as the node | elsewhere as the node | elsewhere as the node | either as the node
  a pod elsewhere calls a cluster IP, policy Cluster | refused         | here as itself   | elsewhere as itself   | elsewhere as itself   | either as itself

  a pod calls a cluster IP, policy Local             | refused         | here as itself   | silence               | here as itself        | here as itself
  the endpoint calls a cluster IP, policy Local      | refused         | here as the node | silence               | here as the node      | here as the node
  the node calls a cluster IP, policy Local          | refused         | here as the node | silence               | here as the node      | here as the node
  a client outside calls a cluster IP, policy Local  | refused         | here as the node | silence               | here as the node      | here as the node
  a pod elsewhere calls a cluster IP, policy Local   | refused         | here as itself   | silence               | here as itself        | here as itself

  a pod calls an outer address, policy Cluster       | refused         | here as the node | elsewhere as the node | elsewhere as the node | either as the node
  the endpoint calls an outer address, policy Cluster | refused        | here as the node | elsewhere as the node | elsewhere as the node | either as the node
  the node calls an outer address, policy Cluster    | refused         | here as the node | elsewhere as the node | elsewhere as the node | either as the node
  a client outside calls an outer address, policy Cluster | refused    | here as the node | elsewhere as the node | elsewhere as the node | either as the node
  a pod elsewhere calls an outer address, policy Cluster | refused     | here as the node | elsewhere as the node | elsewhere as the node | either as the node

  a pod calls an outer address, policy Local         | refused         | here as itself   | elsewhere as itself   | elsewhere as itself   | either as itself
  the endpoint calls an outer address, policy Local  | refused         | here as the node | elsewhere as itself   | elsewhere as itself   | elsewhere as itself, here as the node
  the node calls an outer address, policy Local      | refused         | here as the node | elsewhere as the node | elsewhere as the node | either as the node
  a client outside calls an outer address, policy Local | refused      | here as itself   | silence               | here as itself        | here as itself
  a pod elsewhere calls an outer address, policy Local | refused       | here as itself   | silence               | here as itself        | here as itself
`;

/** How the above changes for cluster IPs when all is to be masqueraded, and when pods are not known, so that none is (D.5). */
export const maskingTable = `
  who calls a cluster IP   | all: here              | all: elsewhere        | none: here             | none: elsewhere
  a pod                    | here as the node       | elsewhere as the node | here as itself         | elsewhere as itself
  the endpoint             | here as the node       | elsewhere as the node | here as the node       | elsewhere as itself
  the node                 | here as the node       | elsewhere as the node | here as itself         | elsewhere as itself
  a client outside         | here as the node       | elsewhere as the node | here as itself         | elsewhere as itself
  a pod elsewhere          | here as the node       | elsewhere as the node | here as itself         | elsewhere as itself
`;

/**
 * What does not depend on endpoints (D.4 to D.6). The load balancers' Services have policy Cluster and an endpoint here. Of
 * "guarded" the source ranges allow the client outside, of "open to all" everybody, of "open to nodes" the node only, of
 * "open to others" somebody else; "proxied" has a load balancer that wants to see its traffic (ipMode Proxy).
 */
export const gateTable = `
  who calls what                                                  | gets
  a client outside calls the load balancer of guarded             | here as the node
  a client outside calls the load balancer of open to all         | here as the node
  a client outside calls the load balancer of open to nodes       | silence
  a client outside calls the load balancer of open to others      | silence
  a client outside calls the load balancer of proxied             | untouched
  a client outside calls the external IP of open to others        | here as the node
  a client outside calls the node port of open to others          | here as the node
  a client outside calls the cluster IP of open to others         | here as the node
  a pod calls the load balancer of guarded                        | silence
  a pod calls the load balancer of open to all                    | here as the node
  a pod calls the load balancer of proxied                        | untouched
  a pod calls the external IP of guarded                          | here as the node
  a pod calls the node port of guarded                            | here as the node
  a pod calls the cluster IP of guarded                           | here as itself
  the node calls the load balancer of guarded                     | silence
  the node calls the load balancer of open to nodes               | here as the node
  the node from the load balancer's address calls the load balancer of open to nodes | here as the node
  the node from the load balancer's address calls the load balancer of guarded       | silence
  the node calls the load balancer of proxied                     | untouched
  the node calls the cluster IP of guarded                        | here as the node

  a client outside calls an unused port of the cluster IP of guarded     | refused
  a pod calls an unused port of the cluster IP of guarded                | refused
  the node calls an unused port of the cluster IP of guarded             | refused
  a client outside calls a cluster IP that is not allocated              | silence
  a pod calls a cluster IP that is not allocated                         | silence
  the node calls a cluster IP that is not allocated                      | silence
  a pod calls an unused port of the load balancer of open to all         | untouched
  a client outside calls an unused port of the external IP of guarded    | untouched
  a client outside calls an unused port of the node                      | untouched
  a client outside calls the node port of guarded at the node's second address | untouched
  a pod calls the node port of guarded at another node                   | untouched
  the node calls the node port of guarded at loopback                    | untouched
  a pod calls a pod elsewhere                                            | untouched
`;
