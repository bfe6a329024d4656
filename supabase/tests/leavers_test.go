package tests

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// TestIsolationOfLeavers tries the whole matrix of TestIsolation as one person, the member, in each state of leaving:
// before, after leaving the project, after being removed from the organization or deleting the account, and after their
// user has come back into another organization.
func TestIsolationOfLeavers(t *testing.T) {
	t.Parallel()
	const comeBack = `select pg_temp.become('postgres');
		insert into auth.users (id, email, raw_user_meta_data)
		values (pg_temp.id('member'), 'back.' || pg_temp.id('member') || '@example.test', '{"username": "back", "org_name": "Elsewhere"}');`
	for _, state := range []struct {
		name, leave string
		// as is whose rights the member has then, in the same organization.
		as string
	}{
		{"before leaving", "", "member"},
		{"after leaving the project", "select pg_temp.become('member'); delete from public.project_members where profile_id = pg_temp.id('member')", "stranger"},
		{"after being removed from the project", "select pg_temp.become('manager'); delete from public.project_members where profile_id = pg_temp.id('member')", "stranger"},
		{"after being removed", "select pg_temp.become('admin'); select public.remove_member(pg_temp.id('member'))", ""},
		{"after being removed, with a successor", "select pg_temp.become('owner'); select public.remove_member(pg_temp.id('member'), pg_temp.id('manager'))", ""},
		{"after deleting the account", "select pg_temp.become('member'); select public.delete_my_account()", ""},
		{"after coming back elsewhere", "select pg_temp.become('owner'); select public.remove_member(pg_temp.id('member')); " + comeBack, ""},
	} {
		t.Run(state.name, func(t *testing.T) {
			t.Parallel()
			w := mustMakeWorld(t)
			if state.leave != "" {
				w.must(t, state.leave)
			}
			w.must(t, "select pg_temp.become('postgres')")
			tried := 0
			for _, a := range matrix {
				for _, try := range leaverTries(a, state.as) {
					tried++
					if got := w.attempt(t, "member", try); got != try.want {
						t.Errorf("%s\n%s\ngot %s, want %s", try.name, try.sql, got, try.want)
					}
				}
			}
			if tried < 80 {
				t.Errorf("tries: got %d, want at least 80", tried)
			}
		})
	}
}

// leaverTries are the tries of the member in their own organization, with the rights of another role there; of none:
// with those of a stranger to the organization.
func leaverTries(a access, as string) []try {
	if as == "" {
		tries := a.tries("member", "foreign_")
		for i := range tries {
			tries[i].sql = strings.ReplaceAll(tries[i].sql, "foreign_", "")
		}
		return tries
	}
	tries := a.tries(as, "")
	for i := range tries {
		tries[i].sql = strings.ReplaceAll(tries[i].sql, fmt.Sprintf("pg_temp.id('%s')", as), "pg_temp.id('member')")
	}
	return tries
}

// TestRemoveMember_atOnce has two owners remove each other, and one remove the other who demotes them: one of them
// stays, as owner.
func TestRemoveMember_atOnce(t *testing.T) {
	t.Parallel()
	for name, ways := range map[string][2]string{
		"each removes the other":   {"select public.remove_member({admin})", "select public.remove_member({owner})"},
		"one removes, one demotes": {"select public.remove_member({admin})", "update public.profiles set org_role = 'member' where profile_id = {owner}"},
		"one removes, one goes":    {"select public.remove_member({admin})", "select public.delete_my_account()"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := mustCommitWorld(t)
			w.mustDo("update public.profiles set org_role = 'owner' where profile_id = {admin}")
			owner, admin := w.session(1, "owner"), w.session(2, "admin")
			outcomes := atOnce(func() error { return owner.do(ways[0]) }, func() error { return admin.do(ways[1]) })
			if !slices.Contains(outcomes, "") {
				t.Errorf("outcomes: got %q, want at least one success", outcomes)
			}
			if owners := w.mustAsk("select count(*)::text from public.profiles where org_id = {org} and org_role = 'owner'"); owners != "1" {
				t.Errorf("owners who are left after %q: got %s, want 1", outcomes, owners)
			}
		})
	}
}
