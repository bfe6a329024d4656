package tests

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
)

// What two sessions can do at the same moment. Rounds find what chance brings; where an order
// matters, one session is held until the other one waits for it.
const rounds = 12

// mustHaveOneWinner fails unless exactly one call succeeded and each other came to one of want.
func mustHaveOneWinner(t *testing.T, outcomes []string, want ...string) {
	t.Helper()
	winners := 0
	for _, outcome := range outcomes {
		if outcome == "" {
			winners++
		} else if !slices.Contains(want, outcome) {
			t.Fatalf("outcomes: got %q, want one call to succeed and the others to get %s",
				outcomes, strings.Join(want, " or "))
		}
	}
	if winners != 1 {
		t.Fatalf("outcomes: got %q, %d calls that succeed, want 1", outcomes, winners)
	}
}

// mustSignUp makes a user as Auth does and keeps the id under the user's name.
func (w *committedWorld) mustSignUp(name, metadata string) {
	w.t.Helper()
	w.mustMake(name, "insert into auth.users (id, email, raw_user_meta_data) select id, $1 || '.' || id || '@example.test', $2 from gen_random_uuid() id returning id::text", name, metadata)
}

// mustInvite makes an invitation into the first organization, returning the token.
func (w *committedWorld) mustInvite(email string) (token string) {
	w.t.Helper()
	// A test makes more than an organization may.
	w.mustDo("delete from private.invitations_made where org_id = {org}")
	s := w.session(1, "owner")
	tx, err := s.begin()
	if err != nil {
		w.t.Fatalf("s.begin: %v", err)
	}
	if err := tx.QueryRow(w.ctx, "select token from public.create_invitation($1)", email).Scan(&token); err != nil {
		w.t.Fatalf("Scan: %v", err)
	}
	if err := tx.Commit(w.ctx); err != nil {
		w.t.Fatalf("tx.Commit: %v", err)
	}
	return token
}

func TestInvitation_acceptedTwiceAtOnce(t *testing.T) {
	t.Parallel()
	w := mustCommitWorld(t)
	for round := range rounds {
		name := fmt.Sprintf("guest%d", round)
		w.mustSignUp(name, "{}")
		token := w.mustInvite(w.mustAsk("select email from public.profiles where profile_id = {" + name + "}"))
		first, second, third := w.session(1, name), w.session(2, name), w.session(3, name)
		accept := func(s *session) func() error {
			return func() error { return s.do("select public.accept_invitation($1)", token) }
		}
		mustHaveOneWinner(t, atOnce(accept(first), accept(second), accept(third)), "PT409")
	}
	if joined := w.mustAsk("select count(*)::text from public.profiles where org_id = {org} and username like 'guest%'"); joined != fmt.Sprint(rounds) {
		t.Errorf("guests who joined: got %s, want %d", joined, rounds)
	}
}

// A sign-up with a token and an acceptance of it can't both be: the address is one user's. Two
// sign-ups can: the same form sent twice.
func TestInvitation_signUpTwiceAtOnce(t *testing.T) {
	t.Parallel()
	w := mustCommitWorld(t)
	for round := range rounds {
		email := fmt.Sprintf("twice%d.%s@example.test", round, w.ids["owner"])
		token := w.mustInvite(email)
		signUp := func(session int) func() error {
			id := fmt.Sprintf("twin%d_%d", session, round)
			s := w.session(session, "postgres")
			w.ids[id] = w.mustAsk("select gen_random_uuid()::text")
			return func() error {
				return s.do("insert into auth.users (id, email, raw_user_meta_data) values ({"+id+"}, $1, jsonb_build_object('invitation_token', $2::text))", email, token)
			}
		}
		// Whichever of the two rules comes first: one user an address, one use a token.
		mustHaveOneWinner(t, atOnce(signUp(1), signUp(2)), "23505", "PT409")
	}
}

func TestInvitation_madeTwiceAtOnce(t *testing.T) {
	t.Parallel()
	w := mustCommitWorld(t)
	for round := range rounds {
		email := fmt.Sprintf("asked%d@example.test", round)
		owner, admin := w.session(1, "owner"), w.session(2, "admin")
		invite := func(s *session) func() error {
			return func() error { return s.do("select public.create_invitation($1)", email) }
		}
		mustHaveOneWinner(t, atOnce(invite(owner), invite(admin)), "PT429")
		if open := w.mustAsk("select count(*)::text from public.invitations where org_id = {org} and email = $1", email); open != "1" {
			t.Fatalf("open invitations of %s: got %s, want 1", email, open)
		}
	}
}

// Several at the same moment each count those before them: one is left, of the hour and of those
// that are open.
func TestInvitation_lastAtOnce(t *testing.T) {
	t.Parallel()
	w := mustCommitWorld(t)
	for round := range rounds {
		w.mustDo("delete from private.invitations_made where org_id = {org}")
		w.mustDo("delete from public.invitations where org_id = {org}")
		if round%2 == 0 {
			w.mustDo("insert into private.invitations_made (org_id, email) select {org}, n || '@example.test' from generate_series(1, 19) n")
		} else {
			w.mustDo("insert into public.invitations (org_id, email, token_hash) select {org}, n || '@example.test', sha256(convert_to({org} || ' ' || n, 'UTF8')) from generate_series(1, 49) n")
		}
		calls := make([]func() error, 4)
		for i := range calls {
			s := w.session(i, []string{"owner", "admin"}[i%2])
			calls[i] = func() error {
				return s.do("select public.create_invitation($1)", fmt.Sprintf("guest%d@example.test", i))
			}
		}
		mustHaveOneWinner(t, atOnce(calls...), "PT429")
	}
}

func TestSignUp_sameNameAtOnce(t *testing.T) {
	t.Parallel()
	w := mustCommitWorld(t)
	var want []string
	for round := range rounds {
		var calls []func() error
		for session := range 3 {
			id := fmt.Sprintf("kim%d_%d", session, round)
			w.ids[id] = w.mustAsk("select gen_random_uuid()::text")
			email := id + "." + w.ids[id] + "@example.test"
			token := w.mustInvite(email)
			s := w.session(session, "postgres")
			metadata := fmt.Sprintf(`{"username": "Kim%d", "invitation_token": %q}`, round, token)
			calls = append(calls, func() error {
				return s.do("insert into auth.users (id, email, raw_user_meta_data) values ({"+id+"}, $1, $2)", email, metadata)
			})
		}
		if outcomes := atOnce(calls...); !slices.Equal(outcomes, []string{"", "", ""}) {
			t.Fatalf("three sign-ups of one name: got outcomes %q, want all to succeed", outcomes)
		}
		want = append(want, fmt.Sprintf("Kim%d", round), fmt.Sprintf("Kim%d-2", round), fmt.Sprintf("Kim%d-3", round))
	}
	got := strings.Split(w.mustAsk("select string_agg(username, ' ') from public.profiles where org_id = {org} and username like 'Kim%'"), " ")
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("user names: got %v, want %v", got, want)
	}
}

