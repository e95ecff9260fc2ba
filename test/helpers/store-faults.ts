/** Reasons of the server for which no callback can be stored, while a commit of its own still succeeds. */

export interface StoreFault {
  readonly name: string;
  /** What the error line and doctor name. */
  readonly code: string;
  readonly make: string;
  readonly mend: string;
}

const raiseOn = (table: string, code: string) => ({
  code,
  make: `
    create function fail_now() returns trigger language plpgsql
    as $$ begin raise exception 'could not extend file: No space left on device' using errcode = '${code}'; end $$;
    create trigger fail_now before insert on ${table} for each row execute function fail_now()`,
  mend: `drop trigger fail_now on ${table}`,
});

export const STORE_FAULTS: readonly StoreFault[] = [
  { name: 'a disk that is full', ...raiseOn('events', '53100') },
  { name: 'a tablespace of indexes that is full', ...raiseOn('identities', '53100') },
  { name: 'memory that has run out', ...raiseOn('outbox', '53200') },
  { name: 'a file that cannot be read', ...raiseOn('events', '58030') },
  {
    name: 'a table that is away',
    code: '42P01',
    make: 'alter table identities rename to away',
    mend: 'alter table away rename to identities',
  },
];
