/**
 * Host names under which Resurs does not come: those that mean something only inside a network, and those of tunnel services,
 * which Resurs blocks. A list can only know what is known; that a name resolves and leads here is left to other checks.
 */

/** Never in the public DNS (RFC 6761, RFC 8375, ICANN's `internal`), or in wide use without ever having been delegated. */
const LOCAL_SUFFIXES = [
  'localhost',
  'localdomain',
  'local',
  'internal',
  'intranet',
  'private',
  'corp',
  'home',
  'lan',
  'home.arpa',
  'test',
  'invalid',
];

/** Services that lead from a public name to a developer's machine. Source of the rule: Resurs' FAQ. */
const TUNNEL_SUFFIXES = [
  'localtunnel.me',
  'loca.lt',
  'serveo.net',
  'serveousercontent.com',
  'trycloudflare.com',
  'localhost.run',
  'lhr.life',
  'lhr.rocks',
  'lhrtunnel.link',
  'pagekite.me',
  'telebit.io',
  'telebit.cloud',
  'bore.pub',
  'devtunnels.ms',
  'app.github.dev',
  'pinggy.io',
  'pinggy.link',
  'pinggy.online',
  'zrok.io',
  'loclx.io',
  'localxpose.io',
  'expose.dev',
  'sharedwithexpose.com',
  'tunnelmole.net',
  'tunnelmole.com',
  'tunnelto.dev',
  'packetriot.net',
  'pktriot.net',
  'playit.gg',
  'srv.us',
  'ts.net',
];

/** True for a name that only some networks know, one without a dot included. */
export function isLocalName(name: string): boolean {
  const plain = name.toLowerCase();
  return !plain.includes('.') || LOCAL_SUFFIXES.some((suffix) => endsIn(plain, suffix));
}

/** True for a name that a tunnel service gives out. ngrok has new domains every year, all of them called so. */
export function isTunnelName(name: string): boolean {
  const plain = name.toLowerCase();
  return /(?:^|\.)ngrok(?:-[a-z]+)?\.[a-z]+$/.test(plain) || TUNNEL_SUFFIXES.some((suffix) => endsIn(plain, suffix));
}

function endsIn(name: string, suffix: string): boolean {
  return name === suffix || name.endsWith(`.${suffix}`);
}