func TestOwners_leaveAtOnce(t *testing.T) {
	t.Parallel()
	const (
		stepDown = "update public.profiles set org_role = 'member' where profile_id = {%s}"
		leave    = "select public.delete_my_account()"
	)
	for name, ways := range map[string][2]string{
		"both step down":           {fmt.Sprintf(stepDown, "owner"), fmt.Sprintf(stepDown, "admin")},
		"each demotes the other":   {fmt.Sprintf(stepDown, "admin"), fmt.Sprintf(stepDown, "owner")},
		"both delete themselves":   {leave, leave},
		"one steps down, one goes": {fmt.Sprintf(stepDown, "owner"), leave},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := mustCommitWorld(t)
			for range rounds / 3 {
				w.mustDo("update public.profiles set org_role = 'owner' where profile_id = {admin}")
				owner, admin := w.session(1, "owner"), w.session(2, "admin")
				outcomes := atOnce(
					func() error { return owner.do(ways[0]) },
					func() error { return admin.do(ways[1]) })
				// Who has just been demoted finds nobody to demote, or is refused midway.
				mustHaveOneWinner(t, outcomes, "PT409", refused, noRow)
				if owners := w.mustAsk("select count(*)::text from public.profiles where org_id = {org} and org_role = 'owner'"); owners != "1" {
					t.Fatalf("owners who are left: got %s, want 1", owners)
				}
				if strings.Contains(ways[0]+ways[1], "delete") {
					return // one of them is gone
				}
				w.mustDo("update public.profiles set org_role = 'owner' where profile_id in ({owner}, {admin})")
			}
		})
	}
}

// The last two people may go at the same moment; whoever is last takes the organization along.
func TestAccount_lastTwoDeleteAtOnce(t *testing.T) {
	t.Parallel()
	w := mustCommitWorld(t)
	w.ids["partner"] = w.mustAsk("select gen_random_uuid()::text")
	w.mustDo("insert into public.invitations (org_id, email, token_hash) values ({foreign_org}, 'partner@example.test', sha256(convert_to({partner}::text, 'UTF8')))")
	w.mustDo("insert into auth.users (id, email, raw_user_meta_data) values ({partner}, 'partner@example.test', jsonb_build_object('invitation_token', {partner}))")
	w.mustDo("update public.profiles set org_role = 'owner' where profile_id = {partner}")
	a, b := w.session(1, "outsider"), w.session(2, "partner")
	outcomes := atOnce(
		func() error { return a.do("select public.delete_my_account()") },
		func() error { return b.do("select public.delete_my_account()") })
	if !slices.Equal(outcomes, []string{"", ""}) {
		t.Fatalf("two deletions of one's account: got outcomes %q, want both to succeed", outcomes)
	}
	left := w.mustAsk(`select (select count(*) from public.organizations where org_id = {foreign_org})
		|| ' ' || (select count(*) from public.tasks where project_id = {foreign_project})
		|| ' ' || (select count(*) from auth.users where id in ({outsider}, {partner}))`)
	if left != "0 0 0" {
		t.Errorf("organizations, tasks and users left: got %s, want 0 0 0", left)
	}
}

// mustMeet makes two strangers, each alone in their own organization, and an invitation of each
// to the other; host's and guest's ids and tokens are kept by those names.
func (w *committedWorld) mustMeet() {
	w.t.Helper()
	for _, name := range []string{"host", "guest"} {
		w.mustSignUp(name, "{}")
		w.ids[name+"_org"] = w.mustAsk("select org_id::text from public.profiles where profile_id = {" + name + "}")
		w.ids[name+"_token"] = w.mustAsk("select gen_random_uuid()::text")
	}
	w.ids["newcomer"] = w.mustAsk("select gen_random_uuid()::text")
	w.ids["newcomer_token"] = w.mustAsk("select gen_random_uuid()::text")
	w.ids["host_to_org_token"] = w.mustAsk("select gen_random_uuid()::text")
	w.mustDo(`insert into public.invitations (org_id, email, token_hash)
		select made.org, made.email, sha256(convert_to(made.token::text, 'UTF8'))
		from (values
			({org}, (select email from public.profiles where profile_id = {host}), {host_to_org_token}),
			({guest_org}, (select email from public.profiles where profile_id = {host}), {host_token}),
			({host_org}, (select email from public.profiles where profile_id = {guest}), {guest_token}),
			({host_org}, 'newcomer.' || {newcomer}::text || '@example.test', {newcomer_token})) made (org, email, token)`)
}

// mustLeaveNobodyBehind checks that whoever is a user has a profile in an organization that has
// an owner, and that no organization is without people.
func (w *committedWorld) mustLeaveNobodyBehind() {
	w.t.Helper()
	left := w.mustAsk(`select concat_ws('; ',
		(select 'users without a profile: ' || string_agg(u.id::text, ', ') from auth.users u
			where u.id in ({host}, {guest}, {newcomer}) and not exists (select from public.profiles p where p.profile_id = u.id)),
		(select 'organizations without an owner: ' || string_agg(o.org_id::text, ', ') from public.organizations o
			where o.org_id in ({host_org}, {guest_org}, {org}) and not exists (
				select from public.profiles p where p.org_id = o.org_id and p.org_role = 'owner')))`)
	if left != "" {
		w.t.Fatalf("users and organizations: got %s, want every user in one, and every one with an owner", left)
	}
}

// The only person of an organization goes, and it with them, while somebody joins it: one of the
// two happens. Else who has joined would be deleted with the organization.
func TestInvitation_acceptedWhileTheLastPersonGoes(t *testing.T) {
	t.Parallel()
	const (
		signUp = "insert into auth.users (id, email, raw_user_meta_data) values ({newcomer}, 'newcomer.' || {newcomer}::text || '@example.test', jsonb_build_object('invitation_token', {newcomer_token}))"
		accept = "select public.accept_invitation({guest_token}::text)"
	)
	for name, way := range map[string]struct {
		going, coming, who string
	}{
		"to a third organization, a sign-up comes": {"select public.accept_invitation({host_to_org_token}::text)", signUp, "postgres"},
		"to a third organization, a user comes":    {"select public.accept_invitation({host_to_org_token}::text)", accept, "guest"},
		"each to the other's":                      {"select public.accept_invitation({host_token}::text)", accept, "guest"},
		"by deleting the account, a sign-up comes": {"select public.delete_my_account()", signUp, "postgres"},
		"by deleting the account, a user comes":    {"select public.delete_my_account()", accept, "guest"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := mustCommitWorld(t)
			for range rounds / 3 {
				w.mustMeet()
				going, coming := w.session(1, "host"), w.session(2, way.who)
				mustHaveOneWinner(t, atOnce(
					func() error { return going.do(way.going) },
					func() error { return coming.do(way.coming) }), "PT404", "PT409")
				w.mustLeaveNobodyBehind()
				w.mustForget()
			}
			for _, first := range []string{"goes first", "comes first"} {
				w.mustMeet()
				going, coming := w.session(1, "host"), w.session(2, way.who)
				held, waiting, hold, wait := going, coming, way.going, way.coming
				if first == "comes first" {
					held, waiting, hold, wait = coming, going, way.coming, way.going
				}
				tx := mustHold(t, held, hold)
				done := background(func() error { return waiting.do(wait) })
				waiting.mustBlock(done)
				if err := tx.Commit(w.ctx); err != nil {
					t.Fatalf("tx.Commit: %v", err)
				}
				mustHaveOneWinner(t, []string{"", <-done}, "PT404", "PT409")
				w.mustLeaveNobodyBehind()
				w.mustForget()
			}
		})
	}
}

// mustForget deletes those who have met.
func (w *committedWorld) mustForget() {
	w.t.Helper()
	w.mustDo("delete from public.organizations where org_id in ({host_org}, {guest_org})")
	w.mustDo("delete from auth.users where id in ({host}, {guest}, {newcomer})")
}

