// Who owns whom in the whole cluster, by metadata alone (api.md §11). Pure bookkeeping, no I/O.

import type { KubeObject, OwnerReference, ResourceRef } from '#api/index.ts';

export interface GraphNode {
  readonly ref: ResourceRef;
  readonly metadata: KubeObject['metadata'];
}

export class OwnerGraph {
  readonly #nodes = new Map<string, GraphNode>();
  /** By the owner's uid, which need not be known. */
  readonly #dependents = new Map<string, Set<string>>();

  get(uid: string): GraphNode | undefined {
    return this.#nodes.get(uid);
  }

  put(node: GraphNode): void {
    const uid = node.metadata.uid ?? '';
    const before = this.#nodes.get(uid);
    this.#nodes.set(uid, node);
    for (const owner of ownersOf(before)) this.#unlink(owner.uid, uid);
    for (const owner of ownersOf(node)) this.#link(owner.uid, uid);
  }

  remove(uid: string): void {
    for (const owner of ownersOf(this.#nodes.get(uid))) this.#unlink(owner.uid, uid);
    this.#nodes.delete(uid);
  }

  dependentsOf(uid: string): GraphNode[] {
    const uids = [...(this.#dependents.get(uid) ?? [])];
    return uids.map((each) => this.#nodes.get(each)).filter((node) => node !== undefined);
  }

  #link(owner: string, uid: string): void {
    const found = this.#dependents.get(owner);
    if (found) found.add(uid);
    else this.#dependents.set(owner, new Set([uid]));
  }

  #unlink(owner: string, uid: string): void {
    const found = this.#dependents.get(owner);
    found?.delete(uid);
    if (found?.size === 0) this.#dependents.delete(owner);
  }
}

export const ownersOf = (node: GraphNode | undefined): OwnerReference[] => node?.metadata.ownerReferences ?? [];
