/** The addresses that Resurs calls from (its IP list of 2025); the word `resurs` in ALLOWED_SOURCES stands for them. */
export const RESURS_SOURCES = [
  '192.121.110.0/24',
  '194.68.237.0/24',
  '91.198.202.0/24',
  '13.50.187.51',
  '51.21.32.255',
  '51.21.206.32',
  '51.21.39.192',
] as const;

/**
 * The addresses in use since November 2025, which an allow list must hold. Source: Resurs' page on IP configuration.
 */
export const CURRENT_SOURCES = [
  '192.121.110.100',
  '13.50.187.51',
  '51.21.32.255',
  '51.21.206.32',
  '51.21.39.192',
] as const;
