// One request on its way through a verb: who asks for what, in which form, under which options (api.md §9).

import { type FieldError, invalid, type Kind, notSupported } from '#api/index.ts';
import type { HttpRequest } from '#lib/http.ts';
import type { User } from './authentication.ts';
import type { Checking, FieldValidation } from './body.ts';
import { negotiate, type Representation } from './negotiate.ts';
import { managerOfUserAgent, validateManager } from './ownership.ts';
import type { ResourceInfo } from './request.ts';
import { type Format, isPretty } from './respond.ts';

export interface Call {
  readonly request: HttpRequest;
  readonly query: URLSearchParams;
  readonly user: User;
  readonly at: ResourceInfo;
  readonly kind: Kind;
  readonly warnings: Warnings;
}

/** The texts of `Warning` headers: each once, and no more than clients are willing to read. */
export class Warnings {
  readonly #texts = new Set<string>();
  #size = 0;

  add(text: string): void {
    if (this.#size + text.length > 4096) return;
    if (!this.#texts.has(text)) this.#size += text.length;
    this.#texts.add(text);
  }

  headers(): Record<string, string> {
    const values = [...this.#texts].map((text) => `299 - "${escapeQuoted(text)}"`);
    return values.length > 0 ? { warning: values.join(', ') } : {};
  }
}

/** As a quoted string of RFC 9110 §5.6.4; what no header may hold becomes a question mark. */
const escapeQuoted = (text: string): string => text.replaceAll(/[^\x20-\x7e]/g, '?').replaceAll(/["\\]/g, '\\$&');

export const representationOf = (call: Call): Representation => negotiate(call.request.headers.accept);
export const formatOf = (call: Call, { media }: Representation): Format => ({
  media,
  pretty: isPretty(call.request, call.query),
});

export interface WriteOptions extends Checking {
  readonly dryRun: boolean;
  readonly fieldManager: string;
}

/** The options of a write, from the query. `kind` names them in errors: CreateOptions, UpdateOptions, PatchOptions. */
export function writeOptions(call: Call, kind: string): WriteOptions {
  const errors: FieldError[] = [];
  const dryRun = isDryRun(call.query.getAll('dryRun'), errors);
  const named = call.query.get('fieldManager');
  if (named) errors.push(...validateManager(named, 'fieldManager'));
  const fieldValidation = call.query.get('fieldValidation') || 'Warn';
  if (!isFieldValidation(fieldValidation)) {
    errors.push(notSupported('fieldValidation', fieldValidation, ['', ...fieldValidations]));
  }
  if (errors.length > 0) throw invalid({ group: 'meta.k8s.io', kind }, '', errors);
  return {
    dryRun,
    fieldManager: named || managerOfUserAgent(call.request.headers['user-agent']),
    fieldValidation: fieldValidation as FieldValidation,
    warn: (text) => call.warnings.add(text),
  };
}

/** Whether `dryRun=All` is asked for; anything else is an error, lest somebody's rehearsal be taken for earnest. */
export function isDryRun(values: readonly string[], errors: FieldError[]): boolean {
  const given = values.filter((value) => value !== '');
  const wrong = given.find((value) => value !== 'All');
  if (wrong !== undefined) errors.push(notSupported('dryRun', wrong, ['All']));
  return given.length > 0;
}

const fieldValidations: readonly FieldValidation[] = ['Ignore', 'Strict', 'Warn'];
const isFieldValidation = (text: string): boolean => fieldValidations.some((known) => known === text);
