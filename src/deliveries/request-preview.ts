/** Shows an operator the request that the merchant gets, without a secret: it can be read, and not be sent as ours. */
import type { Config } from '../config/settings.ts';
import { MASK, maskUrl } from '../config/types/urls.ts';
import type { StoredEvent } from '../events/event.ts';
import { publicId } from '../events/public-id.ts';
import { renderPayload } from './payload.ts';
import { renderHeaders, userAgentOf } from './request-headers.ts';

export interface RequestPreview {
  readonly method: 'POST';
  /** Without query and userinfo; null when no webhook is configured. */
  readonly url: string | null;
  /** Signature and authorization are masked. */
  readonly headers: Readonly<Record<string, string>>;
  /** Exactly the text that is signed and sent. */
  readonly body: string;
}

/** One attempt. `timestamp` is in seconds. */
export interface PreviewedAttempt {
  readonly attempt: number;
  readonly timestamp: number;
}

export type PreviewRequest = (event: StoredEvent, attempt: PreviewedAttempt) => RequestPreview;

type PreviewSettings = Pick<
  Config,
  'WEBHOOK_URL' | 'WEBHOOK_SECRET_PREVIOUS' | 'WEBHOOK_AUTHORIZATION' | 'RESURS_ENVIRONMENT'
>;

/** Creates what renders requests by these settings. */
export function createRequestPreview(config: PreviewSettings, version: string): PreviewRequest {
  const { WEBHOOK_URL: url, WEBHOOK_SECRET_PREVIOUS: previous } = config;
  // One signature for each secret.
  const signature = previous === null ? `v1,${MASK}` : `v1,${MASK} v1,${MASK}`;
  const authorization = config.WEBHOOK_AUTHORIZATION === null ? null : MASK;
  const userAgent = userAgentOf(version);
  return (event, attempt) => ({
    method: 'POST',
    url: url === null ? null : maskUrl(url),
    headers: renderHeaders({ id: publicId(event.id), ...attempt, signature, userAgent, authorization }),
    body: renderPayload(event, config.RESURS_ENVIRONMENT).toString(),
  });
}
