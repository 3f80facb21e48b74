// The Status of a refused object, as clients read it (services.md §0.1).

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  duplicate,
  type FieldError,
  fieldErrorMessage,
  forbiddenField,
  invalid,
  invalidField,
  invalidValue,
  notSupported,
  required,
  tooLong,
} from './errors.ts';

const core = { group: '', kind: 'Service' };
const slice = { group: 'discovery.k8s.io', kind: 'EndpointSlice' };

test('each kind of error has its words, its reason, and shows its value or not', () => {
  const table: [FieldError, message: string, reason: string][] = [
    [required('f'), 'Required value', 'FieldValueRequired'],
    [required('f', 'why'), 'Required value: why', 'FieldValueRequired'],
    [invalidValue('f', 'x', 'why'), 'Invalid value: "x": why', 'FieldValueInvalid'],
    [invalidField('f', 'why'), 'Invalid value: why', 'FieldValueInvalid'],
    [{ type: 'TypeInvalid', field: 'f', value: 1, detail: 'why' }, 'Invalid value: 1: why', 'FieldValueTypeInvalid'],
    [duplicate('f', 'x'), 'Duplicate value: "x"', 'FieldValueDuplicate'],
    [
      notSupported('f', 'x', ['B', 'A']),
      'Unsupported value: "x": supported values: "A", "B"',
      'FieldValueNotSupported',
    ],
    [forbiddenField('f', 'why'), 'Forbidden: why', 'FieldValueForbidden'],
    [tooLong('f', 5), 'Too long: may not be more than 5 bytes', 'FieldValueTooLong'],
    [
      { type: 'TooMany', field: 'f', value: 3, detail: 'must have at most 2 items' },
      'Too many: 3: must have at most 2 items',
      'FieldValueTooMany',
    ],
    [{ type: 'NotFound', field: 'f', value: 'x' }, 'Not found: "x"', 'FieldValueNotFound'],
    [{ type: 'Internal', field: 'f', detail: 'why' }, 'Internal error: why', 'InternalError'],
  ];
  for (const [error, message, reason] of table) {
    const { details } = invalid(core, 'web', [error]);
    assert.deepEqual(details?.causes, [{ reason, message, field: 'f' }]);
  }
});

test('values are shown as Go shows them', () => {
  const table: [value: unknown, shown: string][] = [
    ['plain', '"plain"'],
    ['a "b" \\c', '"a \\"b\\" \\\\c"'],
    ['\u0007\b\f\n\r\t\v\u0001\u007f', '"\\a\\b\\f\\n\\r\\t\\v\\x01\\x7f"'],
    ['héllo <世界> 🙂', '"héllo <世界> 🙂"'],
    ['\u00a0\u200b\u{e0001}', '"\\u00a0\\u200b\\U000e0001"'],
    [8080, '8080'],
    [true, 'true'],
    [['10.0.0.1'], '["10.0.0.1"]'],
    [['<a>&'], '["\\u003ca\\u003e\\u0026"]'],
    [undefined, 'null'],
    [{ protocol: 'TCP', port: 80 }, '{"protocol":"TCP","port":80}'],
  ];
  for (const [value, shown] of table) {
    assert.equal(fieldErrorMessage(invalidValue('f', value, 'why')), `Invalid value: ${shown}: why`);
  }
});

test('one error stands alone, several in brackets, the same one only once; causes say it to kubectl', () => {
  const one = invalid(core, 'web', [required('spec.ports')]);
  assert.deepEqual(one.toStatus(), {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: 'Service "web" is invalid: spec.ports: Required value',
    reason: 'Invalid',
    details: {
      name: 'web',
      kind: 'Service',
      causes: [{ reason: 'FieldValueRequired', message: 'Required value', field: 'spec.ports' }],
    },
    code: 422,
  });
  const several = invalid(slice, 'web-1', [required('a'), required('b'), required('a')]);
  assert.equal(
    several.message,
    'EndpointSlice.discovery.k8s.io "web-1" is invalid: [a: Required value, b: Required value]',
  );
  assert.equal(several.details?.group, 'discovery.k8s.io');
});
