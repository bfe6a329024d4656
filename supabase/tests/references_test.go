package tests

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// A reference is a column by which a row of the caller's organization could name something of another one: that thing,
// and statements in which {id} names it. The caller is an owner, and manager of the project.
type reference struct {
	foreign string // the name in personas.psql and isolationWorld
	sql     []string
}

const (
	newTask   = "insert into public.tasks (task_name, project_id, %s) values ('New', pg_temp.id('project'), {id})"
	setTask   = "update public.tasks set %s = {id} where task_id = pg_temp.id('task')"
	newHurdle = "insert into public.impediments (description, sprint_id, %s) values ('New', pg_temp.id('sprint'), {id})"
	setHurdle = "update public.impediments set %s = {id} where impediment_id = pg_temp.id('mine')"
)

// references are those columns of all foreign keys into which a client may write, by constraint.
var references = map[string]reference{
	"org_holidays_org_id_fkey": {"foreign_org", []string{
		"insert into public.org_holidays (org_id, holiday_date, name) values ({id}, '2027-03-02', 'New')",
		"update public.org_holidays set org_id = {id} where org_id = pg_temp.id('org')"}},
	"profiles_profile_id_fkey": {"outsider", []string{
		"update public.profiles set profile_id = {id} where profile_id = pg_temp.id('manager')"}},
	"days_off_of_profile": {"outsider", []string{
		"insert into public.days_off (profile_id, from_date, to_date) values ({id}, '2027-01-04', '2027-01-05')",
		"update public.days_off set profile_id = {id} where profile_id = pg_temp.id('manager')",
		"insert into public.days_off (org_id, from_date, to_date) values ({id}, '2027-01-04', '2027-01-05')"}},
	"accounts_org_id_fkey": {"foreign_org", []string{
		"insert into public.accounts (org_id, account_name) values ({id}, 'New')",
		"update public.accounts set org_id = {id} where account_id = pg_temp.id('account')"}},
	"accounts_owner_in_org": {"outsider", []string{
		"insert into public.accounts (profile_id, account_name) values ({id}, 'New')",
		"update public.accounts set profile_id = {id} where account_id = pg_temp.id('account')"}},
	"opportunities_account_in_org": {"foreign_account", []string{
		"insert into public.opportunities (account_id, opportunity_name) values ({id}, 'New')",
		"update public.opportunities set account_id = {id} where opportunity_id = pg_temp.id('opportunity')"}},
	"opportunities_org_id_fkey": {"foreign_org", []string{
		"insert into public.opportunities (org_id, account_id, opportunity_name) values ({id}, pg_temp.id('account'), 'New')",
		"update public.opportunities set org_id = {id} where opportunity_id = pg_temp.id('opportunity')"}},
	"opportunities_owner_in_org": {"outsider", []string{
		"insert into public.opportunities (profile_id, account_id, opportunity_name) values ({id}, pg_temp.id('account'), 'New')",
		"update public.opportunities set profile_id = {id} where opportunity_id = pg_temp.id('opportunity')"}},
	"projects_account_in_org": {"foreign_account", []string{
		"insert into public.projects (account_id, project_name) values ({id}, 'New')",
		"update public.projects set account_id = {id} where project_id = pg_temp.id('project')"}},
	"projects_opportunity_in_org": {"foreign_opportunity", []string{
		"insert into public.projects (opportunity_id, project_name) values ({id}, 'New')",
		"update public.projects set opportunity_id = {id} where project_id = pg_temp.id('project')"}},
	"projects_org_id_fkey": {"foreign_org", []string{
		"insert into public.projects (org_id, project_name) values ({id}, 'New')",
		"update public.projects set org_id = {id} where project_id = pg_temp.id('project')"}},
	"projects_owner_in_org": {"outsider", []string{
		"insert into public.projects (profile_id, project_name) values ({id}, 'New')"}},
	"project_members_profile_in_org": {"outsider", []string{
		"insert into public.project_members (project_id, profile_id) values (pg_temp.id('project'), {id})",
		"update public.project_members set profile_id = {id} where profile_id = pg_temp.id('viewer')"}},
	"project_members_project_in_org": {"foreign_project", []string{
		"insert into public.project_members (project_id, profile_id) values ({id}, pg_temp.id('stranger'))",
		"update public.project_members set project_id = {id} where profile_id = pg_temp.id('viewer')"}},
	"sprints_project_id_fkey": {"foreign_project", []string{
		"insert into public.sprints (project_id, sprint_name, start_date, end_date) values ({id}, 'New', '2040-01-01', '2040-01-10')",
		"update public.sprints set project_id = {id} where sprint_id = pg_temp.id('sprint')"}},
	"tasks_assignee_is_project_member": {"outsider", []string{
		fmt.Sprintf(newTask, "assigned_to"), fmt.Sprintf(setTask, "assigned_to")}},
	"tasks_created_by_fkey": {"outsider", []string{fmt.Sprintf(newTask, "created_by")}},
	"tasks_project_id_fkey": {"foreign_project", []string{
		"insert into public.tasks (project_id, task_name) values ({id}, 'New')", fmt.Sprintf(setTask, "project_id")}},
	"tasks_related_task_in_project": {"foreign_task", []string{
		fmt.Sprintf(newTask, "related_task_id"), fmt.Sprintf(setTask, "related_task_id")}},
	"tasks_sprint_in_project": {"foreign_sprint", []string{fmt.Sprintf(newTask, "sprint_id"), fmt.Sprintf(setTask, "sprint_id")}},
	"daily_scrums_of_sprint": {"foreign_sprint", []string{
		"insert into public.daily_scrums (sprint_id, scrum_date) values ({id}, pg_temp.today() - 2)",
		"update public.daily_scrums set sprint_id = {id} where daily_scrum_id = pg_temp.id('scrum')"}},
	"daily_scrum_updates_of_scrum": {"foreign_scrum", []string{
		"insert into public.daily_scrum_updates (daily_scrum_id) values ({id})",
		"update public.daily_scrum_updates set daily_scrum_id = {id} where profile_id = pg_temp.id('manager')"}},
	"daily_scrum_updates_profile_id_fkey": {"outsider", []string{
		"insert into public.daily_scrum_updates (daily_scrum_id, profile_id) values (pg_temp.id('empty_scrum'), {id})",
		"update public.daily_scrum_updates set profile_id = {id} where profile_id = pg_temp.id('manager')"}},
	"daily_scrum_tasks_of_scrum": {"foreign_scrum", []string{
		"insert into public.daily_scrum_tasks (daily_scrum_id, task_id, intent) values ({id}, pg_temp.id('task'), 'will do')"}},
	"daily_scrum_tasks_of_task": {"foreign_task", []string{
		"insert into public.daily_scrum_tasks (daily_scrum_id, task_id, intent) values (pg_temp.id('scrum'), {id}, 'will do')"}},
	"daily_scrum_tasks_profile_id_fkey": {"outsider", []string{
		"insert into public.daily_scrum_tasks (daily_scrum_id, task_id, profile_id, intent) " +
			"values (pg_temp.id('scrum'), pg_temp.id('task'), {id}, 'will do')"}},
	"impediments_of_sprint": {"foreign_sprint", []string{
		"insert into public.impediments (sprint_id, description) values ({id}, 'New')", fmt.Sprintf(setHurdle, "sprint_id")}},
	"impediments_raised_by_fkey":  {"outsider", []string{fmt.Sprintf(newHurdle, "raised_by"), fmt.Sprintf(setHurdle, "raised_by")}},
	"impediments_task_in_project": {"foreign_task", []string{fmt.Sprintf(newHurdle, "task_id"), fmt.Sprintf(setHurdle, "task_id")}},
	"impediments_update_in_project": {"foreign_update", []string{
		fmt.Sprintf(newHurdle, "update_id"), fmt.Sprintf(setHurdle, "update_id")}},
	"notification_channels_org_id_fkey": {"foreign_org", []string{
		"insert into public.notification_channels (org_id, channel_name, kind, target) values ({id}, 'New', 'slack', 'https://hooks.example.test/a')",
		"update public.notification_channels set org_id = {id} where channel_id = pg_temp.id('channel')"}},
	"notification_channels_project_in_org": {"foreign_project", []string{
		"insert into public.notification_channels (project_id, channel_name, kind, target) values ({id}, 'New', 'slack', 'https://hooks.example.test/a')",
		"update public.notification_channels set project_id = {id} where channel_id = pg_temp.id('channel')"}},
	"calendar_feeds_of_profile": {"outsider", []string{
		"insert into public.calendar_feeds (profile_id) values ({id})",
		"update public.calendar_feeds set profile_id = {id} where profile_id = pg_temp.id('manager')"}},
}

