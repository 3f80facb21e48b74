// What must be true of every answer, whatever was asked.

import assert from 'node:assert/strict';
import { parse as parseYaml } from 'yaml';
import type { Json } from '../in-process-suite.ts';
import type { FuzzRequest } from './requests-suite.ts';

export interface Heard {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

const reasons: Readonly<Record<number, readonly string[]>> = {
  400: ['BadRequest'],
  401: ['Unauthorized'],
  403: ['Forbidden'],
  404: ['NotFound'],
  405: ['MethodNotAllowed'],
  406: ['NotAcceptable'],
  409: ['AlreadyExists', 'Conflict'],
  410: ['Expired', 'Gone'],
  413: ['RequestEntityTooLarge'],
  415: ['UnsupportedMediaType'],
  422: ['Invalid'],
  429: ['TooManyRequests'],
  503: ['ServiceUnavailable'],
  504: ['Timeout'],
};
/** What is no fault of this server although it says 500, or better said so: upstream does. */
const allowedFailures: readonly RegExp[] = [
  /^resourceVersion should not be set on objects to be created$/,
  /^Internal error occurred: failed to allocate a (serviceIP|nodePort|HealthCheck NodePort): range is full$/,
  /^Internal error occurred: failed to allocate requested HealthCheck NodePort /,
  // Requests before it have left no ServiceCIDR that gives out addresses.
  /^Internal error occurred: allocator not ready$/,
  /^This pod has more than one PodDisruptionBudget/,
];
/** Of what runs into somebody else, who is not there. */
const connects = /\/(proxy|log|exec|attach|portforward)([/?]|$)/;
/** Words of JavaScript that no client should have to read. */
const rawErrors =
  /Cannot (read|set|convert|destructure)|is not (a function|iterable|defined)|undefined is|call stack|\[object |Invalid (array|string|time)| {4}at |\.ts:\d|Reduce of|RangeError|TypeError|ERR_[A-Z]/;
const warningHeader = /^299 - "(?:[^"\\]|\\.)*"(?:, 299 - "(?:[^"\\]|\\.)*")*$/;
const printable = /^[\x20-\x7e]*$/;

export function checkAnswer({ url, method }: FuzzRequest, { status, headers, text }: Heard): void {
  assert.ok(status >= 200 && status < 600, `the status is ${status}`);
  const type = String(headers['content-type'] ?? '');
  const { warning } = headers;
  if (warning !== undefined) {
    const given = [warning].flat().join(', ');
    assert.match(given, printable);
    assert.match(given, warningHeader);
  }
  const body = bodyOf(type, text);
  if (status < 400) return;
  const isConnect = connects.test(url);
  if (status >= 500 && !isConnect && status !== 504) {
    const message = (body as Json)?.message ?? text;
    assert.ok(
      allowedFailures.some((allowed) => allowed.test(message)),
      `the server takes it for a fault of its own: ${text.slice(0, 500)}`,
    );
    return;
  }
  if (type.startsWith('text/plain')) {
    if (!isConnect) assert.match(text, /^(404 page not found|405 method not allowed)\n$|check|^$/);
    return;
  }
  if (method === 'HEAD' && text === '') return;
  checkStatus(body, status);
}

function bodyOf(type: string, text: string): unknown {
  if (text === '') return undefined;
  if (type.startsWith('application/json')) return JSON.parse(text);
  return type.startsWith('application/yaml') ? parseYaml(text, { maxAliasCount: -1 }) : undefined;
}

export function checkStatus(body: Json, status: number): void {
  assert.ok(body && typeof body === 'object', 'the answer is no object');
  const { kind, apiVersion, status: outcome, code, reason, message, details } = body;
  assert.deepEqual(
    { kind, apiVersion, outcome, code },
    { kind: 'Status', apiVersion: 'v1', outcome: 'Failure', code: status },
  );
  assert.ok(typeof message === 'string' && message !== '', 'it has no message');
  assert.doesNotMatch(message, rawErrors);
  const known = reasons[status];
  if (known) assert.ok(known.includes(reason), `the reason of a ${status} is ${reason}`);
  else assert.ok(typeof reason === 'string' && reason !== '', `a ${status} without a reason`);
  if (status !== 422 || message === 'the server rejected our request due to an error in our request') return;
  assert.ok(Array.isArray(details?.causes) && details.causes.length > 0, 'an Invalid without causes');
  for (const cause of details.causes) {
    assert.ok(cause.reason && cause.message && typeof cause.field === 'string', JSON.stringify(cause));
    assert.doesNotMatch(cause.message, rawErrors);
  }
}

/** The objects that everything inherits from are as they were. */
export function checkPrototypes(): void {
  for (const prototype of [Object.prototype, Array.prototype, Function.prototype, String.prototype]) {
    assert.deepEqual(Object.keys(prototype), [], 'a prototype has been changed');
  }
  assert.equal(({} as Json).polluted, undefined);
}