// mustRunSprint makes a running sprint of the project, in place of the one before.
func (w *committedWorld) mustRunSprint(round int) {
	w.t.Helper()
	w.mustDo("update public.sprints set status = 'Completed', completed_at = now() where project_id = {project} and status = 'Active'")
	w.mustMake("sprint", "insert into public.sprints (project_id, sprint_name, start_date, end_date, status, started_at) select {project}, 'Round', day, day, 'Active', now() from (select date '2040-01-01' + $1::int as day) d returning sprint_id::text", round)
	w.mustDo("update public.tasks set sprint_id = null, status = 'Planned' where project_id = {project}")
	w.mustDo("update public.tasks set sprint_id = {sprint} where task_id = {task}")
}

// mustLoseNothing checks a closed sprint: what it holds is done, and is what its figures say.
func (w *committedWorld) mustLoseNothing() {
	w.t.Helper()
	if lost := w.mustAsk("select count(*)::text from public.tasks where sprint_id = {sprint} and status not in ('Completed', 'Cancelled')"); lost != "0" {
		w.t.Fatalf("unfinished tasks in the closed sprint: got %s, want 0", lost)
	}
	var frozen, held []string
	for sql, into := range map[string]*[]string{
		"select coalesce(jsonb_agg(t ->> 'task_id' order by t ->> 'task_id'), '[]')::text from public.sprint_snapshots s, jsonb_array_elements(s.figures -> 'tasks') t where s.sprint_id = {sprint} and moment = 'close' and t ->> 'status' in ('Completed', 'Cancelled')": &frozen,
		"select coalesce(jsonb_agg(task_id order by task_id::text), '[]')::text from public.tasks where sprint_id = {sprint}":                                                                                                                                              &held,
	} {
		if err := json.Unmarshal([]byte(w.mustAsk(sql)), into); err != nil {
			w.t.Fatalf("json.Unmarshal: %v", err)
		}
	}
	if !slices.Equal(frozen, held) {
		w.t.Fatalf("tasks of the closed sprint: got %v, want those of its figures: %v", held, frozen)
	}
}

func TestCompleteSprint_whileTasksMove(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]string{
		"a task comes from the backlog": "update public.tasks set sprint_id = {sprint} where task_id = {backlog_task}",
		"a new task is made in it":      "insert into public.tasks (project_id, sprint_id, task_name) values ({project}, {sprint}, 'Late')",
		"a task of it is completed":     "update public.tasks set status = 'Completed' where task_id = {task}",
		"a task of it goes elsewhere":   "update public.tasks set sprint_id = {next_sprint} where task_id = {task}",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := mustCommitWorld(t)
			for round := range rounds / 2 {
				w.mustRunSprint(round)
				closer, mover := w.session(1, "scrum_master"), w.session(2, "member")
				outcomes := atOnce(
					func() error { return closer.do("select public.complete_sprint({sprint}, {next_sprint})") },
					func() error { return mover.do(change) })
				if outcomes[0] != "" || (outcomes[1] != "" && outcomes[1] != "PT409") {
					t.Fatalf("round %d: got outcomes %q, want the sprint completed and the change made or PT409",
						round, outcomes)
				}
				w.mustLoseNothing()
			}

			t.Run("first", func(t *testing.T) {
				w.mustRunSprint(100)
				closer, mover := w.session(1, "scrum_master"), w.session(2, "member")
				tx := mustHold(t, mover, change)
				done := background(func() error { return closer.do("select public.complete_sprint({sprint}, {next_sprint})") })
				closer.mustBlock(done)
				if err := tx.Commit(w.ctx); err != nil {
					t.Fatalf("tx.Commit: %v", err)
				}
				if outcome := <-done; outcome != "" {
					t.Fatalf("complete_sprint after the change: got %q, want no error", outcome)
				}
				w.mustLoseNothing()
			})
			t.Run("second", func(t *testing.T) {
				w.mustRunSprint(200)
				closer, mover := w.session(1, "scrum_master"), w.session(2, "member")
				tx := mustHold(t, closer, "select public.complete_sprint({sprint}, {next_sprint})")
				done := background(func() error { return mover.do(change) })
				mover.mustBlock(done)
				if err := tx.Commit(w.ctx); err != nil {
					t.Fatalf("tx.Commit: %v", err)
				}
				if outcome := <-done; outcome != "" && outcome != "PT409" {
					t.Fatalf("the change after complete_sprint: got %q, want no error or PT409", outcome)
				}
				w.mustLoseNothing()
			})
		})
	}
}

// What is written into a scrum while its sprint is being completed is either in the frozen views or refused, and so is
// the scrum itself.
func TestCompleteSprint_whileScrumIsAnswered(t *testing.T) {
	t.Parallel()
	const openScrum = "insert into public.daily_scrums (sprint_id, scrum_date) values ({sprint}, private.org_today({org})) returning daily_scrum_id::text"
	for name, change := range map[string]string{
		"an update is posted":     "insert into public.daily_scrum_updates (daily_scrum_id, today_work) values ({scrum}, 'Written')",
		"an impediment is raised": "insert into public.impediments (sprint_id, description) values ({sprint}, 'Written')",
		"a scrum is opened":       openScrum,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := mustCommitWorld(t)
			for round, changeFirst := range []bool{true, false} {
				w.mustRunSprint(round)
				mark := "%Written%"
				if change == openScrum {
					mark = "%daily_scrum_id%"
				} else {
					w.mustMake("scrum", openScrum)
				}
				closer, writer := w.session(1, "scrum_master"), w.session(2, "member")
				const complete = "select public.complete_sprint({sprint})"
				holder, waiter, held, waiting := closer, writer, complete, change
				if changeFirst {
					holder, waiter, held, waiting = writer, closer, change, complete
				}
				tx := mustHold(t, holder, held)
				done := background(func() error { return waiter.do(waiting) })
				waiter.mustBlock(done)
				if err := tx.Commit(w.ctx); err != nil {
					t.Fatalf("tx.Commit: %v", err)
				}
				want, frozen := "PT409", "0"
				if changeFirst {
					want, frozen = "", "1"
				}
				if outcome := <-done; outcome != want {
					t.Errorf("the second to come, the change first: %t: got %q, want %q", changeFirst, outcome, want)
				}
				if got := w.mustAsk(`select count(*)::text from private.closed_views where sprint_id = {sprint} and view = 'scrum'
					and day = private.org_today({org}) and answer::text like $1`, mark); got != frozen {
					t.Errorf("frozen scrums with the change, the change first: %t: got %s, want %s", changeFirst, got, frozen)
				}
			}
		})
	}
}

// mustHold runs a statement and keeps its transaction open.
func mustHold(t *testing.T, s *session, sql string) pgx.Tx {
	t.Helper()
	tx, err := s.begin()
	if err != nil {
		t.Fatalf("s.begin: %v", err)
	}
	if _, err := tx.Exec(s.w.ctx, s.w.fill(sql)); err != nil {
		t.Fatalf("exec: %v\n%s", err, sql)
	}
	return tx
}

