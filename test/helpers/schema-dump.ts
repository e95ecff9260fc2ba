/**
 * Dumps the schema of a database as ordered text, without pg_dump: tables, columns, constraints and indexes as Postgres
 * itself renders them. The tables of the migrator are left out.
 */
import { queryOnce } from './service.ts';

/** Returns one line per part, sorted by table and kind. */
export async function dumpSchema(databaseUrl: string): Promise<string> {
  const rows = await queryOnce<{ line: string }>(databaseUrl, DUMP);
  return `${rows.map((row) => row.line).join('\n')}\n`;
}

const DUMP = `
  with tables as (
    select c.oid, c.relname::text as name, c.reloptions
    from pg_class c
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and c.relname not like 'receiver\\_migration%'
  ), parts as (
    select name as owner, 1 as kind, 0 as position,
           'table ' || name || coalesce(' with (' || array_to_string(reloptions, ', ') || ')', '') as line
    from tables
    union all
    select t.name, 2, a.attnum,
           '  ' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod)
           || case when a.attnotnull then ' not null' else '' end
           || case a.attidentity when 'a' then ' generated always as identity' when 'd' then ' generated as identity' else '' end
           || coalesce(' default ' || pg_get_expr(d.adbin, d.adrelid), '')
    from tables t join pg_attribute a on a.attrelid = t.oid and a.attnum > 0 and not a.attisdropped
    left join pg_attrdef d on d.adrelid = t.oid and d.adnum = a.attnum
    union all
    select t.name, 3, 0, '  constraint ' || k.conname || ' ' || pg_get_constraintdef(k.oid)
    from tables t join pg_constraint k on k.conrelid = t.oid and k.contype <> 'n'
    union all
    select t.name, 4, 0, '  ' || pg_get_indexdef(i.indexrelid)
    from tables t join pg_index i on i.indrelid = t.oid
    union all
    select c.relname::text, 5, 0, 'other ' || c.relkind::text || ' ' || c.relname
    from pg_class c
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('v', 'm', 'f', 'S') and c.relname not like 'receiver\\_migration%'
    union all
    select p.proname::text, 6, 0, pg_get_functiondef(p.oid)
    from pg_proc p where p.pronamespace = 'public'::regnamespace
    union all
    select t.name, 7, 0, '  ' || pg_get_triggerdef(g.oid)
    from tables t join pg_trigger g on g.tgrelid = t.oid and not g.tgisinternal
  )
  select line from parts order by owner collate "C", kind, position, line collate "C"`;
