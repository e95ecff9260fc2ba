/**
 * Certificates for tests, made in memory: a root, an intermediate below it, and leaves for any name and time. The root
 * is what a test puts where the publicly trusted authorities would be.
 */
import 'reflect-metadata';
import { type webcrypto as crypto, webcrypto } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import * as path from 'node:path';
import type { TestContext } from 'node:test';
import * as x509 from '@peculiar/x509';
import { makeFolder } from './embedded.ts';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const DAY_MS = 86_400_000;

/** A certificate and its key, as node:tls accepts them. */
export interface KeyPair {
  /** The leaf, followed by the intermediate unless that was left out. */
  readonly cert: string;
  readonly key: string;
}

export interface LeafOptions {
  /** Days from now; may be negative. */
  readonly fromDays?: number;
  readonly untilDays?: number;
  /** False: the server sends the leaf alone, the most common mistake. */
  readonly withIntermediate?: boolean;
}

export interface Authority {
  /** PEM of the root. */
  readonly root: string;
  issue(name: string, options?: LeafOptions): Promise<KeyPair>;
}

/** Makes a root with an intermediate that signs the leaves. */
export async function makeAuthority(name = 'Test Authority'): Promise<Authority> {
  const root = await makeIssuer(`CN=${name} Root`, null);
  const intermediate = await makeIssuer(`CN=${name} Intermediate`, root);
  return {
    root: pemOf(root.certificate),
    async issue(leafName, { fromDays = -1, untilDays = 90, withIntermediate = true } = {}) {
      const keys = await makeKeys();
      const leaf = await makeLeaf(leafName, { keys, issuer: intermediate, fromDays, untilDays });
      const chain = withIntermediate ? [leaf, intermediate.certificate] : [leaf];
      return { cert: chain.map(pemOf).join(''), key: await keyPem(keys) };
    },
  };
}

/** Makes a self-signed certificate. */
export async function makeSelfSigned(name: string): Promise<KeyPair> {
  const keys = await makeKeys();
  const itself = { subject: `CN=${name}`, keys };
  const leaf = await makeLeaf(name, { keys, issuer: itself, fromDays: -1, untilDays: 90 });
  return { cert: pemOf(leaf), key: await keyPem(keys) };
}

/** Creates a self-signed certificate in files, which are removed after the test. Returns their paths. */
export async function writeSelfSigned(t: TestContext, name: string): Promise<KeyPair> {
  const folder = await makeFolder(t);
  const files = { cert: path.join(folder, 'cert.pem'), key: path.join(folder, 'key.pem') };
  const { cert, key } = await makeSelfSigned(name);
  await writeFile(files.cert, cert);
  await writeFile(files.key, key);
  return files;
}

interface Issuer {
  readonly subject: string;
  readonly keys: crypto.CryptoKeyPair;
}

async function makeIssuer(subject: string, parent: Issuer | null) {
  const keys = await makeKeys();
  const extensions = [
    new x509.BasicConstraintsExtension(true, undefined, true),
    new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
  ];
  const issuer = parent ?? { subject, keys };
  const certificate = await sign(subject, { keys, issuer, fromDays: -30, untilDays: 3_650 }, extensions);
  return { subject, keys, certificate };
}

interface CertificateOptions {
  readonly keys: crypto.CryptoKeyPair;
  readonly issuer: Issuer;
  readonly fromDays: number;
  readonly untilDays: number;
}

/** Node's own in the words of the package, which are the browser's where those are known as well (test/page). */
type GivenCrypto = Parameters<typeof x509.X509CertificateGenerator.create>[1];
type GivenKey = x509.X509CertificateCreateWithKeyParams['signingKey'];

function makeLeaf(name: string, options: CertificateOptions): Promise<x509.X509Certificate> {
  return sign(`CN=${name}`, options, [new x509.SubjectAlternativeNameExtension([{ type: 'dns', value: name }])]);
}

function sign(
  subject: string,
  { keys, issuer, fromDays, untilDays }: CertificateOptions,
  extensions: x509.Extension[],
) {
  return x509.X509CertificateGenerator.create(
    {
      serialNumber: webcrypto.getRandomValues(Buffer.alloc(8)).toString('hex').replace(/^./, '1'),
      subject,
      issuer: issuer.subject,
      notBefore: new Date(Date.now() + fromDays * DAY_MS),
      notAfter: new Date(Date.now() + untilDays * DAY_MS),
      signingAlgorithm: ALGORITHM,
      publicKey: keys.publicKey as GivenKey,
      signingKey: issuer.keys.privateKey as GivenKey,
      extensions,
    },
    webcrypto as GivenCrypto,
  );
}

function makeKeys(): Promise<crypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
}

function pemOf(certificate: x509.X509Certificate): string {
  return `${certificate.toString('pem')}\n`;
}

async function keyPem({ privateKey }: crypto.CryptoKeyPair): Promise<string> {
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', privateKey));
  return `-----BEGIN PRIVATE KEY-----\n${der.toString('base64')}\n-----END PRIVATE KEY-----\n`;
}
