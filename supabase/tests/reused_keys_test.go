package tests

import (
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
)

// A chosenKey is a table whose key a client may choose: how each person makes a row of it with the key {key}, and
// deletes it again. {side} is "" or "foreign_": in which organization.
type chosenKey struct {
	key string
	// insert is what the people below can do in their own organization, columns and values.
	insert string
	// elsewhere is the same in another project of the first organization, for tables that belong to a project.
	elsewhere string
	// byService: nobody else deletes such rows.
	byService bool
}

// chosenKeys are all tables with a key that a client may choose. The manager of the first organization's project is
// made its owner here, so that one person may do all of it; so is the outsider in theirs.
var chosenKeys = map[string]chosenKey{
	"accounts": {key: "account_id",
		insert: "(account_id, account_name) values ({key}, 'Secret')"},
	"calendar_feeds": {key: "feed_id",
		insert: "(feed_id, feed_name) values ({key}, 'Secret')"},
	"daily_scrum_updates": {key: "update_id",
		insert:    "(update_id, daily_scrum_id, today_work) values ({key}, pg_temp.id('{side}empty_scrum'), 'Secret')",
		elsewhere: "(update_id, daily_scrum_id, today_work) values ({key}, pg_temp.id('other_scrum'), 'Secret')"},
	"daily_scrums": {key: "daily_scrum_id",
		insert:    "(daily_scrum_id, sprint_id, scrum_date, summary) values ({key}, pg_temp.id('{side}sprint'), pg_temp.today(), 'Secret')",
		elsewhere: "(daily_scrum_id, sprint_id, scrum_date, summary) values ({key}, pg_temp.id('other_sprint'), pg_temp.today(), 'Secret')"},
	"days_off": {key: "day_off_id",
		insert: "(day_off_id, from_date, to_date) values ({key}, '2027-01-04', '2027-01-05')"},
	"impediments": {key: "impediment_id", byService: true,
		insert:    "(impediment_id, sprint_id, description) values ({key}, pg_temp.id('{side}sprint'), 'Secret')",
		elsewhere: "(impediment_id, sprint_id, description) values ({key}, pg_temp.id('other_sprint'), 'Secret')"},
	"notification_channels": {key: "channel_id",
		insert: "(channel_id, channel_name, kind, target) values ({key}, 'Secret', 'slack', 'https://hooks.example.test/secret')"},
	"opportunities": {key: "opportunity_id",
		insert: "(opportunity_id, opportunity_name, account_id) values ({key}, 'Secret', pg_temp.id('{side}account'))"},
	"projects": {key: "project_id",
		insert: "(project_id, project_name) values ({key}, 'Secret')"},
	"sprints": {key: "sprint_id",
		insert: "(sprint_id, project_id, sprint_name, start_date, end_date) " +
			"values ({key}, pg_temp.id('{side}project'), 'Secret', pg_temp.today() + 30, pg_temp.today() + 40)",
		elsewhere: "(sprint_id, project_id, sprint_name, start_date, end_date) " +
			"values ({key}, pg_temp.id('other_project'), 'Secret', pg_temp.today() + 30, pg_temp.today() + 40)"},
	"tasks": {key: "task_id",
		insert: "(task_id, project_id, sprint_id, task_name, story_points) " +
			"values ({key}, pg_temp.id('{side}project'), pg_temp.id('{side}sprint'), 'Secret', 5)",
		elsewhere: "(task_id, project_id, sprint_id, task_name, story_points) " +
			"values ({key}, pg_temp.id('other_project'), pg_temp.id('other_sprint'), 'Secret', 5)"},
}

const reusedKeysWorld = `
do $$
begin
	update profiles set org_role = 'owner' where profile_id in (select id from ids where name = 'manager');
	-- There is one scrum a day, and one that is over isn't deleted: today's make way.
	delete from daily_scrums where daily_scrum_id in (select id from ids where name in ('scrum', 'foreign_scrum'));
	-- Another project of the first organization, with a running sprint.
	insert into projects (project_id, org_id, project_name, profile_id)
	values (pg_temp.keep('other_project'), pg_temp.id('org'), 'Other', pg_temp.id('manager'));
	insert into sprints (sprint_id, project_id, sprint_name, start_date, end_date, status, started_at)
	values (pg_temp.keep('other_sprint'), pg_temp.id('other_project'), 'Other', pg_temp.today() - 3, pg_temp.today() + 10,
		'Active', now() - interval '3 days');
	insert into daily_scrums (daily_scrum_id, sprint_id, scrum_date)
	values (pg_temp.keep('other_scrum'), pg_temp.id('other_sprint'), pg_temp.today() - 1);
end $$`