// TestReferencesTellNothing names a thing of another organization, and a thing that doesn't exist, wherever a client may
// name one: both are refused, with the same error.
func TestReferencesTellNothing(t *testing.T) {
	t.Parallel()
	found := MustStrings(t, MustConnect(t), `
		select distinct k.conname::text from pg_constraint k
		cross join lateral unnest(k.conkey) as column_number
		where k.contype = 'f' and k.connamespace = 'public'::regnamespace and (
			has_column_privilege('authenticated', k.conrelid, column_number, 'insert')
			or has_column_privilege('authenticated', k.conrelid, column_number, 'update'))`)
	for _, name := range found {
		if _, listed := references[name]; !listed {
			t.Errorf("%s is not in references: say how a client would name something of another organization by it", name)
		}
	}
	for name := range references {
		if !slices.Contains(found, name) {
			t.Errorf("references has %s, the database doesn't", name)
		}
	}
	w := mustMakeWorld(t)
	w.must(t, `
		update public.profiles set org_role = 'owner' where profile_id = pg_temp.id('manager');
		insert into public.impediments (impediment_id, sprint_id, raised_by, description)
		values (pg_temp.keep('mine'), pg_temp.id('sprint'), pg_temp.id('manager'), 'Mine');
		insert into public.daily_scrum_updates (update_id, daily_scrum_id, profile_id)
		values (pg_temp.keep('foreign_update_2'), pg_temp.id('foreign_empty_scrum'), pg_temp.id('outsider'));
		update ids set id = (select id from ids where name = 'foreign_update_2') where name = 'foreign_update';
		select pg_temp.keep('nothing')`)
	for _, name := range slices.Sorted(maps.Keys(references)) {
		for _, sql := range references[name].sql {
			there, missing := w.refusal(t, "manager", sql, references[name].foreign), w.refusal(t, "manager", sql, "nothing")
			if there == "" || missing == "" {
				t.Errorf("%s: the other organization's %s and nothing: got %q and %q, want two refusals\n%s", name, references[name].foreign, there, missing, sql)
			} else if there != missing {
				t.Errorf("%s: the other organization's %s is told from nothing\n%s\n%s\n%s", name, references[name].foreign, there, missing, sql)
			}
		}
	}
}

