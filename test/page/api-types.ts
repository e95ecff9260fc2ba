/**
 * Compares src/page/client/api/types.d.ts with the API's own schemas: `npm run check` fails when the page expects what the
 * API does not answer. Only for the compiler; nothing here runs.
 */
import type { Static, TSchema } from 'typebox';
import type * as client from '../../src/page/client/api/types.d.ts';
import type { AccessResponse } from '../../src/status/access-route.ts';
import type { ActionsResponse } from '../../src/status/action-routes.ts';
import type { AlertsResponse } from '../../src/status/alert-routes.ts';
import type { DeadLettersResponse } from '../../src/status/dead-letter-routes.ts';
import type { EventDetailResponse, EventsResponse, PaymentResponse } from '../../src/status/event-responses.ts';
import type { EventWebhookResponse } from '../../src/status/event-webhook-route.ts';
import type { CountResponse, ReplayResponse, ReplaysResponse } from '../../src/status/replay-schemas.ts';
import type { RefusalsResponse, RejectionsResponse, StatusResponse } from '../../src/status/responses.ts';
import type { StatisticsResponse } from '../../src/status/statistics-routes.ts';

/** A value as it is in JSON. */
type Wire<Value> = Value extends Date
  ? string
  : Value extends readonly (infer Item)[]
    ? Wire<Item>[]
    : Value extends object
      ? { [Name in keyof Value]: Wire<Value[Name]> }
      : Value;

/** Where the page and the API differ, as paths; `never` where they do not. A schema without a type of its own fits any. */
type Differences<Page, Api, Path extends string> = unknown extends Api
  ? never
  :
      | (null extends Api ? (null extends Page ? never : `${Path} may be null`) : never)
      | (undefined extends Api ? (undefined extends Page ? never : `${Path} may be missing`) : never)
      | OfValues<NonNullable<Page>, NonNullable<Api>, Path>;

type OfValues<Page, Api, Path extends string> = unknown extends Page
  ? never
  : [Api, Page] extends [readonly (infer ApiItem)[], readonly (infer PageItem)[]]
    ? Differences<PageItem, ApiItem, `${Path}[]`>
    : [Api, Page] extends [object, object]
      ? OfMembers<Page, Api, Path>
      : [Api] extends [Page]
        ? never
        : Path;

type OfMembers<Page, Api, Path extends string> = {
  [Name in keyof Page & string]-?: Name extends keyof Api
    ? Differences<Page[Name], Api[Name], `${Path}.${Name}`>
    : string extends Name
      ? Differences<Page[Name], Api[keyof Api], `${Path}.*`>
      : `${Path}.${Name} is not in the API`;
}[keyof Page & string];

type Same<Page, Schema extends TSchema> = Differences<Page, Wire<Static<Schema>>, ''>;

/** Fails to compile with the name that differs. */
declare function assertSame<_Difference extends never>(): void;

export function assertTypes(): void {
  assertSame<Same<client.Status, typeof StatusResponse>>();
  assertSame<Same<client.Access, typeof AccessResponse>>();
  assertSame<Same<{ actions: client.Action[]; next: string | null }, typeof ActionsResponse>>();
  assertSame<Same<{ alerts: client.Alert[] }, typeof AlertsResponse>>();
  assertSame<Same<client.DeadLetters, typeof DeadLettersResponse>>();
  assertSame<Same<client.Events, typeof EventsResponse>>();
  assertSame<Same<client.EventDetail, typeof EventDetailResponse>>();
  assertSame<Same<client.Payment, typeof PaymentResponse>>();
  assertSame<Same<client.EventWebhook, typeof EventWebhookResponse>>();
  assertSame<Same<client.ReplayCount, typeof CountResponse>>();
  assertSame<Same<client.Replay, typeof ReplayResponse>>();
  assertSame<Same<{ replays: client.ListedReplay[] }, typeof ReplaysResponse>>();
  assertSame<Same<{ rejections: client.Rejection[] }, typeof RejectionsResponse>>();
  assertSame<Same<{ refusals: client.Refusal[] }, typeof RefusalsResponse>>();
  assertSame<Same<client.Statistics, typeof StatisticsResponse>>();
}