// Of two moves behind the same task at the same moment the second finds what the first has left: it comes right behind
// that task, and the first behind it.
func TestMoveTask_twoAtOnce(t *testing.T) {
	t.Parallel()
	w := mustCommitWorld(t)
	w.mustRunSprint(0)
	for _, name := range []string{"a", "b", "c"} {
		w.mustMake(name, "insert into public.tasks (project_id, sprint_id, task_name, status) values ({project}, {sprint}, $1, 'On Hold') returning task_id::text", name)
	}
	first, second := w.session(1, "member"), w.session(2, "scrum_master")
	tx := mustHold(t, first, "select public.move_task({b}, 'On Hold', {a})")
	done := background(func() error { return second.do("select public.move_task({c}, 'On Hold', {a})") })
	second.mustBlock(done)
	if err := tx.Commit(w.ctx); err != nil {
		t.Fatalf("tx.Commit: %v", err)
	}
	if outcome := <-done; outcome != "" {
		t.Errorf("the second move: got %q, want no error", outcome)
	}
	if got := w.mustAsk("select string_agg(task_name, ' ' order by board_rank, task_id) from public.tasks where sprint_id = {sprint} and status = 'On Hold'"); got != "a c b" {
		t.Errorf("the column: got %q, want %q", got, "a c b")
	}
}

// A move beside a change of the task, or of one that must make room for it, waits until that is done, without the
// board's lock: another move goes on meanwhile.
func TestMoveTask_whileATaskIsChanged(t *testing.T) {
	t.Parallel()
	for _, changed := range []string{"b", "c"} {
		t.Run(changed, func(t *testing.T) {
			t.Parallel()
			w := mustCommitWorld(t)
			w.mustRunSprint(0)
			// Between the ranks of "a" and "c" there is no other, so that a move behind "a" makes room.
			for name, rank := range map[string]float64{"a": 1, "c": math.Nextafter(1, 2), "b": 2, "other": 3} {
				w.mustMake(name, "insert into public.tasks (project_id, sprint_id, task_name, status, board_rank) values ({project}, {sprint}, $1, 'On Hold', $2) returning task_id::text", name, rank)
			}
			changer, mover, third := w.session(1, "manager"), w.session(2, "member"), w.session(3, "scrum_master")
			tx := mustHold(t, changer, "update public.tasks set task_name = 'changed' where task_id = {"+changed+"}")
			done := background(func() error { return mover.do("select public.move_task({b}, 'On Hold', {a})") })
			if err := third.do("select public.move_task({other}, 'In Review')"); err != nil {
				t.Errorf("a move of another task meanwhile: got %v, want no error", err)
			}
			select {
			case outcome := <-done:
				t.Fatalf("the move beside the change: got %q before that was done", outcome)
			default:
			}
			if err := tx.Commit(w.ctx); err != nil {
				t.Fatalf("tx.Commit: %v", err)
			}
			if outcome := <-done; outcome != "" {
				t.Errorf("the move after the change: got %q, want no error", outcome)
			}
		})
	}
}

func TestStartSprint_twoAtOnce(t *testing.T) {
	t.Parallel()
	w := mustCommitWorld(t)
	for round := range rounds {
		w.mustDo("update public.sprints set status = 'Cancelled' where project_id = {project} and status in ('Planned', 'Active')")
		for i, name := range []string{"one", "two"} {
			w.mustMake(name, "insert into public.sprints (project_id, sprint_name, start_date, end_date) select {project}, 'Round', day, day from (select date '2040-01-01' + $1::int as day) d returning sprint_id::text", 2*round+i)
		}
		first, second, third := w.session(1, "manager"), w.session(2, "scrum_master"), w.session(3, "owner")
		start := func(s *session, name string) func() error {
			return func() error { return s.do("select public.start_sprint({" + name + "})") }
		}
		mustHaveOneWinner(t, atOnce(start(first, "one"), start(second, "two"), start(third, "one")), "PT409")
		if running := w.mustAsk("select count(*) || ' ' || (select count(*) from public.sprint_snapshots where sprint_id in ({one}, {two})) from public.sprints where project_id = {project} and status = 'Active'"); running != "1 1" {
			t.Fatalf("running sprints and snapshots: got %s, want 1 1", running)
		}
	}
}

func TestCompleteSprint_twiceAtOnce(t *testing.T) {
	t.Parallel()
	w := mustCommitWorld(t)
	for round := range rounds {
		w.mustRunSprint(round)
		first, second := w.session(1, "manager"), w.session(2, "scrum_master")
		mustHaveOneWinner(t, atOnce(
			func() error { return first.do("select public.complete_sprint({sprint}, {next_sprint})") },
			func() error { return second.do("select public.complete_sprint({sprint})") }), "PT409")
		w.mustLoseNothing()
	}
}

// mustMatchEvents compares the figures frozen when the sprint was completed with what the events
// say its tasks were at that moment.
func (w *committedWorld) mustMatchEvents() {
	w.t.Helper()
	differences := w.mustAsk(`
		with frozen as (
			select (t ->> 'task_id')::uuid as task_id, t ->> 'status' as status,
				(t ->> 'story_points')::numeric as story_points, (t ->> 'assigned_to')::uuid as assigned_to
			from public.sprint_snapshots n, jsonb_array_elements(n.figures -> 'tasks') t
			where n.sprint_id = {sprint} and n.moment = 'close'
		), replayed as (
			select e.task_id, e.status::text, e.story_points, e.assigned_to
			from (select distinct on (task_id) * from public.task_events
				where project_id = {project} and at <= (select completed_at from public.sprints where sprint_id = {sprint})
				order by task_id, event_id desc) e
			where e.sprint_id = {sprint} and e.kind <> 'deleted'
		)
		select (select count(*) from frozen) || ' frozen, ' || (select count(*) from replayed) || ' replayed, '
			|| (select count(*) from (table frozen except table replayed) f) || ' of the figures alone, '
			|| (select count(*) from (table replayed except table frozen) r) || ' of the events alone'`)
	var frozen, replayed, figures, events int
	if _, err := fmt.Sscanf(differences, "%d frozen, %d replayed, %d of the figures alone, %d of the events alone", &frozen, &replayed, &figures, &events); err != nil {
		w.t.Fatalf("read the numbers of %q: %v", differences, err)
	}
	if frozen == 0 || frozen != replayed || figures != 0 || events != 0 {
		w.t.Fatalf("tasks of the closed sprint: got %s, want as many frozen as replayed, and the same ones",
			differences)
	}
}

// mustFillSprint puts tasks into the running sprint, the first and the last of which, by their
// keys, are kept by those names.
func (w *committedWorld) mustFillSprint(tasks int) {
	w.t.Helper()
	w.mustDo("delete from public.tasks where project_id = {project} and task_name like 'Many %'")
	w.mustDo("insert into public.tasks (project_id, sprint_id, task_name, story_points) select {project}, {sprint}, 'Many ' || n, 1 from generate_series(1, $1::int) n", tasks)
	w.ids["first_task"] = w.mustAsk("select task_id::text from public.tasks where sprint_id = {sprint} order by task_id limit 1")
	w.ids["last_task"] = w.mustAsk("select task_id::text from public.tasks where sprint_id = {sprint} order by task_id desc limit 1")
}

