/** The tokens of the fake Merchant API: granted by client credentials (RFC 6749, 4.4), valid for a while. */
import { randomBytes } from 'node:crypto';
import type { ApiResponse } from '../protocol.ts';
import type { Quirks } from '../quirks.ts';
import { json } from './responses.ts';

/** The only client that is granted a token. */
export interface MapiClientCredentials {
  readonly clientId: string;
  readonly clientSecret: string;
}

export interface FakeTokens {
  /** Responds to a request for a token, whose body is a form. */
  grant(form: string, quirks: Pick<Quirks, 'scopes' | 'tokenSeconds'>): ApiResponse;
  /** Whether the header `Authorization` has a valid token. */
  isValid(authorization: string | undefined): boolean;
  /** Ends the token of the header before its time. */
  end(authorization: string | undefined): void;
}

/** Creates it without a token. */
export function createFakeTokens({ clientId, clientSecret }: MapiClientCredentials, now: () => number): FakeTokens {
  const endsAtMs = new Map<string, number>();
  return {
    grant(form, { scopes, tokenSeconds }) {
      const fields = new URLSearchParams(form);
      if (fields.get('grant_type') !== 'client_credentials') return refused(400, 'unsupported_grant_type');
      if (fields.get('client_id') !== clientId || fields.get('client_secret') !== clientSecret) {
        return refused(401, 'invalid_client');
      }
      if (!scopes.includes(fields.get('scope') ?? '')) return refused(400, 'invalid_scope');
      const token = randomBytes(24).toString('base64url');
      endsAtMs.set(token, now() + tokenSeconds * 1_000);
      return json(200, { access_token: token, token_type: 'Bearer', expires_in: tokenSeconds });
    },
    isValid: (authorization) => (endsAtMs.get(tokenIn(authorization)) ?? 0) > now(),
    end: (authorization) => void endsAtMs.delete(tokenIn(authorization)),
  };
}

/** The name of the scheme is case-insensitive (RFC 6750). */
function tokenIn(authorization: string | undefined): string {
  return /^bearer (.+)$/i.exec(authorization ?? '')?.[1] ?? '';
}

/** Errors of the token service have a form of their own. */
function refused(status: number, error: string): ApiResponse {
  return json(status, { error, error_description: `The request for a token is refused: ${error}` });
}
