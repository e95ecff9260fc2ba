/** The texts of the page in English. Functions take what a sentence is about. */

/** @typedef {typeof en} Texts */

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
    intro: 'The status token of this service opens the page. It is kept in this tab alone.',
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
    nowShort: 'Update',
    pauseShort: 'Pause',
    resumeShort: 'Resume',
    lost: (/** @type {string} */ since) =>
      `The service has not answered since ${since}. What you see is from then. It is asked again every 10 seconds.`,
    database: 'The database cannot be queried now. What you see is the last answer.',
  },
  settings: { language: 'Language', theme: 'Colours', auto: 'System', light: 'Light', dark: 'Dark' },
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
  },
  simulated: {
    heading: 'Simulated callback',
  },
};
