// One change to one table: a list of operations that take effect together or not at all.

import {
  bodyOf,
  type Chain,
  type Element,
  elementText,
  type NamedSet,
  type NftObject,
  type TableRef,
  tableText,
  wordOf,
} from './objects.ts';

export type Operation =
  | { readonly verb: 'add'; readonly object: NftObject }
  | { readonly verb: 'delete' | 'flush'; readonly object: Chain | NamedSet }
  | { readonly verb: 'addTable' | 'deleteTable' }
  | { readonly verb: 'addElements' | 'deleteElements'; readonly set: string; readonly elements: readonly Element[] };

/** nft reads a command with this many elements in one piece; many more make its parser slow. */
const elementsPerCommand = 2000;

export class Transaction {
  readonly table: TableRef;
  readonly operations: Operation[] = [];

  constructor(table: TableRef) {
    this.table = table;
  }

  get isEmpty(): boolean {
    return this.operations.length === 0;
  }

  addTable(): void {
    this.operations.push({ verb: 'addTable' });
  }

  /** With everything in it. Fails when there is no such table. */
  deleteTable(): void {
    this.operations.push({ verb: 'deleteTable' });
  }

  /** A chain or set that is there already is left as it is; a rule is appended. */
  add(...objects: readonly NftObject[]): void {
    for (const object of objects) this.operations.push({ verb: 'add', object });
  }

  /** Fails when it is not there, or when something refers to it. */
  delete(object: Chain | NamedSet): void {
    this.operations.push({ verb: 'delete', object });
  }

  /** Takes the rules out of a chain, or the elements out of a set. */
  flush(object: Chain | NamedSet): void {
    this.operations.push({ verb: 'flush', object });
  }

  /** An element that is there already with the same value is left; with another value, that is an error. */
  addElements(set: string, elements: readonly Element[]): void {
    if (elements.length > 0) this.operations.push({ verb: 'addElements', set, elements });
  }

  /** By key; values are not looked at. Fails when one is not there. */
  deleteElements(set: string, elements: readonly Element[]): void {
    if (elements.length > 0) this.operations.push({ verb: 'deleteElements', set, elements });
  }

  /**
   * One after the other they do the same, and chains have their rules before elements go to them: in one transaction, a packet
   * on its way meets the new elements and finds the new chain without rules. A table that is replaced is replaced at once.
   */
  inSteps(): readonly Transaction[] {
    const at = this.operations.findIndex((operation) => 'elements' in operation);
    const [first, second] = [new Transaction(this.table), new Transaction(this.table)];
    first.operations.push(...this.operations.slice(0, at));
    second.operations.push(...this.operations.slice(at));
    const addsRules = first.operations.some(({ verb, ...rest }) => 'object' in rest && rest.object.kind === 'rule');
    const replaces = first.operations.some(({ verb }) => verb === 'deleteTable');
    return at > 0 && addsRules && !replaces ? [first, second] : [this];
  }

  /** As `nft -f` reads it. */
  toString(): string {
    const table = tableText(this.table);
    return this.operations.map((operation) => operationText(table, operation)).join('');
  }
}

export function operationText(table: string, operation: Operation): string {
  switch (operation.verb) {
    case 'addTable':
      return `add table ${table}\n`;
    case 'deleteTable':
      return `delete table ${table}\n`;
    case 'add': {
      const { object } = operation;
      return `add ${wordOf(object)} ${table} ${bodyOf(object)}\n`;
    }
    case 'delete':
    case 'flush':
      return `${operation.verb} ${wordOf(operation.object)} ${table} ${operation.object.name}\n`;
    case 'addElements':
    case 'deleteElements':
      return elementCommands(table, operation.verb, operation.set, operation.elements);
  }
}

function elementCommands(
  table: string,
  verb: 'addElements' | 'deleteElements',
  set: string,
  elements: readonly Element[],
): string {
  let text = '';
  for (let from = 0; from < elements.length; from += elementsPerCommand) {
    const some = elements.slice(from, from + elementsPerCommand);
    const bodies = verb === 'addElements' ? some.map(elementText) : some.map(({ key }) => key);
    text += `${verb === 'addElements' ? 'add' : 'delete'} element ${table} ${set} { ${bodies.join(', ')} }\n`;
  }
  return text;
}
