package main

import (
	"context"
	"fmt"
)

// rls measures what the policies cost: each view, and each table's list, as
// authenticated against the owner of the tables, whom they don't bind. Both
// answer the same rows: a view names its sprint or project, and the owner's
// list has for a condition, as constants, what the policies come to: the keys
// of the caller's projects, or of their organization. So the difference is to
// find out who asks and what they may see. A view finds that out itself, for
// the owner too: what is left there is what it reads under a policy.
func rls(ctx context.Context, b *bench) error {
	if err := inhabit(ctx, middle); err != nil {
		return err
	}
	at := place{1, 1}
	user, err := connect(ctx, middle, "authenticated", at)
	if err != nil {
		return err
	}
	defer user.Close(ctx)
	owner, err := connect(ctx, middle, "postgres", at)
	if err != nil {
		return err
	}
	defer owner.Close(ctx)
	compare := func(name, bound, free string) error {
		if err := b.more(ctx); err != nil {
			return err
		}
		subject, err := user.query(ctx, bound)
		if err != nil {
			return err
		}
		against, err := owner.query(ctx, free)
		if err != nil {
			return err
		}
		return b.inTurn(ctx, Row{Section: "rls", Name: name, Subject: "authenticated", Against: "owner", Goal: atMost(1.1)},
			task{session: user, do: subject}, task{session: owner, do: against})
	}
	for _, v := range views(at) {
		if err := compare(v.name, v.sql, v.sql); err != nil {
			return err
		}
	}
	lists, err := lists(ctx, owner, at)
	if err != nil {
		return err
	}
	for _, l := range lists {
		var bound, free int
		if err := user.QueryRow(ctx, "select count(*) from ("+l.bound+") t").Scan(&bound); err != nil {
			return err
		}
		if err := owner.QueryRow(ctx, "select count(*) from ("+l.free+") t").Scan(&free); err != nil {
			return err
		}
		if bound != free {
			return fmt.Errorf("%s: authenticated sees %d rows, the owner is asked for %d", l.table, bound, free)
		}
		if bound == 0 {
			continue
		}
		answer := "select json_agg(t) from (%s) t" // as PostgREST has it
		if err := compare(fmt.Sprintf("list of %s, %d rows", l.table, bound), fmt.Sprintf(answer, l.bound), fmt.Sprintf(answer, l.free)); err != nil {
			return err
		}
	}
	return nil
}

// A list is the rows of a table, as bound by the policies and free of them.
type list struct{ table, bound, free string }

// lists are those of all tables that authenticated may read, 1,000 rows of
// each at most, which is where PostgREST ends them.
func lists(ctx context.Context, owner *session, p place) ([]list, error) {
	rows, err := owner.Query(ctx, `
		select c.relname::text, string_agg(quote_ident(a.attname), ', ' order by a.attnum), bool_or(a.attname = 'project_id')
		from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
		where c.relnamespace = 'public'::regnamespace and c.relkind = 'r'
			and has_column_privilege('authenticated', c.oid, a.attnum, 'select')
		group by c.relname order by 1`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []list
	for rows.Next() {
		var table, columns string
		var ofProject bool
		if err := rows.Scan(&table, &columns, &ofProject); err != nil {
			return nil, err
		}
		condition := fmt.Sprintf("org_id = '%s'", key("org:%d", p.organization))
		if ofProject {
			condition = fmt.Sprintf("project_id in ('%s', '%s')", place{p.organization, 1}.projectID(), place{p.organization, 2}.projectID())
		}
		l := list{table: table, bound: fmt.Sprintf("select %s from public.%s limit 1000", columns, table)}
		l.free = fmt.Sprintf("select %s from public.%s where %s limit 1000", columns, table, condition)
		all = append(all, l)
	}
	return all, rows.Err()
}
