// Directive `log`: a line for each query, as the first rule says that is about its zone.

import type { Answered } from '../chain.ts';
import type { LogRule } from '../config/settings.ts';
import type { Request } from '../handler.ts';
import type { Observer } from '../observer.ts';
import { isWithin, type Name } from '../wire/index.ts';
import { type LineFormat, lineFormat } from './log-format.ts';
import type { Output } from './output.ts';
import { classOf } from './response-class.ts';

interface Rule {
  readonly zone: Name;
  readonly format: LineFormat;
  /** Undefined: all. */
  readonly classes: LogRule['classes'] | undefined;
}

export class QueryLog implements Observer {
  readonly #rules: readonly Rule[];
  readonly #output: Output;

  /** @param local the address at which the queries came. */
  constructor(rules: readonly LogRule[], output: Output, local: string) {
    this.#rules = rules.map(({ zone, format, classes }) => ({
      zone,
      format: lineFormat(format, local),
      classes: classes.has('all') ? undefined : classes,
    }));
    this.#output = output;
  }

  onAnswer(request: Request, { response }: Answered, ms: number): void {
    const rule = this.#rules.find(({ zone }) => isWithin(request.query.key, zone));
    if (!rule || (rule.classes && !rule.classes.has(classOf(request.query, response)))) return;
    this.#output.write(`[INFO] ${rule.format({ request, response, ms })}`);
  }
}
