// The access log (api.md §2): what a line says, and what none may say.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createLogger } from '#lib/log.ts';
import { accessLog, shownUri } from './access-log.ts';
import { parseRequest } from './request.ts';

const access = (url: string) => ({
  method: 'GET',
  url,
  headers: { 'user-agent': 'kubectl/v1.33', 'audit-id': 'abc' },
  info: parseRequest('GET', url),
  client: () => '10.0.0.9:4711',
});

test('a line has the fields that upstream has', () => {
  const lines: string[] = [];
  const log = createLogger('apiserver', 'debug', (line) => lines.push(line));
  accessLog(log, access('/api/v1/pods?limit=500'))?.(200);
  assert.match(
    lines.join(''),
    /^\S+ DEBUG apiserver: HTTP verb=LIST URI="\/api\/v1\/pods\?limit=500" latency=\d+\.\d{3}ms userAgent=kubectl\/v1\.33 audit-ID=abc srcIP=10\.0\.0\.9:4711 resp=200\n$/,
  );
});

test('without the level nothing is put together', () => {
  const log = createLogger('apiserver', 'info', () => assert.fail('a line was written'));
  const client = () => assert.fail('the client was asked for');
  assert.equal(accessLog(log, { ...access('/livez'), client }), undefined);
});

describe('secrets', () => {
  const pod = '/api/v1/namespaces/d/pods/p';
  const cases: { url: string; want: string }[] = [
    { url: `${pod}/exec?command=login&command=hunter2`, want: `${pod}/exec?…` },
    { url: `${pod}/proxy/login?password=hunter2`, want: `${pod}/proxy/login?…` },
    { url: `${pod}/log?follow=true`, want: `${pod}/log?…` },
    { url: '/api?access_token=hunter2&x=1', want: '/api?access_token=…&x=1' },
    { url: '/api?a=1&Token=hunter2', want: '/api?a=1&Token=…' },
    { url: '/api/v1/pods?labelSelector=a%3Db', want: '/api/v1/pods?labelSelector=a%3Db' },
    { url: `/${'x'.repeat(5000)}`, want: `/${'x'.repeat(2047)}…` },
  ];
  for (const { url, want } of cases) {
    test(url.slice(0, 60), () => assert.equal(shownUri(url, parseRequest('GET', url)), want));
  }
});