// refusal is what a person is told who runs a statement in which {id} is a thing: everything but that id.
func (w world) refusal(t *testing.T, who, sql, thing string) string {
	t.Helper()
	_, err := w.tx.Exec(w.ctx, fmt.Sprintf("savepoint try; select pg_temp.become('%s'); %s", who,
		strings.ReplaceAll(sql, "{id}", "pg_temp.id('"+thing+"')")), pgx.QueryExecModeSimpleProtocol)
	var id string
	w.must(t, "rollback to try; release try")
	if err := w.tx.QueryRow(w.ctx, "select pg_temp.id($1)::text", thing).Scan(&id); err != nil {
		t.Fatalf("ask for the id of %s: %v", thing, err)
	}
	var refusal *pgconn.PgError
	if err == nil {
		return ""
	}
	if !errors.As(err, &refusal) {
		t.Fatalf("%s: %v", sql, err)
	}
	told := strings.Join([]string{refusal.Code, refusal.Message, refusal.Detail, refusal.Hint}, " | ")
	return strings.ReplaceAll(told, id, "{id}")
}

// Columns that name a person who didn't write the row, or that no update reaches.
var notTheMaker = map[string]string{
	"accounts.profile_id":          "the owner, who hands it over",
	"calendar_feeds.profile_id":    "part of what keep_key keeps",
	"daily_scrum_tasks.profile_id": "part of the primary key, which nobody may update",
	"days_off.profile_id":          "part of what keep_key keeps",
	"impediments.resolved_by":      "a trigger sets it",
	"opportunities.profile_id":     "the owner, who hands it over",
	"project_members.profile_id":   "part of what keep_key keeps",
}