// Whoever changes many tasks locks them in an order of their own. That may refuse the change, as
// two changes of many tasks may refuse each other, but never the completion of the sprint.
func TestCompleteSprint_whileManyTasksChange_slow(t *testing.T) {
	t.Parallel()
	const complete = "select public.complete_sprint({sprint}, {next_sprint})"

	// One lock of the change before the completion, one after it: they are in each other's way.
	const later = "update public.tasks set story_points = 5 where task_id = {first_task}"
	for name, earlier := range map[string]string{
		"about two tasks":             "update public.tasks set story_points = 3 where task_id = {last_task}",
		"about the sprint and a task": "insert into public.tasks (project_id, sprint_id, task_name) values ({project}, {sprint}, 'Many and one')",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := mustCommitWorld(t)
			w.mustRunSprint(0)
			w.mustFillSprint(20)
			closer, mover := w.session(1, "scrum_master"), w.session(2, "member")
			tx := mustHold(t, mover, earlier)
			done := background(func() error { return closer.do(complete) })
			closer.mustBlock(done)
			_, err := tx.Exec(w.ctx, w.fill(later))
			if err == nil {
				err = tx.Commit(w.ctx)
			} else if rolledBack := tx.Rollback(w.ctx); rolledBack != nil {
				t.Fatalf("roll the change back: %v", rolledBack)
			}
			if outcome := code(err); outcome != "" && outcome != "40P01" {
				t.Errorf("the change: got %q, want no error or 40P01", outcome)
			}
			if outcome := <-done; outcome != "" {
				t.Fatalf("complete_sprint: got %q, want no error", outcome)
			}
			w.mustLoseNothing()
			w.mustMatchEvents()
		})
	}

	// The changes keep to one order, the completion's backwards: they wait for each other, and are
	// in the way of the completion alone. A deadlock takes a second to be found.
	t.Run("by chance", func(t *testing.T) {
		t.Parallel()
		w := mustCommitWorld(t)
		for round := range 2 {
			w.mustRunSprint(round)
			w.mustFillSprint(100)
			closer := w.session(0, "scrum_master")
			calls := []func() error{func() error { return closer.do(complete) }}
			for i, change := range []string{
				"update public.tasks set story_points = story_points + 1 where task_id in (select task_id from public.tasks where sprint_id = {sprint} order by task_id desc for no key update)",
				"update public.tasks set status = 'Completed' where task_id in (select task_id from public.tasks where sprint_id = {sprint} and status = 'Planned' order by task_id desc limit 9 for no key update)",
				"update public.tasks set sprint_id = {next_sprint} where task_id in (select task_id from public.tasks where sprint_id = {sprint} and status = 'Planned' order by task_id desc limit 3 for no key update)",
			} {
				mover := w.session(i+1, []string{"member", "manager", "owner"}[i])
				calls = append(calls, func() error {
					for range 5 {
						// A change may be what the deadlock ends, and the completed sprint may have nothing left to change.
						if outcome := code(mover.do(change)); !slices.Contains([]string{"", noRow, "40P01"}, outcome) {
							return fmt.Errorf("the change: %s", outcome)
						}
					}
					return nil
				})
			}
			outcomes := atOnce(calls...)
			if !slices.Contains([]string{"", "PT503"}, outcomes[0]) || !slices.Equal(outcomes[1:], []string{"", "", ""}) {
				t.Fatalf("round %d: got outcomes %q, want the sprint completed or PT503, and no error of the changes",
					round, outcomes)
			}
			if outcomes[0] == "PT503" {
				// The changes kept it from its turn. They are over.
				if err := closer.do(complete); err != nil {
					t.Fatalf("round %d: complete_sprint after the changes: got error %v, want none", round, err)
				}
			}
			w.mustMatchEvents()
		}
	})
}

// An impediment that is raised while its sprint is being deleted keeps it.
func TestSprint_deletedWhileAnImpedimentIsRaised(t *testing.T) {
	t.Parallel()
	const (
		raise  = "insert into public.impediments (sprint_id, description) values ({next_sprint}, 'In the way')"
		remove = "delete from public.sprints where sprint_id = {next_sprint}"
	)
	w := mustCommitWorld(t)
	member, lead := w.session(1, "member"), w.session(2, "scrum_master")
	tx := mustHold(t, member, raise)
	done := background(func() error { return lead.do(remove) })
	lead.mustBlock(done)
	if err := tx.Commit(w.ctx); err != nil {
		t.Fatalf("tx.Commit: %v", err)
	}
	if outcome := <-done; outcome != "PT409" {
		t.Errorf("the sprint's deletion: got %q, want PT409", outcome)
	}
	w.mustDo("delete from public.impediments where sprint_id = {next_sprint}")
	tx = mustHold(t, lead, remove)
	done = background(func() error { return member.do(raise) })
	member.mustBlock(done)
	if err := tx.Commit(w.ctx); err != nil {
		t.Fatalf("tx.Commit: %v", err)
	}
	if outcome := <-done; outcome != "23503" {
		t.Errorf("the impediment: got %q, want 23503", outcome)
	}
}

func TestSubmitScrumUpdate_twiceAtOnce(t *testing.T) {
	t.Parallel()
	w := mustCommitWorld(t)
	for range rounds {
		w.mustDo("delete from public.daily_scrum_updates where project_id = {project}")
		w.mustDo("delete from public.daily_scrum_tasks where project_id = {project}")
		w.mustDo("delete from public.impediments where project_id = {project}")
		phone, desk := w.session(1, "member"), w.session(2, "member")
		outcomes := atOnce(
			func() error {
				return phone.do(`select public.submit_scrum_update({scrum}, 'phone', 'phone', array[{task}], array[{task}], '[{"description": "No key"}]')`)
			},
			func() error {
				return desk.do(`select public.submit_scrum_update({scrum}, 'desk', 'desk', array[{backlog_task}], array[{backlog_task}], '[{"description": "No key"}]')`)
			})
		if !slices.Equal(outcomes, []string{"", ""}) {
			t.Fatalf("two updates at once: got outcomes %q, want both to succeed", outcomes)
		}
		got := w.mustAsk(`select string_agg(yesterday_work || ' ' || today_work, ',') || ': ' || (
				select string_agg(case task_id when {task} then 'phone' else 'desk' end || ' ' || intent, ', ' order by intent)
				from public.daily_scrum_tasks where project_id = {project}) || '; '
				|| (select count(*) from public.impediments where project_id = {project})
			from public.daily_scrum_updates where project_id = {project}`)
		if got != "phone phone: phone did, phone will do; 1" && got != "desk desk: desk did, desk will do; 1" {
			t.Fatalf("the update: got %q, want the phone's or the desk's alone", got)
		}
	}
}

func TestOpenDailyScrums_twiceAtOnce(t *testing.T) {
	t.Parallel()
	w := mustCommitWorld(t)
	// Yesterday: a day that doesn't end between two calls, as today may.
	yesterday := w.mustAsk("select (private.org_today({org}) - 1)::text")
	for range rounds {
		w.mustDo("delete from public.daily_scrums where project_id = {project}")
		first, second := w.session(1, "member"), w.session(2, "manager")
		open := func(s *session) func() error {
			return func() error { return s.do("select public.open_daily_scrums($1)", yesterday) }
		}
		if outcomes := atOnce(open(first), open(second)); !slices.Equal(outcomes, []string{"", ""}) {
			t.Fatalf("two calls of open_daily_scrums: got outcomes %q, want both to get the scrum", outcomes)
		}
		if scrums := w.mustAsk("select count(*)::text from public.daily_scrums where project_id = {project}"); scrums != "1" {
			t.Fatalf("scrums of one day: got %s, want 1", scrums)
		}
	}
}

