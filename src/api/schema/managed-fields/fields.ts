// Sets of fields, and their algebra. A set is a trie, and the trie is its own JSON notation, FieldsV1: `{}` is a member
// without members below it, `.` marks a node with members below it as a member too. Sets are values: never changed once
// made, and what an operation leaves as it was is shared with its operand, so "unchanged" is `===`.
//
// Invariant: keys stand in the order of `compareElements`, so that equal sets have equal bytes.

import { compareElements, self } from './path-element.ts';

export type Fields = { readonly [element: string]: Fields };
type Building = { [element: string]: Fields };

/** Nothing at the root; below it, the node alone. */
export const none: Fields = Object.freeze({});
export const leaf: Fields = none;

export const isEmpty = (fields: Fields): boolean => {
  for (const _ in fields) return false;
  return true;
};
const isLeaf = isEmpty;
/** Whether the node is a member itself, whatever is below it. */
export const isMember = (node: Fields): boolean => self in node || isLeaf(node);
export const hasChildren = (node: Fields): boolean => {
  for (const element in node) if (element !== self) return true;
  return false;
};

/** A node below the root; undefined when there is nothing to it. */
function nodeOf(member: boolean, children: Fields): Fields | undefined {
  if (isEmpty(children)) return member ? leaf : undefined;
  return member ? { [self]: leaf, ...children } : children;
}

/** What is in either set. */
export function union(a: Fields, b: Fields): Fields {
  if (a === b || isEmpty(b)) return a;
  return isEmpty(a) ? b : unionBelow(a, b);
}

function unionBelow(a: Fields, b: Fields): Fields {
  let result: Building | undefined;
  for (const element in b) {
    const [before, other] = [a[element], b[element] as Fields];
    const joined = before ? unionNodes(before, other) : other;
    if (joined !== before) {
      result ??= { ...a };
      result[element] = joined;
    }
  }
  return result ? inOrder(result) : a;
}

function unionNodes(a: Fields, b: Fields): Fields {
  if (a === b) return a;
  if (isLeaf(a)) return isMember(b) ? b : { [self]: leaf, ...b };
  if (isLeaf(b)) return isMember(a) ? a : { [self]: leaf, ...a };
  return unionBelow(a, b);
}

/** What is in both sets. */
export function intersection(a: Fields, b: Fields): Fields {
  const result: Building = {};
  for (const element in a) {
    if (element === self) continue;
    const [node, other] = [a[element] as Fields, b[element]];
    if (!other) continue;
    const kept = nodeOf(isMember(node) && isMember(other), intersection(node, other));
    if (kept) result[element] = kept;
  }
  return result;
}

/** What is in `a` and not in `b`; members below a member of `b` stay. */
export const difference = (a: Fields, b: Fields): Fields => without(a, b, false);
/** What is in `a` and neither in `b` nor below a member of `b`. */
export const recursiveDifference = (a: Fields, b: Fields): Fields => without(a, b, true);

function without(a: Fields, b: Fields, recursive: boolean): Fields {
  if (a === b) return none;
  let result: Building | undefined;
  for (const element in b) {
    const [node, other] = [a[element], b[element] as Fields];
    if (element === self || !node) continue;
    const kept = recursive && isMember(other) ? undefined : withoutNode(node, other, recursive);
    if (kept === node) continue;
    result ??= { ...a };
    if (kept) result[element] = kept;
    else delete result[element];
  }
  return result ?? a;
}

function withoutNode(node: Fields, other: Fields, recursive: boolean): Fields | undefined {
  const member = isMember(node) && !isMember(other);
  const rest = without(node, other, recursive);
  if (rest === node && member === isMember(node)) return node;
  return nodeOf(member, childrenOf(rest));
}

function childrenOf(node: Fields): Fields {
  if (!(self in node)) return node;
  const { [self]: _self, ...children } = node;
  return children;
}

/** The members that have no members below them. */
export function leaves(fields: Fields): Fields {
  const result: Building = {};
  for (const element in fields) {
    if (element !== self) result[element] = leaves(fields[element] as Fields);
  }
  return result;
}

export function has(fields: Fields, path: readonly string[]): boolean {
  let node: Fields | undefined = fields;
  for (const element of path) node = node?.[element];
  return path.length > 0 && node !== undefined && isMember(node);
}

/** The set of the given paths. */
export function fieldsOfPaths(...paths: readonly (readonly string[])[]): Fields {
  const builder = new FieldsBuilder();
  for (const path of paths) builder.add(path, leaf);
  return builder.fields();
}

/** The members, each as a path: those of a node before what is below them. */
export function* pathsOf(fields: Fields, prefix: readonly string[] = []): Generator<string[]> {
  const elements = Object.keys(fields).filter((element) => element !== self);
  for (const element of elements) if (isMember(fields[element] as Fields)) yield [...prefix, element];
  for (const element of elements) {
    const node = fields[element] as Fields;
    if (hasChildren(node)) yield* pathsOf(node, [...prefix, element]);
  }
}

/** Puts nodes at paths, in any order. */
export class FieldsBuilder {
  readonly #root: Building = {};
  /** What may be changed in place: nodes that are given to it are shared. */
  readonly #own = new Set<Fields>([this.#root]);

  add(path: readonly string[], node: Fields): void {
    const last = path.at(-1);
    if (last === undefined) return;
    let at = this.#root;
    for (let depth = 0; depth < path.length - 1; depth++) at = this.#descend(at, path[depth] as string);
    at[last] = at[last] ? unionNodes(at[last], node) : node;
  }

  #descend(at: Building, element: string): Building {
    const next = at[element];
    if (next && this.#own.has(next)) return next;
    const own: Building = !next ? {} : isLeaf(next) ? { [self]: leaf } : { ...next };
    this.#own.add(own);
    at[element] = own;
    return own;
  }

  fields(): Fields {
    return isEmpty(this.#root) ? none : sorted(this.#root);
  }
}

/** With keys in order at every level; itself when they are. */
function sorted(fields: Fields): Fields {
  let changed: Building | undefined;
  for (const element in fields) {
    const node = fields[element] as Fields;
    const ordered = sorted(node);
    if (ordered === node) continue;
    changed ??= { ...fields };
    changed[element] = ordered;
  }
  return inOrder(changed ?? fields);
}

/** With its own keys in order. */
export function inOrder(fields: Fields): Fields {
  let previous: string | undefined;
  for (const element in fields) {
    if (previous !== undefined && compareElements(previous, element) > 0) {
      return Object.fromEntries(Object.entries(fields).sort(([a], [b]) => compareElements(a, b)));
    }
    previous = element;
  }
  return fields;
}
