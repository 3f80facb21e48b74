import assert from 'node:assert/strict';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { CertificateAuthority } from './pki.ts';

test('issue() makes client and server certificates that OpenSSL accepts', async () => {
  const ca = await CertificateAuthority.create('portolan test');
  const root = new X509Certificate(ca.pair.cert);
  assert.equal(root.ca, true);
  const pair = await ca.issue({
    commonName: 'system:node:node-1',
    organizations: ['system:nodes', 'odd, group'],
    names: ['kubernetes.default.svc', '10.96.0.1'],
  });
  const leaf = new X509Certificate(pair.cert);
  assert.equal(leaf.verify(root.publicKey), true);
  assert.equal(leaf.checkIssued(root), true);
  assert.equal(leaf.checkPrivateKey(createPrivateKey(pair.key)), true);
  assert.match(leaf.subject, /O=system:nodes/);
  assert.match(leaf.subject, /CN=system:node:node-1/);
  assert.equal(leaf.subjectAltName, 'DNS:kubernetes.default.svc, IP Address:10.96.0.1');
});

test('open() keeps the authority between starts, its key readable by the owner alone', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'portolan-pki-'));
  try {
    const first = await CertificateAuthority.open(folder, 'portolan');
    const second = await CertificateAuthority.open(folder, 'portolan');
    assert.equal(second.pair.cert, first.pair.cert);
    const leaf = new X509Certificate((await second.issue({ commonName: 'admin' })).cert);
    assert.equal(leaf.verify(new X509Certificate(first.pair.cert).publicKey), true);
    assert.equal((await stat(join(folder, 'ca.key'))).mode & 0o777, 0o600);
  } finally {
    await rm(folder, { recursive: true });
  }
});