// A member who leaves while a task is given to them: it is theirs and then nobody's, or refused.
func TestMember_leavesWhileAssigned(t *testing.T) {
	t.Parallel()
	w := mustCommitWorld(t)
	for range rounds {
		w.mustDo("insert into public.project_members (project_id, profile_id, org_id, role) values ({project}, {viewer}, {org}, 'viewer') on conflict do nothing")
		leaver, giver := w.session(1, "viewer"), w.session(2, "manager")
		outcomes := atOnce(
			func() error { return leaver.do("delete from public.project_members where profile_id = {viewer}") },
			func() error { return giver.do("update public.tasks set assigned_to = {viewer} where task_id = {task}") })
		if outcomes[0] != "" || (outcomes[1] != "" && outcomes[1] != "23503") {
			t.Fatalf("got outcomes %q, want the member to leave, and the assignment made or 23503", outcomes)
		}
		state := w.mustAsk(`select coalesce(t.assigned_to::text, 'nobody') || ' ' || coalesce((
				select e.new_value from public.task_events e where e.task_id = t.task_id and kind = 'assignee' order by event_id desc limit 1), 'nobody')
			from public.tasks t where task_id = {task}`)
		if assignee, recorded, _ := strings.Cut(state, " "); assignee != recorded || assignee == w.ids["viewer"] {
			t.Fatalf("the assignee: got %s, by the events %s, want the same, and not the one who left",
				assignee, recorded)
		}
	}
}

// The last two won deals of an account are taken back at the same moment: the second sees that none is left.
func TestAccountType_lastTwoWonDealsTakenBackAtOnce(t *testing.T) {
	t.Parallel()
	w := mustCommitWorld(t)
	for _, name := range []string{"one", "two"} {
		w.mustMake(name, "insert into public.opportunities (org_id, opportunity_name, account_id, stage) values ({org}, 'Won', {account}, 'Closed Won') returning opportunity_id::text")
	}
	if kind := w.mustAsk("select account_type::text from public.accounts where account_id = {account}"); kind != "Customer" {
		t.Fatalf("the account with two won deals: got a %s, want a Customer", kind)
	}
	first, second := w.session(1, "owner"), w.session(2, "admin")
	tx := mustHold(t, first, "update public.opportunities set stage = 'Closed Lost' where opportunity_id = {one}")
	done := background(func() error { return second.do("delete from public.opportunities where opportunity_id = {two}") })
	second.mustBlock(done)
	if err := tx.Commit(w.ctx); err != nil {
		t.Fatalf("tx.Commit: %v", err)
	}
	if outcome := <-done; outcome != "" {
		t.Fatalf("the second: got %s, want it to succeed", outcome)
	}
	if kind := w.mustAsk("select account_type::text from public.accounts where account_id = {account}"); kind != "Prospect" {
		t.Errorf("the account without a won deal: got a %s, want a Prospect", kind)
	}
}

// What a bulk update costs: one INSERT into task_events, however many tasks change. Rows made
// by one statement share cmin.
func TestBulkUpdateWritesEventsOnce(t *testing.T) {
	t.Parallel()
	tx := MustBegin(t)
	ctx := Deadline(t)
	var inserts, events, changed int
	err := tx.QueryRow(ctx, `
		with made as (
			insert into public.organizations (org_name) values ('Bulk') returning org_id
		), project as (
			insert into public.projects (org_id, project_name, profile_id) select org_id, 'Bulk', null from made returning project_id
		)
		select project_id::text from project`).Scan(new(string))
	if err != nil {
		t.Fatalf("Scan: %v", err)
	}
	for _, step := range []struct {
		name, sql string
		events    int
	}{
		{"1,000 tasks made", `insert into public.tasks (project_id, task_name, story_points)
			select p.project_id, 'Task ' || n, 1 from public.projects p, generate_series(1, 1000) n where p.project_name = 'Bulk' and p.created_at = now()`, 2000},
		{"1,000 tasks changed", `update public.tasks t set status = 'In Progress', story_points = 3
			from public.projects p where p.project_id = t.project_id and p.project_name = 'Bulk' and p.created_at = now()`, 2000},
		{"1,000 tasks deleted", `delete from public.tasks t
			using public.projects p where p.project_id = t.project_id and p.project_name = 'Bulk' and p.created_at = now()`, 1000},
	} {
		const count = `select count(distinct cmin::text), count(*) from public.task_events where xmin = pg_current_xact_id()::xid`
		var insertsBefore, eventsBefore int
		if err := tx.QueryRow(ctx, count).Scan(&insertsBefore, &eventsBefore); err != nil {
			t.Fatalf("Scan: %v", err)
		}
		tag, err := tx.Exec(ctx, step.sql)
		if err != nil {
			t.Fatalf("tx.Exec: %v", err)
		}
		if changed = int(tag.RowsAffected()); changed != 1000 {
			t.Fatalf("%s: got %d rows, want 1000", step.name, changed)
		}
		if err := tx.QueryRow(ctx, count).Scan(&inserts, &events); err != nil {
			t.Fatalf("Scan: %v", err)
		}
		if inserts-insertsBefore != 1 || events-eventsBefore != step.events {
			t.Errorf("%s: got %d inserts of %d events, want 1 of %d",
				step.name, inserts-insertsBefore, events-eventsBefore, step.events)
		}
	}
}

// mustSubscribe makes channels of the first organization, told of its scrums. The digest of the world's scrum is due since
// half the time since its day began, so for twelve hours to come: past midnight, too.
func (w *committedWorld) mustSubscribe(channels int) {
	w.t.Helper()
	w.mustDo(`update public.organizations o set digest_time = ('00:00'::time + ((now() at time zone o.timezone) - d.scrum_date) / 2)
		from public.daily_scrums d where o.org_id = {org} and d.daily_scrum_id = {scrum}`)
	w.mustDo("insert into public.notification_channels (org_id, channel_name, kind, target, created_by) select {org}, 'Channel ' || n, 'slack', 'https://hooks.example.test/' || n, {owner} from generate_series(1, $1::int) n", channels)
}

// claim asks for some of the digests that are due, as the service, and returns which it got.
func (w *committedWorld) claim(session, batch int) ([]string, error) {
	tx, err := w.sessions[session].Begin(w.ctx)
	if err != nil {
		return nil, err
	}
	defer func() { _ = tx.Rollback(w.ctx) }() // nothing once it is committed
	got, err := w.claimIn(tx, batch)
	if err != nil {
		return nil, err
	}
	return got, tx.Commit(w.ctx)
}

