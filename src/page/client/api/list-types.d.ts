/** What the status API says of actions, replays, dead letters, and callbacks that were turned away. */

export interface Action {
  at: string;
  action: string;
  by: string;
  detail: Record<string, unknown>;
}

export interface ReplayCount {
  id?: string;
  count: number;
  atLeast?: boolean;
  summary: string;
}

export interface Replay {
  id: string;
  state: 'running' | 'done' | 'stopped';
  count: number;
  atLeast?: boolean;
  replayed: number;
  failed: number;
  createdAt: string;
  finishedAt: string | null;
}

/** Of `GET /replays`. */
export interface ListedReplay extends Replay {
  by: string;
  filter: {
    state?: string;
    type?: string;
    paymentId?: string;
    orderReference?: string;
    provider?: string;
    from?: string;
    to?: string;
    reason?: string;
    ids?: number;
  };
}

export interface DeadLetterReason {
  reason: string;
  count: number;
  oldestAt: string;
  newestAt: string;
  example: string;
  types: Record<string, number>;
}

export interface DeadLetters {
  reasons: DeadLetterReason[];
  other: number;
  count: number;
  atLeast?: boolean;
}

export interface Rejection {
  paymentId: string;
  callback: string;
  firstSeenAt: string;
  lastSeenAt: string;
  count: number;
  nextTryAt: string | null;
  givesUpAt: string | null;
}

export interface Refusal {
  at: string;
  reason: string;
  callback: string | null;
  source: string | null;
}
