/** The checks that look at the way from Resurs to this receiver, by name. They know nothing of each other and may run side by side. */
import type { CheckName, Finding } from './check.ts';
import { checkAuthorization } from './checks/authorization.ts';
import { checkCallbackPath } from './checks/callback-path.ts';
import { checkCertificate } from './checks/certificate.ts';
import { checkDns } from './checks/dns.ts';
import { checkEscapes, type EscapesInput } from './checks/escapes.ts';
import { checkPublicUrl } from './checks/public-url.ts';
import { checkSources, type SourcesInput } from './checks/sources.ts';
import { checkTls } from './checks/tls.ts';
import { checkUserAgents } from './checks/user-agents.ts';
import type { Internet } from './probe/internet.ts';

/** What all of them need together. */
export type NetworkInput = EscapesInput & SourcesInput;

/** Each rejects only with the reason of `signal`, and takes 9 s at most. */
export type NetworkCheck = (input: NetworkInput, outside: Internet, signal: AbortSignal) => Promise<Finding>;

export const NETWORK_CHECKS = {
  'public-url': checkPublicUrl,
  dns: checkDns,
  tls: checkTls,
  certificate: checkCertificate,
  'callback-path': checkCallbackPath,
  'user-agents': checkUserAgents,
  escapes: checkEscapes,
  authorization: checkAuthorization,
  sources: checkSources,
} as const satisfies Partial<Record<CheckName, NetworkCheck>>;
