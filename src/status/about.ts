/** What `GET /status` says of the service that its settings decide: which one it is, and what it is connected with. */
import { Type } from 'typebox';
import { originOf } from '../alerts/message.ts';
import type { Config } from '../config/settings.ts';
import { maskUrl } from '../config/types/urls.ts';
import { createDigestPolicy, type DigestSettings, isDigestRequired } from '../protocol/ecom/salts.ts';
import { NullableText } from './response-types.ts';

/** What the settings say. */
export interface About {
  readonly environment: Config['RESURS_ENVIRONMENT'];
  readonly service: string;
  readonly interfaces: { readonly ecom: boolean; readonly merchantApi: boolean };
  readonly webhookUrl: string | null;
  readonly snapshot: boolean;
}

type AboutSettings = DigestSettings &
  Pick<
    Config,
    | 'RESURS_ENVIRONMENT'
    | 'PUBLIC_URL'
    | 'STATUS_URL'
    | 'BASIC_AUTH_USERNAME'
    | 'MAPI_CALLBACK_PATHS'
    | 'WEBHOOK_URL'
    | 'RESURS_USERNAME'
    | 'MAPI_CLIENT_ID'
  >;

/** Describes the service by its settings. */
export function aboutService(config: AboutSettings): About {
  const { MAPI_CALLBACK_PATHS: mapi, WEBHOOK_URL: webhookUrl } = config;
  const { environment, service } = originOf(config);
  return {
    environment,
    service,
    interfaces: { ecom: mapi === null || authenticatesEcom(config), merchantApi: mapi !== null },
    webhookUrl: webhookUrl === null ? null : maskUrl(webhookUrl),
    snapshot: config.RESURS_USERNAME !== null || config.MAPI_CLIENT_ID !== null,
  };
}

/** CALLBACK_PATHS always has a path: beside the Merchant API, eCom is in use where its callbacks are authenticated. */
function authenticatesEcom(config: AboutSettings): boolean {
  return config.BASIC_AUTH_USERNAME !== null || isDigestRequired(createDigestPolicy(config));
}

/** The members as schemas. */
export const aboutMembers = {
  environment: Type.Enum(['test', 'production'], { description: 'RESURS_ENVIRONMENT' }),
  service: Type.String({ description: 'The host of PUBLIC_URL, or the name of this program' }),
  interfaces: Type.Object(
    { ecom: Type.Boolean(), merchantApi: Type.Boolean() },
    { description: 'The APIs of Resurs whose callbacks are taken here' },
  ),
  webhookUrl: Type.Unsafe<string | null>({
    ...NullableText,
    description: 'WEBHOOK_URL, its query masked; null: not set',
  }),
  snapshot: Type.Boolean({ description: 'Whether an account is set with which Resurs can be asked for a payment' }),
};
