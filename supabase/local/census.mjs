// The census: what is in every table, as a number of rows and a sum over the content of each column, to find
// out whether anything was lost on the way through a dump or a migration.

import postgres from "postgres";

const schemas = ["auth", "private", "public"];

/**
 * Counts every table of the product and of Auth. Returns a map from the table's name to `{ rows, sums }`, the sums
 * by the column's name; each is of what the rows have in that column and, by the primary key, which rows these are.
 */
export async function census(url) {
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  try {
    return await sql.begin("isolation level repeatable read read only", async (sql) => {
      await sql`set local timezone = 'UTC'`;
      const tables = await sql`
        select format('%I.%I', n.nspname, c.relname) as name,
          array(select quote_ident(attname) from pg_attribute where attrelid = c.oid and attnum > 0 and not attisdropped order by attnum) as columns,
          array(select quote_ident(attname) from pg_attribute join pg_index on indrelid = attrelid and attnum = any (indkey)
            where attrelid = c.oid and indisprimary order by attnum) as key
        from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where c.relkind = 'r' and n.nspname in ${sql(schemas)}
        order by 1`;
      const counted = new Map();
      for (const { name, columns, key } of tables) {
        const sums = columns.map((column) => `coalesce(sum(hashtextextended(row(${[...key, column]})::text, 0)), 0)::text as ${column}`);
        const [{ "row count": rows, ...found }] = await sql.unsafe(`select count(*)::int as "row count", ${sums} from ${name}`);
        counted.set(name, { rows, sums: found });
      }
      return counted;
    });
  } finally {
    await sql.end();
  }
}

/**
 * What the second census lacks of the first, or has otherwise: a line for each; none if all is there as it was.
 * `expected` are tables (`public.tasks`) and columns (`public.tasks.status`) that may differ.
 */
export function differences(before, after, expected = []) {
  const faults = [];
  const fault = (name, text) => expected.some((one) => name === one || name.startsWith(`${one}.`)) || faults.push(`${name}: ${text}`);
  for (const [name, was] of before) {
    const is = after.get(name);
    if (!is) fault(name, `the table is gone, with ${was.rows} rows`);
    else if (is.rows !== was.rows) fault(name, `${was.rows} rows before, ${is.rows} after`);
    else {
      for (const [column, sum] of Object.entries(was.sums)) {
        if (is.sums[column] === undefined) fault(`${name}.${column}`, "the column is gone");
        else if (is.sums[column] !== sum) fault(`${name}.${column}`, "other values");
      }
    }
  }
  return faults;
}

/** How many rows and tables were counted, in words. */
export const summary = (counted) => `${[...counted.values()].reduce((sum, { rows }) => sum + rows, 0)} rows in ${counted.size} tables`;
