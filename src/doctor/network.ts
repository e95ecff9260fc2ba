/** The checks that look at the way from Resurs to this receiver, by name. They know nothing of each other and may run side by side. */
import { checkAuthorization } from './authorization.ts';
import { checkCallbackPath } from './callback-path.ts';
import { checkCertificate } from './certificate.ts';
import type { CheckName, Finding } from './check.ts';
import { checkDns } from './dns.ts';
import { checkEscapes, type EscapesInput } from './escapes.ts';
import type { Outside } from './outside.ts';
import { checkPublicUrl } from './public-url.ts';
import { checkSources, type SourcesInput } from './sources.ts';
import { checkTls } from './tls.ts';
import { checkUserAgents } from './user-agents.ts';

/** What all of them need together. */
export type NetworkInput = EscapesInput & SourcesInput;

/** Each rejects only with the reason of `signal`, and takes 9 s at most. */
export type NetworkCheck = (input: NetworkInput, outside: Outside, signal: AbortSignal) => Promise<Finding>;

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
