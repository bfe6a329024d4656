package tests

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
)

// Keys of a project's rows: whoever joins by one of them binds the project, too.
const projectKeys = `task_id|sprint_id|daily_scrum_id|update_id`

var (
	// A clause ends where the next one begins.
	clauseEnd = regexp.MustCompile(`\b(?:join|from|where|having|group by|order by|union|select|returning|limit|cross|values|set)\b|;`)
	joined    = regexp.MustCompile(`\b(\w+)\.(` + projectKeys + `) = (\w+)\.(` + projectKeys + `)\b`)
	// "join public.sprints s using (sprint_id)" can't bind anything else.
	joinedUsing  = regexp.MustCompile(`public\.\w+ \w+ using \((?:` + projectKeys + `)\)`)
	bindsProject = regexp.MustCompile(`\b\w+\.project_id = `)
)

// unbound are the joins by a key alone, as "function: clause", and why they may be so.
var unbound = map[string]string{
	"cancel_sprint: where s.sprint_id = sprint.sprint_id":                                                                     locked,
	"cancel_sprint: where t.sprint_id = sprint.sprint_id and t.status not in ('Completed', 'Cancelled')":                      locked,
	"check_scrum_date: where s.sprint_id = new.sprint_id":                                                                     found,
	"complete_sprint: where s.sprint_id = sprint.sprint_id":                                                                   locked,
	"fill_project_from_scrum: where d.daily_scrum_id = new.daily_scrum_id":                                                    found,
	"fill_project_from_sprint: where s.sprint_id = new.sprint_id":                                                             found,
	"lock_sprint: where s.sprint_id = sprint.sprint_id":                                                                       locked,
	"lock_sprint: where t.sprint_id = sprint.sprint_id":                                                                       locked,
	"open_due_scrums: join public.daily_scrums d on d.sprint_id = due.sprint_id and d.scrum_date = due.scrum_date":            policies,
	"project_participation: join private.closed_participation a on a.sprint_id = s.sprint_id and a.scrum_date = s.scrum_date": ownTasks,
	"refuse_delete_with_impediments: where i.sprint_id = old.sprint_id) then raise exception 'sprint \"%\" has impediments and can''t be deleted', old.sprint_name using errcode = 'PT409', hint = 'Cancel it instead.'": "the more it finds, the more it refuses",
	"running_sprint_json: where i.sprint_id = s.sprint_id and i.resolved_at is null))":                                                                     foreignKey,
	"scrum_draft: where c.sprint_id = d.sprint_id and c.status in ('Blocked', 'On Hold')), '[]')))":                                                        ownTasks,
	"scrum_draft: where c.sprint_id = d.sprint_id and c.status in ('In Progress', 'In Review', 'Scheduled', 'Planned')), '[]'), 'impediments', coalesce((": ownTasks,
	"start_sprint: where s.sprint_id = sprint.sprint_id":                                                                                                   locked,
	"submit_scrum_update: where i.update_id = posted.update_id and i.description = item ->> 'description')":                                                policies,
	"submit_scrum_update: where t.daily_scrum_id = scrum.daily_scrum_id and t.profile_id = auth.uid()":                                                     policies,
}

const (
	found      = "finds the project by the key; the foreign key on both keeps it true"
	foreignKey = "the foreign key binds both"
	locked     = "the sprint that lock_sprint has found in a project of the caller's, and its tasks, whose foreign key binds both"
	ownTasks   = "of rows that are bound already"
	policies   = "runs with the caller's rights, under the policies"
)

// faultsOfJoins returns the clauses of a function that join by a key of a project's rows without the project. A key that
// is compared with an argument, which is <function>.<argument>, is where the function begins, and no join.
func faultsOfJoins(function, source string) (faults []string) {
	source = regexp.MustCompile(`--[^\n]*`).ReplaceAllString(source, "")
	source = regexp.MustCompile(`\s+`).ReplaceAllString(source, " ")
	at := 0
	for _, end := range append(clauseEnd.FindAllStringIndex(source, -1), []int{len(source), len(source)}) {
		clause := strings.TrimSpace(source[at:end[0]])
		at = end[0]
		if joinedUsing.MatchString(clause) {
			faults = append(faults, clause)
			continue
		}
		for _, match := range joined.FindAllStringSubmatch(clause, -1) {
			if match[1] != function && match[3] != function && !bindsProject.MatchString(clause) {
				faults = append(faults, clause)
				break
			}
		}
	}
	return faults
}

// TestJoinsBindTheProject reads every function of the database: where it joins rows of a project by their key, it binds
// the project. Keys are chosen by clients, and what is recorded under them outlives its rows.
func TestJoinsBindTheProject(t *testing.T) {
	t.Parallel()
	rows, err := MustConnect(t).Query(Deadline(t), `
		select p.proname::text, p.prosrc from pg_proc p
		where p.pronamespace::regnamespace::text in ('public', 'private') order by 1`)
	if err != nil {
		t.Fatalf("Query: %v", err)
	}
	type function struct{ Name, Source string }
	functions, err := pgx.CollectRows(rows, pgx.RowToStructByPos[function])
	if err != nil {
		t.Fatalf("pgx.CollectRows: %v", err)
	}
	if len(functions) < 100 {
		t.Fatalf("functions: got %d, want at least 100", len(functions))
	}
	seen := map[string]bool{}
	for _, f := range functions {
		for _, clause := range faultsOfJoins(f.Name, f.Source) {
			name := fmt.Sprintf("%s: %s", f.Name, clause)
			seen[name] = true
			if _, excepted := unbound[name]; !excepted {
				t.Errorf("joins by a key without the project: %s", name)
			}
		}
	}
	for name := range unbound {
		if !seen[name] {
			t.Errorf("the exception %q isn't one any more: take it off the list", name)
		}
	}
}

func TestFaultsOfJoins(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]int{
		"select from public.tasks t where t.task_id = f.task_id":                                                        0,
		"select from a join public.tasks t on t.task_id = a.task_id and t.project_id = a.project_id where true":         0,
		"select from a join public.tasks t on t.task_id = a.task_id where t.project_id = a.project_id":                  1,
		"select from a join public.sprints s using (sprint_id)":                                                         1,
		"select from public.task_events e where e.task_id = t.task_id -- e.project_id = t.project_id\norder by e.at":    1,
		"select from t left join completion using (task_id)":                                                            0,
		"delete from public.impediments i where i.sprint_id = scrum.sprint_id and i.project_id = scrum.project_id or 1": 0,
	} {
		if got := faultsOfJoins("f", source); len(got) != want {
			t.Errorf("%q: got %q, want %d faults", source, got, want)
		}
	}
}
