/** What `GET /status` says of the service that its settings decide: which one it is, and what it is connected with. */
import { Type } from 'typebox';
import { originOf } from '../alerts/message.ts';
import { usesEcom } from '../config/ecom-use.ts';
import type { Config } from '../config/settings.ts';
import { maskUrl } from '../config/types/urls.ts';
import { NullableText } from './response-types.ts';

/** What the settings say. */
export interface About {
  readonly environment: Config['RESURS_ENVIRONMENT'];
  readonly service: string;
  readonly interfaces: { readonly ecom: boolean; readonly merchantApi: boolean };
  readonly webhookUrl: string | null;
  readonly snapshot: boolean;
}

/** Describes the service by its settings. */
export function aboutService(config: Config): About {
  const { MAPI_CALLBACK_PATHS: mapi, WEBHOOK_URL: webhookUrl } = config;
  const { environment, service } = originOf(config);
  return {
    environment,
    service,
    interfaces: { ecom: usesEcom((name) => config[name] !== null), merchantApi: mapi !== null },
    webhookUrl: webhookUrl === null ? null : maskUrl(webhookUrl),
    snapshot: config.RESURS_USERNAME !== null || config.MAPI_CLIENT_ID !== null,
  };
}

/** The members as schemas. */
export const aboutMembers = {
  environment: Type.Enum(['test', 'production'], { description: 'RESURS_ENVIRONMENT' }),
  service: Type.String({ description: 'The host of PUBLIC_URL, or the name of this program' }),
  interfaces: Type.Object(
    { ecom: Type.Boolean(), merchantApi: Type.Boolean() },
    {
      description:
        'The APIs of Resurs that are in use. Beside the Merchant API, eCom is where an account of it or a fixed salt is set',
    },
  ),
  webhookUrl: Type.Unsafe<string | null>({
    ...NullableText,
    description: 'WEBHOOK_URL, its query masked; null: not set',
  }),
  snapshot: Type.Boolean({ description: 'Whether an account is set with which Resurs can be asked for a payment' }),
};
