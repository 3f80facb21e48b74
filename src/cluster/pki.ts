// The cluster's private certificate authority and the certificates that its processes show each other. ECDSA P-256,
// made at the first start of a cluster and kept with its data, readable by root alone.

// The X.509 library resolves its parts by decorators, which need this in place first.
import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';
import * as x509 from '@peculiar/x509';
import { UserError } from '#lib/user-error.ts';

/** PEM texts. */
export interface KeyPair {
  readonly key: string;
  readonly cert: string;
}

export interface Subject {
  /** CN: the user name, or a server's name. */
  readonly commonName: string;
  /** O: the user's groups. */
  readonly organizations?: readonly string[];
  /** DNS names and IP addresses that a server answers to; none for a client certificate. */
  readonly names?: readonly string[];
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const day = 86_400_000;
// A machine's clock may jump back a little after a resume or a time sync.
const backdated = () => new Date(Date.now() - day / 24);
const escapeName = (text: string): string => text.replaceAll(/[\\,+"<>;=#]/g, (char) => `\\${char}`);
const subjectOf = ({ commonName, organizations = [] }: Subject): string =>
  [...organizations.map((name) => `O=${escapeName(name)}`), `CN=${escapeName(commonName)}`].join(', ');
const serial = (): string =>
  Buffer.from(webcrypto.getRandomValues(new Uint8Array(8)))
    .toString('hex')
    .replace(/^[89a-f]/, '7');
const generateKeys = () => webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
const privatePem = async (key: webcrypto.CryptoKey): Promise<string> =>
  x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY');

export class CertificateAuthority {
  readonly pair: KeyPair;
  readonly #certificate: x509.X509Certificate;
  readonly #key: webcrypto.CryptoKey;

  private constructor(pair: KeyPair, key: webcrypto.CryptoKey) {
    this.pair = pair;
    this.#certificate = new x509.X509Certificate(pair.cert);
    this.#key = key;
  }

  static async create(commonName: string): Promise<CertificateAuthority> {
    const keys = await generateKeys();
    const certificate = await x509.X509CertificateGenerator.createSelfSigned({
      serialNumber: serial(),
      name: `CN=${escapeName(commonName)}`,
      notBefore: backdated(),
      notAfter: new Date(Date.now() + 3650 * day),
      signingAlgorithm: algorithm,
      keys,
      extensions: [
        new x509.BasicConstraintsExtension(true, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      ],
    });
    return new CertificateAuthority(
      { key: await privatePem(keys.privateKey), cert: certificate.toString('pem') },
      keys.privateKey,
    );
  }

  static async load(pair: KeyPair): Promise<CertificateAuthority> {
    const der = x509.PemConverter.decodeFirst(pair.key);
    return new CertificateAuthority(pair, await webcrypto.subtle.importKey('pkcs8', der, algorithm, false, ['sign']));
  }

  /** The authority kept in `folder`, made now if there is none. */
  static async open(folder: string, commonName: string): Promise<CertificateAuthority> {
    const [keyFile, certFile] = [join(folder, 'ca.key'), join(folder, 'ca.crt')];
    try {
      const [key, cert] = await Promise.all([readFile(keyFile, 'utf8'), readFile(certFile, 'utf8')]);
      return await CertificateAuthority.load({ key, cert });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
        throw new UserError(
          `Cannot use the certificate authority in ${folder}: ${(error as Error).message}. Put the folder back from a backup, ` +
            'or delete it: kubeconfig files of earlier runs are void then.',
          { cause: error },
        );
      }
    }
    const authority = await CertificateAuthority.create(commonName);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    // The certificate comes last, whole or not at all: without it there is no authority yet.
    await writeFile(keyFile, authority.pair.key, { mode: 0o600, flush: true });
    await writeFile(`${certFile}.new`, authority.pair.cert, { flush: true });
    await rename(`${certFile}.new`, certFile);
    return authority;
  }

  /** A certificate for a year, usable by clients and, when it has names, by servers. */
  async issue(subject: Subject): Promise<KeyPair> {
    const keys = await generateKeys();
    const names = (subject.names ?? []).map(
      (value) => ({ type: isIP(value) ? 'ip' : 'dns', value }) satisfies x509.JsonGeneralName,
    );
    const usages = [x509.ExtendedKeyUsage.clientAuth, ...(names.length > 0 ? [x509.ExtendedKeyUsage.serverAuth] : [])];
    const certificate = await x509.X509CertificateGenerator.create({
      serialNumber: serial(),
      issuer: this.#certificate.subject,
      subject: subjectOf(subject),
      notBefore: backdated(),
      notAfter: new Date(Date.now() + 365 * day),
      signingAlgorithm: algorithm,
      publicKey: keys.publicKey,
      signingKey: this.#key,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension(usages),
        ...(names.length > 0 ? [new x509.SubjectAlternativeNameExtension(names)] : []),
      ],
    });
    return { key: await privatePem(keys.privateKey), cert: certificate.toString('pem') };
  }
}
