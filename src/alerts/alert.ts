/** The alerts there are: their names, how severe each is, and its title for people. */

/** All alerts; those that cost orders first. */
export const ALERT_NAMES = [
  'webhook_down',
  'dead_letters',
  'silence',
  'reconciliation_failed',
  'password_expiring',
  'delivery_delayed',
  'heartbeat_failed',
  'missed_callbacks',
  'registration_drift',
  'certificate_expiring',
] as const;
export type AlertName = (typeof ALERT_NAMES)[number];

export type Severity = 'critical' | 'warning';

/** What an alert is for people, and how severe. */
export const ALERTS: Readonly<Record<AlertName, { readonly severity: Severity; readonly title: string }>> = {
  webhook_down: { severity: 'critical', title: "The shop's webhook does not accept events" },
  dead_letters: { severity: 'critical', title: 'Events for the shop were given up' },
  silence: { severity: 'critical', title: 'No callbacks come from Resurs' },
  reconciliation_failed: { severity: 'critical', title: 'Missed callbacks cannot be looked for' },
  password_expiring: { severity: 'critical', title: 'The password at Resurs expires soon' },
  delivery_delayed: { severity: 'warning', title: 'Events for the shop are late' },
  heartbeat_failed: { severity: 'warning', title: 'Test callbacks do not arrive' },
  missed_callbacks: { severity: 'warning', title: 'Callbacks of payments were missed' },
  registration_drift: { severity: 'warning', title: 'Resurs would call another address' },
  certificate_expiring: { severity: 'warning', title: 'The certificate needs attention' },
};

/** An alert as it stands: one row of the table `alerts`. */
export interface Alert {
  readonly name: AlertName;
  /** Names the edge: this time that it fires, until it has resolved and stays so. */
  readonly edgeId: string;
  readonly state: 'firing' | 'resolved';
  readonly severity: Severity;
  readonly since: Date;
  /** Null while it fires. */
  readonly until: Date | null;
  readonly lastTrueAt: Date;
  /** When the last message of the edge was due; before `since`: it fires again, and no message has said so yet. */
  readonly postedAt: Date;
  readonly message: string;
  readonly fix: string;
}
