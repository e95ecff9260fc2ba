/**
 * Access checks that run before the callback is read: source address and Basic credentials. Credentials are compared
 * over hashes of equal length, all of them every time, so that the duration reveals nothing.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { BlockList, isIP } from 'node:net';
import type { CredentialBytes } from './basic-credentials.ts';

/** Creates a check whether an address is in the list of IPs and CIDRs. An invalid address is in no list. */
export function createSourceCheck(sources: readonly string[]): (address: string) => boolean {
  const list = new BlockList();
  for (const source of sources) addSource(list, source);
  return (address) => {
    const plain = unmapIpv4(address);
    // BlockList.check returns false for a malformed address instead of throwing, as an allow list needs.
    return list.check(plain, familyOf(plain));
  };
}

function addSource(list: BlockList, source: string): void {
  const [address = '', prefix] = source.split('/');
  if (prefix === undefined) list.addAddress(address, familyOf(address));
  else list.addSubnet(address, Number(prefix), familyOf(address));
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 6 ? 'ipv6' : 'ipv4';
}

/** A dual-stack socket shows IPv4 peers as `::ffff:192.0.2.1`. */
export function unmapIpv4(address: string): string {
  const plain = address.toLowerCase().startsWith('::ffff:') ? address.slice('::ffff:'.length) : address;
  return isIP(plain) === 4 ? plain : address;
}

export interface Credentials {
  readonly username: string;
  readonly password: string;
}

/** Gets the place of the accepted value that was given, in the list of accepted ones. */
type OnAccepted = (place: number) => void;

/**
 * Creates a check whether the given pair is one of the accepted pairs, written in UTF-8 or in ISO-8859-1, in constant
 * time.
 */
export function createCredentialsCheck(
  accepted: readonly Credentials[],
  onAccepted: OnAccepted = () => undefined,
): (given: CredentialBytes) => boolean {
  const hashes = accepted.flatMap((pair, place) =>
    encodingsOf(pair).map((encoded) => [place, hashCredentials(encoded)] as const),
  );
  return (given) => {
    const givenHash = hashCredentials(given);
    let found = -1;
    for (const [place, hash] of hashes) found = timingSafeEqual(hash, givenHash) ? place : found;
    if (found !== -1) onAccepted(found);
    return found !== -1;
  };
}

/** Returns the pair in UTF-8 and, if it is another one there, in ISO-8859-1. */
function encodingsOf({ username, password }: Credentials): CredentialBytes[] {
  const inEncoding = (encoding: 'utf8' | 'latin1') => {
    return { username: Buffer.from(username, encoding), password: Buffer.from(password, encoding) };
  };
  const isLatin1 = /[\x80-\xff]/.test(username + password) && !/[^\0-\xff]/.test(username + password);
  return isLatin1 ? [inEncoding('utf8'), inEncoding('latin1')] : [inEncoding('utf8')];
}

/**
 * Hashes both parts together. Their own hashes have fixed lengths, so no character can move from one part to the other.
 */
function hashCredentials({ username, password }: CredentialBytes): Buffer {
  return sha256(Buffer.concat([sha256(username), sha256(password)]));
}

function sha256(data: Buffer): Buffer {
  return createHash('sha256').update(data).digest();
}

/** Creates a check whether a bearer token is one of the accepted ones, in constant time. */
export function createTokenCheck(
  accepted: readonly string[],
  onAccepted: OnAccepted = () => undefined,
): (given: string) => boolean {
  const check = createCredentialsCheck(
    accepted.map((password) => ({ username: '', password })),
    onAccepted,
  );
  return (token) => check({ username: Buffer.alloc(0), password: Buffer.from(token) });
}