// TestPersonsStay has everybody try to give a row to somebody else, or to nobody and then to somebody else, wherever a
// row names the person who wrote it.
func TestPersonsStay(t *testing.T) {
	t.Parallel()
	w := mustMakeWorld(t)
	w.must(t, `
		insert into public.impediments (impediment_id, sprint_id, raised_by, description)
		values (pg_temp.keep('hurdle'), pg_temp.id('sprint'), pg_temp.id('member'), 'Theirs'),
			(pg_temp.keep('orphan'), pg_temp.id('sprint'), null, 'Of somebody who deleted their account');
		insert into public.daily_scrum_updates (update_id, daily_scrum_id, profile_id)
		values (pg_temp.keep('said'), pg_temp.id('empty_scrum'), pg_temp.id('member'))`)
	rows := map[string]string{ // columns that name a person, and a row's key
		"impediments.raised_by":          "impediment_id = pg_temp.id('hurdle')",
		"daily_scrum_updates.profile_id": "update_id = pg_temp.id('said')",
		"tasks.created_by":               "task_id = pg_temp.id('task')",
		"projects.profile_id":            "project_id = pg_temp.id('project')",
		"invitations.invited_by":         "org_id = pg_temp.id('org') and email = 'invited@example.test'",
		// These name nobody.
		"impediments.raised_by (nobody)":            "impediment_id = pg_temp.id('orphan')",
		"notification_channels.created_by (nobody)": "channel_id = pg_temp.id('channel')",
	}
	w.must(t, `
		update public.invitations set invited_by = pg_temp.id('owner') where org_id = pg_temp.id('org') and email = 'invited@example.test'`)
	columns := MustStrings(t, w.tx, `
		select format('%s.%s', k.conrelid::regclass::text, a.attname) from pg_constraint k
		join pg_attribute a on a.attrelid = k.conrelid and a.attnum = k.conkey[array_position(k.confkey, (
			select p.attnum from pg_attribute p where p.attrelid = 'public.profiles'::regclass and p.attname = 'profile_id'))]
		where k.contype = 'f' and k.confrelid = 'public.profiles'::regclass`)
	for _, column := range columns {
		column = strings.TrimPrefix(column, "public.")
		_, named := rows[column]
		_, unnamed := rows[column+" (nobody)"]
		if _, excepted := notTheMaker[column]; !named && !unnamed && !excepted {
			t.Errorf("%s names a person: say in rows which row keeps it, or in notTheMaker what it means", column)
		}
	}
	for column := range notTheMaker {
		if !slices.Contains(columns, column) && !slices.Contains(columns, "public."+column) {
			t.Errorf("notTheMaker has %s, which refers to no person", column)
		}
	}
	for column, row := range rows {
		table, name, _ := strings.Cut(strings.TrimSuffix(column, " (nobody)"), ".")
		for _, who := range slices.Concat(everybody, people{service}) {
			for _, person := range []string{"null", "pg_temp.id('stranger')", "pg_temp.id('outsider')", "gen_random_uuid()"} {
				sql := fmt.Sprintf("update public.%s set %s = %s where %s", table, name, person, row)
				got := w.attempt(t, who, try{name: column, sql: sql, want: refused})
				if person == "null" && strings.HasSuffix(column, "(nobody)") {
					continue // it changes nothing
				}
				if got != refused && got != noRow {
					t.Errorf("%s gives %s to %s: got %s, want it refused", who, column, person, got)
				}
			}
		}
	}
	// The service may write rows of others, but for people of the row's organization alone.
	for _, sql := range []string{
		"insert into public.impediments (sprint_id, raised_by, description) values (pg_temp.id('sprint'), {id}, 'New')",
		"update public.impediments set resolved_at = now(), resolved_by = {id} where impediment_id = pg_temp.id('hurdle')",
		"insert into public.daily_scrum_updates (daily_scrum_id, profile_id) values (pg_temp.id('empty_scrum'), {id})",
		"insert into public.daily_scrum_tasks (daily_scrum_id, task_id, profile_id, intent) values (pg_temp.id('scrum'), pg_temp.id('task'), {id}, 'will do')",
		"insert into public.tasks (project_id, task_name, created_by) values (pg_temp.id('project'), 'New', {id})",
	} {
		w.must(t, "select pg_temp.keep('nobody') where not exists (select from ids where name = 'nobody')")
		there, missing := w.refusal(t, service, sql, "outsider"), w.refusal(t, service, sql, "nobody")
		if !strings.HasPrefix(there, "23503 ") || there != missing {
			t.Errorf("the service names a person of another organization, and nobody: got %q and %q, want 23503 twice\n%s", there, missing, sql)
		}
		if got := w.refusal(t, service, sql, "stranger"); got != "" {
			t.Errorf("the service names a colleague: got %q, want it done\n%s", got, sql)
		}
	}
}
