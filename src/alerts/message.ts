/** A message about an alert, as every format gets it. Pure. */
import type { Config } from '../config/settings.ts';
import { ALERTS, type Alert } from './alert.ts';
import type { Occasion } from './edges.ts';
import { timeOf } from './rule.ts';

/** What a message says of one alert. */
export interface AlertMessage {
  readonly alert: string;
  readonly severity: 'critical' | 'warning' | 'info';
  readonly state: 'firing' | 'resolved';
  /** Names the edge. */
  readonly id: string;
  readonly title: string;
  readonly message: string;
  readonly fix: string;
  readonly since: Date;
  readonly until: Date | null;
}

/** Where it comes from. */
export interface Origin {
  readonly environment: Config['RESURS_ENVIRONMENT'];
  /** The host of PUBLIC_URL, or the name of this program. */
  readonly service: string;
  /** Where people look what is the matter; null: that is not known here. Never with a token. */
  readonly page: string | null;
}

const SERVICE = 'resurs-callback-receiver';

/** Returns where messages of this service come from. */
export function originOf({
  RESURS_ENVIRONMENT,
  PUBLIC_URL,
  STATUS_URL,
}: Pick<Config, 'RESURS_ENVIRONMENT' | 'PUBLIC_URL' | 'STATUS_URL'>): Origin {
  return {
    environment: RESURS_ENVIRONMENT,
    service: URL.parse(PUBLIC_URL ?? '')?.host || SERVICE,
    page: STATUS_URL === null ? null : `${STATUS_URL}/ui/`,
  };
}

/** Returns the message about an edge. */
export function messageOf(alert: Alert, occasion: Occasion): AlertMessage {
  const { name, severity, state, edgeId: id, message, fix, since, until } = alert;
  const common = { alert: name, severity, state, id, since, until };
  const { title } = ALERTS[name];
  if (state === 'resolved') {
    return {
      ...common,
      title: `Over: ${title}`,
      message: `It lasted from ${timeOf(since)} to ${timeOf(until ?? since)}.`,
      fix: '',
    };
  }
  return { ...common, title: occasion === 'firing' ? title : `Still, ${occasion}: ${title}`, message, fix };
}

/** Returns the message of `alerts --test`. */
export function testMessage(id: string, { environment, service }: Origin, now: Date): AlertMessage {
  return {
    alert: 'test',
    severity: 'info',
    state: 'firing',
    id,
    title: 'Test',
    message: `This is a test of the alerts of ${service} (${environment}). Nothing is wrong.`,
    fix: '',
    since: now,
    until: null,
  };
}

/** One line with everything that a person needs. */
export function lineOf(one: AlertMessage, { environment, service }: Origin): string {
  const label = one.state === 'resolved' ? 'RESOLVED' : one.severity.toUpperCase();
  return [`[${label}]`, `${service} (${environment}):`, `${one.title}.`, one.message, one.fix].join(' ').trim();
}

/** Cuts a text to `max` UTF-16 units, without half a character. */
export function cut(text: string, max: number): string {
  return text.length <= max
    ? text
    : `${text
        .slice(0, max - 1)
        .toWellFormed()
        .replace(/\uFFFD$/, '')}…`;
}
