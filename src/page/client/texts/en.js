/** The texts of the page in English. Functions take what a sentence is about. */

/**
 * @typedef {typeof en} Texts
 * @typedef {{ readonly count: number, readonly text: string }} Said A number, and how it is written.
 */

export const en = {
  title: 'Resurs callbacks',
  nav: {
    label: 'Views',
    skip: 'Skip to the content',
    overview: 'Overview',
    deliveries: 'Deliveries',
    'dead-letters': 'Dead letters',
    replays: 'Replays',
    actions: 'Actions',
    'turned-away': 'Turned away',
    simulated: 'Simulate',
  },
  search: {
    label: 'Payment or order',
    placeholder: 'Payment or order',
    hint: 'Press / to search from anywhere',
    submit: 'Search',
  },
  signIn: {
    heading: 'Sign in',
    intro: 'The status token of this service opens the page. It is kept in this tab alone.',
    username: 'Service',
    token: 'Status token',
    operator: 'Your name',
    operatorHint: 'Optional: shown under Actions beside what you change.',
    submit: 'Sign in',
    checking: 'Checking …',
    empty: 'Enter the token.',
    wrong: 'This token is not valid. It is the value of STATUS_TOKEN or STATUS_READ_TOKEN.',
    slowed: (/** @type {string} */ wait) => `Too many wrong tokens came from your address. Wait ${wait} and try again.`,
    unreachable: 'The service does not answer. Check your connection and that the service runs.',
    failed: (/** @type {number} */ status) => `The service answered ${status}. Its log says why.`,
    gone: 'The token is no longer valid. Sign in again; this view is kept.',
    out: 'Sign out',
  },
  environment: { test: 'Test', production: 'Production' },
  readOnly: 'Read only',
  refresh: {
    updated: 'Updated',
    never: 'Not yet updated',
    pause: 'Pause updates',
    resume: 'Resume updates',
    paused: 'Updates are paused',
    now: 'Update now',
    lost: (/** @type {string} */ since) =>
      `The service has not answered since ${since}. What you see is from then. It is asked again every 10 seconds.`,
    database: 'The database cannot be queried now. What you see is the last answer.',
  },
  settings: { language: 'Language', theme: 'Colours', auto: 'As the system', light: 'Light', dark: 'Dark' },
  common: {
    loading: 'Loading …',
    copy: 'Copy',
    copied: 'Copied',
    notCopied: 'Not copied: select the text and copy it yourself',
    showAll: (/** @type {string} */ size) => `Show all (${size})`,
    cut: (/** @type {string} */ size) => `Cut at ${size}`,
    more: 'Show more',
    none: 'None',
    close: 'Close',
    cancel: 'Cancel',
    failed: (/** @type {string} */ message) => `The service refused: ${message}`,
    unreachable: 'The service did not answer. Nothing is known of the outcome; look again before you repeat it.',
    notAllowed: 'Your token may only read.',
    at: 'Time',
    export: 'Export',
    exportHint: (/** @type {string} */ count) => `Up to ${count} rows of this list`,
    exporting: (/** @type {string} */ count) => `${count} rows …`,
    exportCut: (/** @type {string} */ count) => `The first ${count} rows`,
  },
  states: {
    held: 'Held',
    pending: 'Waiting',
    delivering: 'Being sent',
    delivered: 'Delivered',
    dead_letter: 'Given up',
    none: 'Not forwarded',
  },
  stateHints: {
    held: 'Stored; no webhook is configured',
    pending: 'Waits for its next try',
    delivering: 'Is being sent to the shop now',
    delivered: 'The shop has it',
    dead_letter: 'Every try failed; replay it to try again',
    none: 'This kind of event is not sent to the shop',
  },
  overview: {
    heading: 'Overview',
    verdict: 'How it is going',
    kinds: { good: 'Good', warning: 'Look at this', bad: 'Problem' },
    health: {
      allWell: (/** @type {string} */ last, /** @type {Said} */ waiting, /** @type {string | null} */ next) =>
        waiting.count === 0
          ? `All well: last callback ${last}, nothing waits.`
          : `All well: last callback ${last}; ${waiting.text} ${waiting.count === 1 ? 'event is' : 'events are'} on the way${next === null ? '' : `; next try in ${next}`}.`,
      webhookDown: (
        /** @type {string | null} */ since,
        /** @type {Said} */ waiting,
        /** @type {string | null} */ next,
      ) =>
        `The shop's webhook ${since === null ? 'is down' : `has been down for ${since}`}; ${waiting.count === 0 ? 'nothing waits' : `${waiting.text} ${waiting.count === 1 ? 'event waits' : 'events wait'}`}; ${next === null ? 'it is tried now' : `next try in ${next}`}.`,
      deadLetters: (/** @type {Said} */ count) =>
        count.count === 1
          ? '1 event was given up. The shop does not get it unless you replay it.'
          : `${count.text} events were given up. The shop does not get them unless you replay them.`,
      webhookUnset: (/** @type {Said} */ held) =>
        held.count === 0
          ? 'No webhook is set. Events will be stored and held.'
          : `No webhook is set. ${held.text} ${held.count === 1 ? 'event is' : 'events are'} held until there is one.`,
      saltChanged: (/** @type {string} */ types) =>
        `Resurs has another salt than this service. Callbacks of these types are refused: ${types}.`,
      saltOlder: (/** @type {string} */ types) =>
        `Resurs still uses an older salt, which is accepted: ${types}. Register again before you remove it.`,
      digestRefusals: (/** @type {Said} */ count) =>
        count.count === 1
          ? '1 callback was refused in the last hour, because its digest was wrong. Resurs tries it for 36 hours, then it is lost.'
          : `${count.text} callbacks were refused in the last hour, because their digests were wrong. Resurs tries them for 36 hours, then they are lost.`,
      oldPending: (/** @type {string} */ since, /** @type {Said} */ waiting, /** @type {string | null} */ next) =>
        `The oldest undelivered event has waited for ${since}; ${waiting.text} ${waiting.count === 1 ? 'event waits' : 'events wait'}${next === null ? '' : `; next try in ${next}`}.`,
      reconciliation: (/** @type {Said} */ times) =>
        `Resurs could not be asked for missed callbacks${times.count === 1 ? '' : `, ${times.text} times in a row`}.`,
      heartbeat: (/** @type {Said} */ times) =>
        `The test callback that Resurs was asked for did not arrive${times.count === 1 ? '' : `, ${times.text} times in a row`}. Real ones may be missing as well.`,
      doctor: (/** @type {string} */ at, /** @type {Said} */ failed, /** @type {Said} */ warned) =>
        `The doctor found problems ${at}: ${failed.text} failed${warned.count === 0 ? '' : `, ${warned.text} warned`}.`,
      noCallback: 'No callback has come yet.',
    },
    links: {
      waiting: 'See what waits',
      held: 'See what is held',
      deadLetters: 'See why, and replay',
      turnedAway: 'See what to do',
      simulate: 'Simulate one',
      resurs: 'See the details',
      service: 'See the checks',
      alerts: 'See what to do',
    },
    alerts: 'Alerts',
    severity: { critical: 'Critical', warning: 'Warning' },
    since: 'since',
    fix: 'What to do',
    ended: (/** @type {string} */ count) => `Ended in the last 30 days (${count})`,
    counters: {
      label: 'Counts',
      delivered: 'Delivered, 24 h',
      held: 'Held',
      pending: 'Waiting',
      delivering: 'Being sent',
      deadLetter: 'Given up',
      turnedAway: 'Turned away, 24 h',
    },
    traffic: { '24h': 'The last 24 hours', '7d': 'The last 7 days', '30d': 'The last 30 days' },
    ranges: { '24h': '24 h', '7d': '7 days', '30d': '30 days' },
    rangesLabel: 'Time span of the charts',
    connected: 'Connections',
    webhook: {
      heading: "The shop's webhook",
      state: 'State',
      states: { up: 'Answers', down: 'Down', unset: 'Not set' },
      url: 'Address',
      downSince: 'Down since',
      nextTry: 'Next try',
      lastError: 'Last error',
      lastDelivery: 'Last delivery',
      never: 'None yet',
      unset: 'Set WEBHOOK_URL to send events to the shop. Until then they are stored and held.',
      tryNow: 'Try now',
      tried: 'It is being tried. The state follows in a moment.',
    },
    resurs: {
      heading: 'Resurs',
      interfaces: 'Interfaces',
      lastCallback: 'Last callback',
      lastTest: 'Last TEST',
      never: 'None yet',
      heartbeat: 'Heartbeat',
      notSet: 'Not set up, or not run yet',
      arrived: (/** @type {string} */ time) => `Arrived after ${time}`,
      failed: (/** @type {string} */ times) => `Failed, ${times} in a row`,
      reconciliation: 'Missed callbacks',
      neverRan: 'Never looked for',
      checked: (/** @type {string} */ checked, /** @type {string} */ missed) => `${checked} checked, ${missed} missed`,
      registrations: 'Registrations',
      notRegistered: 'None made by this service',
      registered: (/** @type {string} */ count) => `${count} with the current salt`,
      salts: { current: 'current salt', older: 'older salt, accepted', changed: 'another salt, refused' },
      registerAgain: 'receiver register makes them match; or put the registered salt back into the settings.',
    },
    serviceCard: {
      heading: 'This service',
      name: 'Name',
      environment: 'Environment',
      version: 'Version',
      up: 'Running for',
      doctor: 'Doctor',
      neverRan: 'Never run: receiver doctor checks the whole setup',
      doctorResult: (/** @type {string} */ passed, /** @type {string} */ warned, /** @type {string} */ failed) =>
        `${passed} passed, ${warned} warned, ${failed} failed`,
      problems: 'Look at:',
    },
  },
  charts: {
    table: 'Show as a table',
    empty: 'Nothing in this time.',
    keys: 'The arrow keys go through the columns.',
    total: 'Total',
    hour: 'Hour',
    day: 'Day (UTC)',
    utc: 'Days begin at midnight UTC.',
    other: 'Others',
    events: 'Events by type',
    eventsGist: (/** @type {string} */ count) => `${count} in all`,
    deliveries: 'Deliveries by outcome',
    deliveriesGist: (/** @type {string} */ delivered, /** @type {string} */ retried, /** @type {string} */ dead) =>
      `${delivered} delivered, ${retried} tried again, ${dead} given up`,
    outcomes: { delivered: 'Delivered', retried: 'Tried again later', dead_letter: 'Given up' },
    delay: 'From receipt to delivery',
    delayGist: (/** @type {string} */ median, /** @type {string} */ worst) =>
      `Median now ${median}; 95 % within ${worst} at worst. Logarithmic scale`,
    delayNone: 'Nothing was delivered',
    median: 'Median',
    p95: '95 % are faster',
    callbacks: 'Callbacks by answer',
    callbacksGist: (/** @type {string} */ accepted, /** @type {string} */ turnedAway) =>
      `${accepted} accepted, ${turnedAway} turned away`,
    answers: {
      202: 'not ours, accepted',
      204: 'accepted',
      400: 'malformed',
      401: 'credentials',
      403: 'source',
      404: 'path',
      405: 'method',
      406: 'digest',
      408: 'too slow',
      410: 'not ours',
      413: 'too large',
      500: 'error',
      503: 'try again',
    },
  },
  payment: {
    heading: 'Payment',
  },
  event: {
    heading: 'Event',
  },
  deliveries: {
    heading: 'Deliveries',
  },
  deadLetters: {
    heading: 'Dead letters',
  },
  replays: {
    heading: 'Replays',
  },
  actions: {
    heading: 'Actions',
  },
  turnedAway: {
    heading: 'Turned away',
    intro:
      'Resurs comes again with each callback that was not accepted: 19 more times, the last one 36 hours after the first. What is mended within that time loses nothing. For the Merchant API Resurs has published no times.',
    filter: 'Find',
    filterHint: 'Payment, callback, reason or source',
    nothingFound: 'Nothing here has this text.',
    rejections: {
      heading: 'Orders that are not ours',
      none: 'No callback was turned away because of its order.',
      means:
        'These callbacks are genuine, but ORDER_OWNERSHIP says that the order is not of this shop. They are answered 410.',
      help: 'The order is ours: what to do',
      fixes: [
        'ORDER_OWNERSHIP=registered: the shop registers each order when it creates it, with PUT /orders/{paymentId}. Register this one now; its next try is then accepted.',
        'ORDER_OWNERSHIP=lookup: the shop has to answer for the order. ORDER_OWNERSHIP=pattern: the id has to match the pattern.',
        'Another shop shares the account at Resurs: nothing is wrong. ACCEPT_REJECTED_CALLBACKS=true makes Resurs stop trying.',
      ],
      payment: 'Payment',
      callback: 'Callback',
      count: 'Times',
      first: 'First',
      last: 'Last',
      next: 'Next try',
      givesUp: 'Resurs gives up',
      noNext: 'None, or not known',
      unknown: 'Not known',
      over: (/** @type {string} */ time) => `Gave up ${time}`,
    },
    refusals: {
      heading: 'Refused callbacks',
      about:
        'The last 200 that this process refused, since it started. Nothing of them was stored, so they have no payment.',
      none: 'This process has refused no callback since it started.',
      times: (/** @type {Said} */ count) => (count.count === 1 ? '1 callback' : `${count.text} callbacks`),
      means: 'What it means',
      fix: 'What to do',
      until: 'Mend it before',
      untilNote: 'then Resurs gives up on the first of them',
      mayBeLost: 'The first of them may be lost. receiver reconcile finds what they said.',
      list: (/** @type {string} */ count) => `Show them one by one (${count})`,
      at: 'Time',
      reason: 'Reason',
      callback: 'Callback',
      source: 'Source',
      unknown: 'Unknown',
    },
    reasons: {
      source_not_allowed: {
        label: 'Source not allowed (403)',
        means: 'The address that it came from is not in ALLOWED_SOURCES.',
        fix: "Behind a proxy set TRUST_PROXY, so that the sender's own address counts. If the address is one of Resurs', add it to ALLOWED_SOURCES. Others are strangers: do nothing.",
      },
      unauthorized: {
        label: 'Credentials missing or wrong (401)',
        means: 'The Basic credentials, or the token of the Merchant API, are not those of the settings.',
        fix: 'Put back the credentials that are registered, or run receiver register. Look that the proxy passes on the header Authorization and the query.',
      },
      unknown_path: {
        label: 'Unknown address (404)',
        means: 'No callback has this address.',
        fix: 'Compare the registered addresses (receiver registrations) with PUBLIC_URL and CALLBACK_PATHS. Look that the proxy passes on the path unchanged. Scanners also end here.',
      },
      wrong_method: {
        label: 'Wrong method (405)',
        means: 'It was neither GET nor POST; the Merchant API sends POST alone.',
        fix: 'Resurs does not do this: it is a monitor or a scanner, or a proxy changes the request.',
      },
      malformed: {
        label: 'Malformed (400)',
        means: 'It is no callback: the payment, the type or something else is missing or contradicts itself.',
        fix: 'Compare the registered address (receiver registrations) with docs/protocol.md: each name has to be there once. Then run receiver register.',
      },
      digest_rejected: {
        label: 'Digest wrong (406)',
        means: 'The digest was made with another salt, or something on the way changed the parameters.',
        fix: 'Put the registered salt back (DIGEST_SALT, or DIGEST_SALT_PREVIOUS for the one before), or run receiver register with the new one. receiver doctor --only salts says which differ.',
      },
      body_too_large: {
        label: 'Body too large (413)',
        means: 'The body has more than 256 KiB.',
        fix: 'Resurs sends no such bodies: find out by the source who does.',
      },
      body_too_slow: {
        label: 'Body too slow (408)',
        means: 'The body was not complete within 10 seconds.',
        fix: 'Look at the network and at the proxy before the receiver: it should pass on a request when it is complete.',
      },
    },
    digests: {
      heading: 'Wrong digests in the last hour',
      none: 'None, over all processes.',
      count: (/** @type {Said} */ count) =>
        count.count === 1 ? '1 callback, over all processes:' : `${count.text} callbacks, over all processes:`,
    },
  },
  simulated: {
    heading: 'Simulated callback',
    intro:
      'Sends one TEST as Resurs would: to the public address, through the proxy and all checks, into the database, and to the shop.',
    notHere:
      'Callbacks are simulated only in the test environment. In production, receiver trigger-test asks Resurs for one.',
    interface: 'Interface',
    send: 'Send a TEST',
    sending: 'Sending …',
    stepsLabel: 'What became of it',
    step: { waiting: 'Waiting', done: 'Done', failed: 'Failed', skipped: 'Left out' },
    sent: 'Sent to the callback address',
    answered: (/** @type {string} */ status, /** @type {string} */ time) => `Answered ${status} after ${time}.`,
    notAnswered: (/** @type {string} */ time) => `No answer within ${time}.`,
    stored: 'Stored as an event',
    notStored: 'No event was found.',
    delivered: "Delivered to the shop's webhook",
    deliveredAfter: (/** @type {string} */ tries) => `The shop has it. Tries: ${tries}.`,
    notForwarded: 'TEST is not sent to the shop. Set FORWARD_TEST_CALLBACKS=true to try that way as well.',
    held: 'No webhook is set, so it is held.',
    pending: 'On its way to the shop …',
    pendingAfter: (/** @type {string} */ reason) => `Not delivered yet: ${reason}. It is tried again.`,
    givenUp: (/** @type {string} */ reason) => `Given up: ${reason}.`,
    unknownReason: 'the shop did not accept it',
    fix: 'What to do',
  },
};
