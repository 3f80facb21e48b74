// Who may ask for what (directive `acl`): the first policy of a zone that fits the client and the type decides.

import { contains, parseAddress } from '#lib/cidr.ts';
import type { AclRules } from '../config/settings.ts';
import { type Handled, type Handler, type Request, silence } from '../handler.ts';
import { isWithin, nothing, Rcode, writeResponse } from '../wire/index.ts';

export class AclHandler implements Handler {
  readonly name = 'acl';
  readonly #rules: readonly AclRules[];

  constructor(rules: readonly AclRules[]) {
    this.#rules = rules;
  }

  handle(request: Request): Handled {
    const { query, limit, depth } = request;
    // What we look up ourselves is nobody's question.
    if (depth > 0) return undefined;
    switch (this.#actionOf(request)) {
      case 'block':
        return writeResponse(query, Rcode.REFUSED, 0, nothing, limit);
      case 'filter':
        return writeResponse(query, Rcode.NOERROR, 0, nothing, limit);
      case 'drop':
        return silence;
      default:
        return undefined;
    }
  }

  #actionOf({ query, client }: Request): AclRules['policies'][number]['action'] {
    const address = parseAddress(client.address);
    for (const { zones, policies } of this.#rules) {
      if (!zones.some((zone) => isWithin(query.key, zone))) continue;
      const policy = policies.find(
        ({ types, sources }) =>
          (!types || types.has(query.type)) &&
          (!sources || (address && sources.some((range) => contains(range, address)))),
      );
      if (policy) return policy.action;
    }
    return 'allow';
  }
}
