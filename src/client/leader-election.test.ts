// Who leads, against a real API server.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { leases } from '#api/index.ts';
import { ApiServer } from '#apiserver/index.ts';
import { createLogger } from '#lib/log.ts';
import { MemoryStore } from '#storage/index.ts';
import { Client } from './client.ts';
import { type LeaderElectionOptions, runAsLeader } from './leader-election.ts';

const log = createLogger('test', 'error');
let server: ApiServer;
before(async () => {
  server = new ApiServer({ store: new MemoryStore() }, { serviceCIDR: '10.96.0.0/12' });
  await server.start();
});
after(() => server.close());

const newClient = () => new Client(server.fetchAs({ name: 'admin', groups: ['system:masters'] }));

/** A competitor: resolves `leads` when it leads, `ended` with how it ended. */
function compete(name: string, identity: string, options: Partial<LeaderElectionOptions> = {}, client = newClient()) {
  const stop = new AbortController();
  const leads = Promise.withResolvers<void>();
  let stopped: AbortSignal | undefined;
  const ended = runAsLeader(
    client,
    { namespace: 'kube-system', name, identity, retryPeriodMs: 10, log, signal: stop.signal, ...options },
    async (signal) => {
      stopped = signal;
      leads.resolve();
    },
  );
  ended.catch(() => {});
  return { leads: leads.promise, ended, stop: () => stop.abort(), stopped: () => stopped?.aborted };
}

const holder = async (name: string) => (await newClient().resource(leases).get(name, 'kube-system')).spec;

test('one leads; when it goes it gives the lease up, and the next leads at once', async () => {
  const one = compete('a', 'one');
  await one.leads;
  const two = compete('a', 'two');
  const spec = await holder('a');
  assert.deepEqual([spec.holderIdentity, spec.leaseDurationSeconds, spec.leaseTransitions], ['one', 15, 0]);
  one.stop();
  await one.ended;
  assert.equal(one.stopped(), true);
  await two.leads;
  assert.deepEqual([(await holder('a')).holderIdentity, (await holder('a')).leaseTransitions], ['two', 1]);
  two.stop();
  await two.ended;
  assert.equal((await holder('a')).holderIdentity, '');
});

test('a leader that is silent is followed when its lease has run out, not before', async () => {
  const begin = performance.now();
  const renewTime = '2020-01-01T00:00:00.000000Z';
  await newClient()
    .resource(leases)
    .create({
      metadata: { name: 'b', namespace: 'kube-system' },
      spec: { holderIdentity: 'dead', leaseDurationSeconds: 1, renewTime },
    });
  const next = compete('b', 'next');
  await next.leads;
  assert.ok(performance.now() - begin >= 1000, 'the times in the lease are not what counts');
  next.stop();
  await next.ended;
});

test('whose lease another has taken leads no more, and says so', async () => {
  const one = compete('c', 'one');
  await one.leads;
  await newClient()
    .resource(leases)
    .patch('c', { spec: { holderIdentity: 'thief' } }, { namespace: 'kube-system', type: 'merge' });
  await assert.rejects(one.ended, /the lease c was lost: thief leads now/);
  assert.equal(one.stopped(), true);
  assert.equal((await holder('c')).holderIdentity, 'thief');
});

test('who cannot renew in time leads no more', async () => {
  let isCut = false;
  const fetch = server.fetchAs({ name: 'admin', groups: ['system:masters'] });
  const client = new Client(async (request) => {
    if (isCut) throw new Error('the cable is cut');
    return fetch(request);
  });
  const one = compete('d', 'one', { renewDeadlineMs: 50 }, client);
  await one.leads;
  isCut = true;
  await assert.rejects(one.ended, /could not be renewed for 50 ms: the cable is cut/);
  assert.equal(one.stopped(), true);
});