// TestReusedKeys makes a row, deletes it, and makes a row with its key again: in the same project, in another one, in
// the other organization, and in another table. The database refuses each, for every table whose key a client may
// choose. That each of these tables has the triggers is a rule of TestCatalog.
func TestReusedKeys(t *testing.T) {
	t.Parallel()
	found := MustStrings(t, MustConnect(t), tablesCTE+`
		select t.relname::text from tables t
		join pg_constraint k on k.conrelid = t.oid and k.contype = 'p' and cardinality(k.conkey) = 1
		where has_column_privilege('authenticated', t.oid, k.conkey[1], 'insert')`)
	for _, table := range found {
		if _, listed := chosenKeys[table]; !listed {
			t.Errorf("clients may choose the keys of %s: say in chosenKeys how a row of it is made", table)
		}
	}
	if len(found) != len(chosenKeys) {
		t.Errorf("tables whose key a client may choose: got %v, want the %d of chosenKeys", found, len(chosenKeys))
	}
	for table, c := range chosenKeys {
		t.Run(table, func(t *testing.T) {
			t.Parallel()
			w := mustMakeWorld(t)
			w.must(t, reusedKeysWorld)
			w.must(t, "select pg_temp.keep('key')")
			insert := func(name, values, side string) string {
				values = strings.NewReplacer("{key}", "pg_temp.id('key')", "{side}", side).Replace(values)
				return fmt.Sprintf("insert into public.%s %s", name, values)
			}
			first := insert(table, c.insert, "")
			w.must(t, "select pg_temp.become('manager'); "+first)
			if c.byService {
				w.must(t, "select pg_temp.become('service')")
			}
			w.must(t, fmt.Sprintf("delete from public.%s where %s = pg_temp.id('key')", table, c.key))
			w.must(t, "select pg_temp.become('postgres')")

			otherTable := "accounts"
			if table == otherTable {
				otherTable = "tasks"
			}
			tries := []struct{ name, who, sql string }{
				{"in the same place", "manager", first},
				{"in the other organization", "outsider", insert(table, c.insert, "foreign_")},
				{"in another table of the other organization", "outsider", insert(otherTable, chosenKeys[otherTable].insert, "foreign_")},
			}
			if c.elsewhere != "" {
				tries = append(tries, struct{ name, who, sql string }{"in another project", "manager", insert(table, c.elsewhere, "")})
			}
			for _, try := range tries {
				sql := try.sql
				if got := w.attempt(t, try.who, attemptOf(sql, "PT409")); got != "PT409" {
					t.Errorf("%s: got %s, want PT409\n%s", try.name, got, sql)
				}
				if got := w.attempt(t, try.who, attemptOf("select key from public.deleted_rows where key = pg_temp.id('key')", "")); got != map[string]string{
					"manager": rowIf(c.elsewhere != ""), "outsider": noRow}[try.who] {
					t.Errorf("%s sees of the deleted key: %s", try.who, got)
				}
			}
			// Were the key not kept, each would work: that it is kept is what stops them.
			w.must(t, "delete from public.deleted_rows where key = pg_temp.id('key')")
			for _, try := range tries {
				if got := w.attempt(t, try.who, attemptOf(try.sql, oneRow)); got != oneRow {
					t.Errorf("%s, with a key that wasn't kept: got %s, want %s", try.name, got, oneRow)
				}
			}
		})
	}
}

func attemptOf(sql, want string) try { return try{name: sql, sql: sql, want: want} }

// rowIf is what a select that may find its one row comes to.
func rowIf(visible bool) string {
	if visible {
		return oneRow
	}
	return noRow
}

// must runs statements in the world, whoever is asking there.
func (w world) must(t *testing.T, sql string) {
	t.Helper()
	if _, err := w.tx.Exec(w.ctx, sql, pgx.QueryExecModeSimpleProtocol); err != nil {
		t.Fatalf("%v\n%s", err, sql)
	}
}

// TestReusedKeyUnderConcurrency has one session delete a row and another insert its key meanwhile: the second waits for
// the first, and is refused.
func TestReusedKeyUnderConcurrency(t *testing.T) {
	t.Parallel()
	w := mustCommitWorld(t)
	deleting := mustHold(t, w.session(1, "scrum_master"), "delete from public.tasks where task_id = {task}")
	inserting := w.session(2, "outsider")
	outcome := background(func() error {
		return inserting.do("insert into public.tasks (task_id, project_id, task_name) values ({task}, {foreign_project}, 'Mine')")
	})
	inserting.mustBlock(outcome)
	if err := deleting.Commit(w.ctx); err != nil {
		t.Fatalf("commit the deletion: %v", err)
	}
	if got := <-outcome; got != "PT409" {
		t.Errorf("the insert of a key that was deleted meanwhile: got %q, want PT409", got)
	}
}