// claimIn is claim in a transaction that stays open. It returns a channel and the number of the attempt for each digest.
func (w *committedWorld) claimIn(tx pgx.Tx, batch int) ([]string, error) {
	if _, err := tx.Exec(w.ctx, "set local role service_role"); err != nil {
		return nil, err
	}
	rows, err := tx.Query(w.ctx, w.fill("select channel_id || ' ' || attempt from public.claim_notifications('scrum_digest', org_id => {org}, batch => $1)"), batch)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// Twenty ask at the same moment: each row is one's alone, and nobody goes home with nothing while
// there is something left.
func TestClaimNotifications_twentyAtOnce_slow(t *testing.T) {
	t.Parallel()
	const callers, batch = 20, 5
	w := mustCommitWorld(t)
	w.mustSubscribe(callers * batch)
	// For each attempt: the first, and another one once the leases have run out.
	for attempt := 1; attempt <= 3; attempt++ {
		got := make([][]string, callers)
		calls := make([]func() error, callers)
		for i := range calls {
			w.session(i, "service")
			calls[i] = func() (err error) { got[i], err = w.claim(i, batch); return err }
		}
		if outcomes := atOnce(calls...); strings.Join(outcomes, "") != "" {
			t.Fatalf("claims at once: got outcomes %q, want no error", outcomes)
		}
		seen := make(map[string]bool)
		for i, rows := range got {
			if len(rows) != batch {
				t.Errorf("caller %d got %d rows, want %d", i, len(rows), batch)
			}
			for _, row := range rows {
				if seen[row] {
					t.Errorf("the notification %s: got two callers, want one", row)
				}
				if seen[row] = true; !strings.HasSuffix(row, fmt.Sprint(" ", attempt)) {
					t.Errorf("the notification %s: got another attempt, want %d", row, attempt)
				}
			}
		}
		if left, err := w.claim(0, batch); err != nil || len(left) != 0 {
			t.Errorf("notifications left to claim: got %v (%v), want none", left, err)
		}
		w.mustDo("update public.notification_log set claimed_until = now() where org_id = {org}")
	}
}

// Who deletes channels while others claim has nobody's claim fail.
func TestClaimNotifications_whileChannelsGo_slow(t *testing.T) {
	t.Parallel()
	w := mustCommitWorld(t)
	w.session(0, "service")
	w.session(1, "service")
	for range rounds {
		w.mustSubscribe(200)
		outcomes := atOnce(
			func() error { _, err := w.claim(0, 200); return err },
			func() error {
				_, err := w.sessions[1].Exec(w.ctx, w.fill("delete from public.notification_channels where org_id = {org}"))
				return err
			},
		)
		if strings.Join(outcomes, "") != "" {
			t.Fatalf("a claim and a deletion at once: got outcomes %q, want no error", outcomes)
		}
	}
}

// A claim takes what it can while somebody deletes a channel, and then a channel that the claim has taken.
// A claim that tried the first channel until the deletion's end would wait for a session that waits for the claim.
func TestClaimNotifications_whileAChannelIsDeleted(t *testing.T) {
	t.Parallel()
	w := mustCommitWorld(t)
	w.mustSubscribe(2)
	w.ids["deleted"] = w.mustAsk("select channel_id::text from public.notification_channels where org_id = {org} and channel_name = 'Channel 1'")
	w.ids["taken"] = w.mustAsk("select channel_id::text from public.notification_channels where org_id = {org} and channel_name = 'Channel 2'")
	deleter, claimer := w.session(1, "postgres"), w.session(2, "postgres")

	deletion := mustHold(t, deleter, "delete from public.notification_channels where channel_id = {deleted}")
	claim, err := claimer.begin()
	if err != nil {
		t.Fatalf("begin the claim: %v", err)
	}
	got, err := w.claimIn(claim, 2)
	if want := []string{w.ids["taken"] + " 1"}; err != nil || !slices.Equal(got, want) {
		t.Fatalf("claimed %v (%v), want %v: the channel that nobody deletes", got, err, want)
	}
	done := background(func() error {
		_, err := deletion.Exec(w.ctx, w.fill("delete from public.notification_channels where channel_id = {taken}"))
		return errors.Join(err, deletion.Commit(w.ctx))
	})
	deleter.mustBlock(done)
	if err := claim.Commit(w.ctx); err != nil {
		t.Fatalf("commit the claim: %v", err)
	}
	if outcome := <-done; outcome != "" {
		t.Fatalf("the deletion came to %q, want no error", outcome)
	}
	if left := w.mustAsk("select count(*)::text from public.notification_log where org_id = {org}"); left != "0" {
		t.Errorf("%s notifications are left, want 0: they go with their channels", left)
	}
}

// A deletion that is tried and given up costs its channel this claim, and no other.
func TestClaimNotifications_afterADeletionThatWasGivenUp(t *testing.T) {
	t.Parallel()
	w := mustCommitWorld(t)
	w.mustSubscribe(2)
	w.session(0, "service")
	deletion := mustHold(t, w.session(1, "postgres"), "delete from public.notification_channels where org_id = {org}")
	if got, err := w.claim(0, 2); err != nil || len(got) != 0 {
		t.Fatalf("claimed %v (%v) while both channels are being deleted, want nothing", got, err)
	}
	if err := deletion.Rollback(w.ctx); err != nil {
		t.Fatalf("roll the deletion back: %v", err)
	}
	if got, err := w.claim(0, 2); err != nil || len(got) != 2 {
		t.Fatalf("claimed %v (%v), want both notifications", got, err)
	}
}

// The deletion of an organization comes to its channels late: until then a claim must leave them alone as well, or the
// two wait for each other. Here somebody's lock on a project holds the deletion up half-way.
func TestClaimNotifications_whileTheOrganizationIsDeleted(t *testing.T) {
	t.Parallel()
	w := mustCommitWorld(t)
	w.mustSubscribe(2)
	w.session(0, "service")
	holder, deleter := w.session(1, "postgres"), w.session(2, "postgres")
	hold := mustHold(t, holder, "select from public.projects where project_id = {project} for update")
	done := background(func() error { return deleter.do("delete from public.organizations where org_id = {org}") })
	deleter.mustBlock(done)
	if got, err := w.claim(0, 2); err != nil || len(got) != 0 {
		t.Errorf("claimed %v (%v) while the organization is being deleted, want nothing", got, err)
	}
	if err := hold.Rollback(w.ctx); err != nil {
		t.Fatalf("release the project: %v", err)
	}
	if outcome := <-done; outcome != "" {
		t.Errorf("the deletion came to %q, want no error", outcome)
	}
}

// Those whose holders died are given up by whoever comes next, once, while others claim what is left.
func TestClaimNotifications_whileSomeAreGivenUp(t *testing.T) {
	t.Parallel()
	const callers = 6
	w := mustCommitWorld(t)
	w.mustSubscribe(2 * callers)
	w.session(0, "service")
	for range rounds / 3 {
		w.mustDo("delete from public.notification_log where org_id = {org}")
		if got, err := w.claim(0, callers); err != nil || len(got) != callers {
			t.Fatalf("claimed %v (%v), want %d notifications", got, err, callers)
		}
		w.mustDo("update public.notification_log set attempts = 8, claimed_until = now() where org_id = {org}")
		got := make([][]string, callers)
		calls := make([]func() error, callers)
		for i := range calls {
			w.session(i, "service")
			calls[i] = func() (err error) { got[i], err = w.claim(i, 1); return err }
		}
		if outcomes := atOnce(calls...); strings.Join(outcomes, "") != "" {
			t.Fatalf("claims at once: got outcomes %q, want no error", outcomes)
		}
		for i, rows := range got {
			if len(rows) != 1 || !strings.HasSuffix(rows[0], " 1") {
				t.Errorf("caller %d got %v, want one that is new", i, rows)
			}
		}
		if state := w.mustAsk("select string_agg(status || ' ' || attempts || ' ' || coalesce(last_error, ''), ', ' order by status) from (select distinct status, attempts, last_error from public.notification_log where org_id = {org}) l"); state != "sending 1 , given up 8 abandoned" {
			t.Fatalf("the log: got %q, want some sending at attempt 1, and some given up at 8", state)
		}
	}
}

// Who lost the lease to somebody else can't say what became of it, however close they are.
func TestSettleNotification_whileItIsClaimedAgain(t *testing.T) {
	t.Parallel()
	w := mustCommitWorld(t)
	w.mustSubscribe(1)
	for range rounds {
		w.mustDo("delete from public.notification_log where org_id = {org}")
		settler, claimer := w.session(0, "postgres"), w.session(1, "postgres")
		if got, err := w.claim(0, 1); err != nil || len(got) != 1 {
			t.Fatalf("claimed %v (%v), want one notification", got, err)
		}
		w.ids["log"] = w.mustAsk("select log_id::text from public.notification_log where org_id = {org}")
		w.mustDo("update public.notification_log set claimed_until = now() where org_id = {org}")
		outcomes := atOnce(
			func() error { return settler.do("select public.settle_notification({log}, 1)") },
			func() error {
				return claimer.do("select log_id from public.claim_notifications('scrum_digest', org_id => {org})")
			})
		state := w.mustAsk("select status || ' ' || attempts from public.notification_log where log_id = {log}")
		settled := slices.Equal(outcomes, []string{"", noRow}) && state == "sent 1"
		claimed := slices.Equal(outcomes, []string{"PT409", ""}) && state == "sending 2"
		if !settled && !claimed {
			t.Fatalf("got outcomes %q, the row %s, want it settled by the first, or claimed by the second",
				outcomes, state)
		}
	}
}

// The schedule may overlap itself: each scrum is opened by one call.
func TestOpenScrums_manyAtOnce(t *testing.T) {
	t.Parallel()
	w := mustCommitWorld(t)
	for range rounds / 3 {
		w.mustDo("delete from public.daily_scrums where project_id = {project}")
		calls := make([]func() error, 8)
		for i := range calls {
			s := w.session(i, "postgres")
			calls[i] = func() error {
				return s.do("with service as materialized (select set_config('request.jwt.claims', '{\"role\": \"service_role\"}', true)) select d.* from service, lateral (select * from public.open_scrums(org_id => {org}) offset 0) d where service is not null")
			}
		}
		mustHaveOneWinner(t, atOnce(calls...), noRow)
	}
}

func TestCalendarFeeds_twentiethAtOnce(t *testing.T) {
	t.Parallel()
	w := mustCommitWorld(t)
	for range rounds / 3 {
		w.mustDo("delete from public.calendar_feeds where profile_id = {member}")
		w.mustDo("insert into public.calendar_feeds (profile_id, org_id) select {member}, {org} from generate_series(1, 19)")
		calls := make([]func() error, 3)
		for i := range calls {
			s := w.session(i, "member")
			calls[i] = func() error { return s.do("insert into public.calendar_feeds default values") }
		}
		mustHaveOneWinner(t, atOnce(calls...), "PT409")
	}
}

// Writers of one project don't wait for each other, and whichever commits last, in whatever order they
// began, the version is one that nobody has seen.
func TestVersion_everyOrderOfCommits(t *testing.T) {
	t.Parallel()
	w := mustCommitWorld(t)
	const writers = 4
	for i := range writers {
		w.mustMake(fmt.Sprint("task", i), "insert into public.tasks (project_id, task_name) values ({project}, 'New') returning task_id::text")
	}
	seen := map[string]bool{}
	see := func(what string) {
		t.Helper()
		var version string
		tx, err := w.session(writers, "viewer").begin()
		if err != nil {
			t.Fatalf("begin: %v", err)
		}
		defer func() { _ = tx.Rollback(w.ctx) }() // it has only read
		if err := tx.QueryRow(w.ctx, w.fill("select public.sprint_version({sprint}, false) ->> 'version'")).Scan(&version); err != nil {
			t.Fatalf("Scan: %v", err)
		}
		if seen[version] {
			t.Fatalf("%s: got the version %s again, want a new one", what, version)
		}
		seen[version] = true
	}
	see("at first")
	for _, order := range permutations(writers) {
		var open [writers]pgx.Tx
		for i := range open {
			s := w.session(i, "member")
			tx, err := s.begin()
			if err != nil {
				t.Fatalf("s.begin: %v", err)
			}
			// Not an event, which would date the version: a stamp alone tells of it.
			for range i + 1 {
				if _, err := tx.Exec(w.ctx, w.fill(fmt.Sprintf("set local lock_timeout = '20s'; update public.tasks set board_rank = board_rank + 1 where task_id = {task%d}", i)), pgx.QueryExecModeSimpleProtocol); err != nil {
					t.Fatalf("a writer waited for another one: %v", err)
				}
			}
			open[i] = tx
		}
		for n, i := range order {
			if n == 1 {
				if err := open[i].Rollback(w.ctx); err != nil { // of which nobody needs to know
					t.Fatalf("open[i].Rollback: %v", err)
				}
				continue
			}
			if err := open[i].Commit(w.ctx); err != nil {
				t.Fatalf("open[i].Commit: %v", err)
			}
			see(fmt.Sprintf("the commit of number %d in the order %v", i, order))
		}
	}
	if shared := w.mustAsk("select (count(*) <= 4)::text from private.change_stamps where scope = {project}"); shared != "true" {
		t.Errorf("stamps of %d writers: got more than 4, want at most 4", writers)
	}
}

// permutations returns every order of the numbers below n.
func permutations(n int) (orders [][]int) {
	if n == 0 {
		return [][]int{nil}
	}
	for _, order := range permutations(n - 1) {
		for at := range n {
			orders = append(orders, slices.Insert(slices.Clone(order), at, n-1))
		}
	}
	return orders
}

// A transaction that keeps its snapshot can't renew a stamp that others have renewed since: it makes one.
func TestVersion_repeatableRead(t *testing.T) {
	t.Parallel()
	w := mustCommitWorld(t)
	version := func() string {
		return w.mustAsk("select private.stamp_sum({project})")
	}
	tx, err := w.session(1, "postgres").conn.BeginTx(w.ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead})
	if err != nil {
		t.Fatalf("conn.BeginTx: %v", err)
	}
	if _, err := tx.Exec(w.ctx, "select count(*) from public.tasks"); err != nil {
		t.Fatalf("tx.Exec: %v", err)
	}
	if err := w.session(2, "member").do("update public.tasks set board_rank = 1 where task_id = {task}"); err != nil {
		t.Fatalf("update as a member: %v", err)
	}
	before := version()
	if _, err := tx.Exec(w.ctx, w.fill("update public.tasks set board_rank = 1 where task_id = {backlog_task}")); err != nil {
		t.Fatalf("tx.Exec: %v", err)
	}
	if err := tx.Commit(w.ctx); err != nil {
		t.Fatalf("tx.Commit: %v", err)
	}
	if version() == before {
		t.Errorf("the sum of stamps after the commit: got %s as before, want another one", before)
	}
}

// Many at once, who also meet in a new project without a stamp: each is counted.
func TestVersion_atOnce(t *testing.T) {
	t.Parallel()
	w := mustCommitWorld(t)
	const writers = 4
	for i := range writers {
		w.mustMake(fmt.Sprint("task", i), "insert into public.tasks (project_id, task_name) values ({project}, 'New') returning task_id::text")
	}
	for range rounds {
		w.mustDo("delete from private.change_stamps where scope = {project}")
		calls := make([]func() error, writers)
		for i := range calls {
			s := w.session(i, "member")
			calls[i] = func() error {
				return s.do(fmt.Sprintf("update public.tasks set board_rank = board_rank + 1 where task_id = {task%d}", i))
			}
		}
		if outcomes := atOnce(calls...); !slices.Equal(outcomes, []string{"", "", "", ""}) {
			t.Fatalf("changes at once: got outcomes %q, want no error", outcomes)
		}
		if stamped := w.mustAsk("select (count(*) between 1 and 4)::text from private.change_stamps where scope = {project}"); stamped != "true" {
			t.Fatal("stamps of the project: got none, or more than 4, want 1 to 4")
		}
	}
}
