/**
 * Access checks that run before the callback is read: source address and Basic credentials. Credentials are compared
 * over hashes of equal length, all of them every time, so that the duration reveals nothing.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { BlockList, isIP } from 'node:net';

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
function unmapIpv4(address: string): string {
  const plain = address.toLowerCase().startsWith('::ffff:') ? address.slice('::ffff:'.length) : address;
  return isIP(plain) === 4 ? plain : address;
}

export interface Credentials {
  readonly username: string;
  readonly password: string;
}

/** Gets the place of the accepted value that was given, in the list of accepted ones. */
type OnAccepted = (place: number) => void;

/** Creates a check whether the given pair is one of the accepted pairs, in constant time. */
export function createCredentialsCheck(
  accepted: readonly Credentials[],
  onAccepted: OnAccepted = () => undefined,
): (given: Credentials) => boolean {
  const hashes = accepted.map(hashCredentials);
  return (given) => {
    const givenHash = hashCredentials(given);
    let place = -1;
    for (const [index, hash] of hashes.entries()) place = timingSafeEqual(hash, givenHash) ? index : place;
    if (place !== -1) onAccepted(place);
    return place !== -1;
  };
}

/**
 * Hashes both parts together. Their own hashes have fixed lengths, so no character can move from one part to the other.
 */
function hashCredentials({ username, password }: Credentials): Buffer {
  return sha256(Buffer.concat([sha256(Buffer.from(username)), sha256(Buffer.from(password))]));
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
  return (password) => check({ username: '', password });
}
