package tests

// Who may do what with each table, for the isolation matrix. A new table fails the tests until
// it is listed here.
//
// {name} is the id of that thing in the organization in question (see personas.psql and
// isolationWorld), {me} the person who asks.

// Those who ask. anonymous and service are no people; outsider belongs to the other organization
// and so is what everybody is there.
const (
	anonymous = "anonymous"
	service   = "service"
)

type people []string

var (
	everybody = people{"owner", "admin", "manager", "scrum_master", "member", "viewer", "stranger"}
	admins    = people{"owner", "admin"}
	inProject = people{"owner", "admin", "manager", "scrum_master", "member", "viewer"}
	members   = people{"manager", "scrum_master", "member", "viewer"}
	workers   = people{"owner", "admin", "manager", "scrum_master", "member"}
	leads     = people{"owner", "admin", "manager", "scrum_master"}
	managers  = people{"owner", "admin", "manager"}
	nobody    = people{} // granted, and refused by policy: no row, or 42501 for a new one
)

// never: not granted at all, 42501 for any row.
var never people

type access struct {
	table string
	// whose row it is, where that matters; rows of one's own exist for these people only.
	whose string
	mine  people

	row    string // the one row to read, change and delete
	insert string // a new row: columns and values
	set    string // a change

	read, add, change, remove people
	// What the service may, in every organization.
	service string
	// A view that sums up: nothing can be written through it, whoever asks.
	view bool
}

const all = "select insert update delete"

var matrix = []access{
	{table: "organizations", row: "org_id = {org}",
		insert: "(org_name) values ('New')", set: "org_name = 'Changed'",
		read: everybody, add: never, change: admins, remove: never, service: all},
	{table: "org_holidays", row: "org_id = {org}",
		insert: "(org_id, holiday_date, name) values ({org}, '2027-03-01', 'New')", set: "name = 'Changed'",
		read: everybody, add: admins, change: admins, remove: admins, service: all},

	{table: "profiles", whose: "another's", row: "profile_id = {colleague}",
		insert: "(profile_id, org_id, username, email) values ({spare}, {org}, 'new', 'new@example.test')", set: "org_role = 'admin'",
		read: everybody, add: never, change: admins, remove: never, service: all},
	{table: "profiles", whose: "one's own", mine: everybody, row: "profile_id = {me}",
		insert: "(profile_id, org_id, username, email) values ({me}, {org}, 'new', 'new@example.test')", set: "job_role = 'Changed'",
		read: everybody, add: never, change: everybody, remove: never},

	{table: "days_off", whose: "another's", row: "profile_id = {colleague}",
		insert: "(profile_id, org_id, from_date, to_date) values ({colleague}, {org}, '2027-01-04', '2027-01-05')", set: "to_date = '2030-01-01'",
		read: everybody, add: admins, change: admins, remove: admins, service: all},
	{table: "days_off", whose: "one's own", mine: everybody, row: "profile_id = {me}",
		insert: "(profile_id, org_id, from_date, to_date) values ({me}, {org}, '2027-01-04', '2027-01-05')", set: "to_date = '2030-01-01'",
		read: everybody, add: everybody, change: everybody, remove: everybody},

	{table: "invitations", row: "org_id = {org} and email = 'invited@example.test'",
		insert: "(org_id, email, token_hash) values ({org}, 'new@example.test', sha256('new'))", set: "expires_at = now()",
		read: admins, add: never, change: never, remove: admins, service: all},

	{table: "accounts", whose: "another's", row: "account_id = {account}",
		insert: "(org_id, account_name, profile_id) values ({org}, 'New', {colleague})", set: "account_type = 'Partner'",
		read: everybody, add: everybody, change: admins, remove: admins, service: all},
	{table: "accounts", whose: "one's own", mine: everybody, row: "profile_id = {me}",
		insert: "(org_id, account_name, profile_id) values ({org}, 'New', {me})", set: "account_type = 'Partner'",
		read: everybody, add: everybody, change: everybody, remove: admins},

	{table: "opportunities", whose: "another's", row: "opportunity_id = {opportunity}",
		insert: "(org_id, opportunity_name, account_id, profile_id) values ({org}, 'New', {account}, {colleague})", set: "stage = 'Discovery'",
		read: everybody, add: everybody, change: admins, remove: admins, service: all},
	{table: "opportunities", whose: "one's own", mine: everybody, row: "profile_id = {me}",
		insert: "(org_id, opportunity_name, account_id, profile_id) values ({org}, 'New', {account}, {me})", set: "stage = 'Discovery'",
		read: everybody, add: everybody, change: everybody, remove: admins},
	{table: "opportunity_stage_events", row: "opportunity_id = {opportunity}",
		insert: "(opportunity_id, org_id, new_stage) values ({opportunity}, {org}, 'Discovery')", set: "actor = null",
		read: everybody, add: never, change: never, remove: never, service: "select"},

	{table: "projects", whose: "another's", row: "project_id = {project}",
		insert: "(org_id, project_name, profile_id) values ({org}, 'New', {colleague})", set: "project_name = 'Changed'",
		read: inProject, add: nobody, change: managers, remove: managers, service: all},
	{table: "projects", whose: "one's own", row: "project_id = {project}",
		insert: "(org_id, project_name, profile_id) values ({org}, 'New', {me})", set: "project_name = 'Changed'",
		read: inProject, add: everybody, change: managers, remove: managers},
	{table: "project_members", whose: "another's", row: "project_id = {project} and profile_id = {colleague}",
		insert: "(project_id, profile_id, org_id) values ({project}, {spare_member}, {org})", set: "role = 'viewer'",
		read: inProject, add: managers, change: managers, remove: managers, service: all},
	{table: "project_members", whose: "one's own", mine: members, row: "project_id = {project} and profile_id = {me}",
		insert: "(project_id, profile_id, org_id, role) values ({another_project}, {me}, {org}, 'manager')", set: "role = 'manager'",
		read: members, add: admins, change: people{"manager"}, remove: members},

	{table: "sprints", row: "sprint_id = {next_sprint}",
		insert: "(project_id, sprint_name, start_date, end_date) values ({project}, 'New', '2040-01-01', '2040-01-10')", set: "goal = 'Changed'",
		read: inProject, add: leads, change: leads, remove: leads, service: all},
	{table: "sprint_snapshots", row: "sprint_id = {sprint}",
		insert: "(project_id, sprint_id, moment, figures) values ({project}, {sprint}, 'close', '{}')", set: "figures = '{}'",
		read: inProject, add: never, change: never, remove: never, service: "select"},

	{table: "tasks", whose: "another's", row: "task_id = {colleague_task}",
		insert: "(project_id, task_name, created_by) values ({project}, 'New', {colleague})", set: "status = 'Blocked'",
		read: inProject, add: nobody, change: workers, remove: leads, service: all},
	{table: "tasks", whose: "one's own", mine: everybody, row: "created_by = {me} and project_id = {project} and task_name = 'Own'",
		insert: "(project_id, task_name, created_by) values ({project}, 'New', {me})", set: "status = 'Blocked'",
		read: inProject, add: workers, change: workers, remove: workers},
	{table: "task_events", row: "task_id = {colleague_task}",
		insert: "(project_id, task_id, kind, status) values ({project}, {colleague_task}, 'status', 'Blocked')", set: "actor = null",
		read: inProject, add: never, change: never, remove: never, service: "select"},

	{table: "deleted_rows", row: "key = {deleted_task}",
		insert: "(key, table_name, project_id) values (gen_random_uuid(), 'tasks', {project})", set: "project_id = null",
		read: inProject, add: never, change: never, remove: never, service: "select"},

	{table: "daily_scrums", row: "daily_scrum_id = {scrum}",
		insert: "(sprint_id, scrum_date) values ({sprint}, pg_temp.today() - 2)", set: "summary = 'Changed'",
		read: inProject, add: workers, change: leads, remove: leads, service: all},
	{table: "daily_scrum_updates", whose: "another's", row: "daily_scrum_id = {scrum} and profile_id = {colleague}",
		insert: "(daily_scrum_id, profile_id) values ({empty_scrum}, {colleague})", set: "today_work = 'Changed'",
		read: inProject, add: nobody, change: nobody, remove: nobody, service: all},
	{table: "daily_scrum_updates", whose: "one's own", mine: everybody, row: "daily_scrum_id = {scrum} and profile_id = {me}",
		insert: "(daily_scrum_id, profile_id) values ({empty_scrum}, {me})", set: "today_work = 'Changed'",
		read: inProject, add: workers, change: workers, remove: workers},
	{table: "daily_scrum_tasks", whose: "another's", row: "daily_scrum_id = {scrum} and profile_id = {colleague}",
		insert: "(daily_scrum_id, task_id, profile_id, intent) values ({scrum}, {colleague_task}, {colleague}, 'will do')", set: "intent = 'will do'",
		read: inProject, add: nobody, change: never, remove: nobody, service: all},
	{table: "daily_scrum_tasks", whose: "one's own", mine: everybody, row: "daily_scrum_id = {scrum} and profile_id = {me}",
		insert: "(daily_scrum_id, task_id, profile_id, intent) values ({scrum}, {colleague_task}, {me}, 'will do')", set: "intent = 'will do'",
		read: inProject, add: workers, change: never, remove: workers},

	{table: "impediments", whose: "another's", row: "raised_by = {colleague}",
		insert: "(sprint_id, raised_by, description) values ({sprint}, {colleague}, 'New')", set: "resolved_at = now()",
		read: inProject, add: nobody, change: leads, remove: never, service: all},
	{table: "impediments", whose: "one's own", mine: everybody, row: "raised_by = {me} and description = 'Own'",
		insert: "(sprint_id, raised_by, description) values ({sprint}, {me}, 'New')", set: "resolved_at = now()",
		read: inProject, add: workers, change: workers, remove: never},

	{table: "notification_channels", row: "channel_id = {channel}",
		insert: "(org_id, channel_name, kind, target) values ({org}, 'New', 'slack', 'https://hooks.example.test/new')", set: "target = 'https://hooks.example.test/changed'",
		read: admins, add: admins, change: admins, remove: admins, service: "select delete"},
	{table: "notification_log", row: "channel_id = {channel}",
		insert: "(org_id, channel_id, event, subject, claimed_until) values ({org}, {channel}, 'sprint_report', {sprint}, now())", set: "last_error = null",
		read: admins, add: never, change: never, remove: never, service: "select"},

	{table: "calendar_feeds", whose: "another's", row: "profile_id = {colleague}",
		insert: "(org_id, profile_id) values ({org}, {colleague})", set: "feed_name = 'Changed'",
		read: nobody, add: nobody, change: nobody, remove: nobody, service: all},
	{table: "calendar_feeds", whose: "one's own", mine: everybody, row: "profile_id = {me}",
		insert: "(org_id, profile_id) values ({org}, {me})", set: "feed_name = 'Changed'",
		read: everybody, add: everybody, change: everybody, remove: everybody},

	{table: "opportunity_pipeline", view: true, row: "org_id = {org}",
		insert: "(org_id) values ({org})", set: "acv = 0", read: everybody, service: "select"},
	{table: "account_delivery", view: true, row: "account_id = {account}",
		insert: "(org_id) values ({org})", set: "account_name = 'Changed'", read: everybody, service: "select"},
}

// isolationWorld adds to personas.psql, in each organization, a colleague who owns the rows that
// aren't one's own, and for each person of the first organization rows of their own: those whom
// the policies wouldn't let make them too, as if they had had another role once.
const isolationWorld = `
do $$
declare
	side text;
	person text;
begin
	perform pg_temp.join_by_invitation('colleague', 'org');
	perform pg_temp.join_by_invitation('foreign_colleague', 'foreign_org');
	foreach side in array '{"",foreign_}'::text[] loop
		-- A user without a profile, and a person who is in no project.
		perform pg_temp.sign_up(side || 'spare');
		delete from profiles where profile_id in (select id from ids where name = side || 'spare');
		perform pg_temp.join_by_invitation(side || 'spare_member', side || 'org');

		insert into project_members (project_id, profile_id, org_id)
		values (pg_temp.id(side || 'project'), pg_temp.id(side || 'colleague'), pg_temp.id(side || 'org'));
		update accounts set profile_id = pg_temp.id(side || 'colleague') where account_id in (select id from ids where name = side || 'account');
		update opportunities set profile_id = pg_temp.id(side || 'colleague') where opportunity_id in (select id from ids where name = side || 'opportunity');
		insert into projects (project_id, org_id, project_name, profile_id, created_at)
		values (pg_temp.keep(side || 'another_project'), pg_temp.id(side || 'org'), 'Another', pg_temp.id(side || 'colleague'), now() - interval '1 day');
		insert into org_holidays (org_id, holiday_date, name) values (pg_temp.id(side || 'org'), '2027-02-06', 'Holiday');
		insert into invitations (org_id, email, token_hash)
		values (pg_temp.id(side || 'org'), 'invited@example.test', sha256(convert_to(gen_random_uuid()::text, 'UTF8')));
		insert into notification_channels (channel_id, org_id, channel_name, kind, target)
		values (pg_temp.keep(side || 'channel'), pg_temp.id(side || 'org'), 'Team', 'slack', 'https://hooks.example.test/secret');
		insert into notification_log (org_id, channel_id, event, subject, claimed_until)
		values (pg_temp.id(side || 'org'), pg_temp.id(side || 'channel'), 'scrum_digest', pg_temp.id(side || 'scrum'), now());
		insert into sprint_snapshots (project_id, sprint_id, moment, figures)
		values (pg_temp.id(side || 'project'), pg_temp.id(side || 'sprint'), 'start', '{}');
		insert into daily_scrums (daily_scrum_id, sprint_id, scrum_date)
		values (pg_temp.keep(side || 'empty_scrum'), pg_temp.id(side || 'sprint'), pg_temp.today() - 1);
		-- What the personas' own files use.
		delete from daily_scrum_updates where project_id in (select id from ids where name = side || 'project');
		delete from impediments where project_id in (select id from ids where name = side || 'project');

		insert into tasks (task_id, project_id, task_name)
		values (pg_temp.keep(side || 'deleted_task'), pg_temp.id(side || 'project'), 'Deleted');
		delete from tasks where task_id in (select id from ids where name = side || 'deleted_task');

		perform pg_temp.keep(side || 'colleague_task');
		foreach person in array case side when '' then '{owner,admin,manager,scrum_master,member,viewer,stranger,colleague}'
		                                  else '{foreign_colleague}' end::text[] loop
			insert into tasks (task_id, project_id, task_name, created_by)
			values (case when person = side || 'colleague' then pg_temp.id(person || '_task') else gen_random_uuid() end,
				pg_temp.id(side || 'project'), 'Own', pg_temp.id(person));
			insert into days_off (profile_id, org_id, from_date, to_date)
			values (pg_temp.id(person), pg_temp.id(side || 'org'), '2027-01-01', '2027-01-02');
			insert into calendar_feeds (org_id, profile_id) values (pg_temp.id(side || 'org'), pg_temp.id(person));
			insert into daily_scrum_updates (daily_scrum_id, profile_id) values (pg_temp.id(side || 'scrum'), pg_temp.id(person));
			insert into daily_scrum_tasks (daily_scrum_id, task_id, profile_id, intent)
			values (pg_temp.id(side || 'scrum'), pg_temp.id(side || 'task'), pg_temp.id(person), 'did');
			insert into impediments (sprint_id, raised_by, description) values (pg_temp.id(side || 'sprint'), pg_temp.id(person), 'Own');
			if person <> side || 'colleague' then
				insert into accounts (org_id, account_name, profile_id) values (pg_temp.id(side || 'org'), person, pg_temp.id(person));
				insert into opportunities (org_id, opportunity_name, account_id, profile_id)
				values (pg_temp.id(side || 'org'), person, pg_temp.id(side || 'account'), pg_temp.id(person));
			end if;
		end loop;
	end loop;
end $$`

// Who may call what, besides the owner. A new function fails until it is listed; one that isn't
// here is called by triggers or by definer functions alone.
var callable = map[string]string{
	"accept_invitation(text)": "authenticated",
	"calendar_of(uuid)":       "service_role",
	"cancel_sprint(uuid)":     "authenticated",
	"claim_notifications(notification_event,timestamp with time zone,uuid,integer)": "service_role",
	"claim_scrum_digest(uuid,boolean)":                                              "service_role",
	"claim_sprint_report(uuid,boolean)":                                             "service_role",
	"open_scrums(timestamp with time zone,uuid)":                                    "service_role",
	"rotate_channel_secret(uuid)":                                                   "authenticated",
	"scrum_digests_due(timestamp with time zone,uuid,integer)":                      "service_role",
	"settle_notification(uuid,integer,text,boolean,integer)":                        "service_role",
	"complete_sprint(uuid,uuid)":                                                    "authenticated",
	"create_invitation(text,org_role)":                                              "authenticated",
	"delete_my_account()":                                                           "authenticated",
	"remove_member(uuid,uuid)":                                                      "authenticated",
	"open_daily_scrums(date)":                                                       "authenticated, service_role",
	"project_impediments(uuid,timestamp with time zone)":                            "authenticated, service_role",
	"project_participation(uuid,date,date,timestamp with time zone)":                "authenticated, service_role",
	"project_throughput(uuid,integer,timestamp with time zone)":                     "authenticated, service_role",
	"project_velocity(uuid,integer,timestamp with time zone)":                       "authenticated, service_role",
	"project_version(uuid,boolean)":                                                 "authenticated, service_role",
	"running_sprint_version(uuid,boolean)":                                          "authenticated, service_role",
	"scrum_draft(timestamp with time zone)":                                         "authenticated, service_role",
	"scrum_draft_version()":                                                         "authenticated, service_role",
	"scrum_of_day(uuid,date,timestamp with time zone)":                              "authenticated, service_role",
	"sprint_board(uuid,uuid,task_priority,timestamp with time zone)":                "authenticated, service_role",
	"sprint_burndown(uuid,timestamp with time zone)":                                "authenticated, service_role",
	"sprint_flow(uuid,timestamp with time zone)":                                    "authenticated, service_role",
	"sprint_report(uuid,timestamp with time zone)":                                  "authenticated, service_role",
	"sprint_standing(uuid)":                                                         "authenticated",
	"sprint_version(uuid,boolean)":                                                  "authenticated, service_role",
	"sprint_workload(uuid,timestamp with time zone)":                                "authenticated, service_role",
	"move_task(uuid,task_status,uuid,task_status,uuid)":                             "authenticated",
	"start_sprint(uuid,boolean)":                                                    "authenticated",
	"submit_scrum_update(uuid,text,text,uuid[],uuid[],jsonb)":                       "authenticated",

	"private.accept_invitation(text)": "authenticated",
	"private.task_activity(uuid,uuid,timestamp with time zone,timestamp with time zone)":               "authenticated, service_role",
	"private.calendar_days(uuid,date,date)":                                                            "authenticated, service_role",
	"private.cancel_sprint(uuid)":                                                                      "authenticated",
	"private.claim_notifications(notification_event,timestamp with time zone,uuid,integer)":            "service_role",
	"private.claim_scrum_digest(uuid,boolean)":                                                         "service_role",
	"private.claim_sprint_report(uuid,boolean)":                                                        "service_role",
	"private.due_scrums(date,timestamp with time zone,uuid)":                                           "authenticated, service_role",
	"private.check_batch_size(integer,integer)":                                                        "service_role",
	"private.local_time(timestamp with time zone,text)":                                                "service_role",
	"private.is_set_of_events(notification_event[])":                                                   "authenticated, service_role",
	"private.first_moment_at(date,time without time zone,text)":                                        "service_role",
	"private.new_signing_secret()":                                                                     "authenticated, service_role",
	"private.open_due_scrums(date,timestamp with time zone,uuid,boolean)":                              "authenticated, service_role",
	"private.resolve_past_moment(timestamp with time zone)":                                            "service_role",
	"private.rotate_channel_secret(uuid)":                                                              "authenticated",
	"private.settle_notification(uuid,integer,text,boolean,integer)":                                   "service_role",
	"private.complete_sprint(uuid,uuid)":                                                               "authenticated",
	"private.create_invitation(text,org_role)":                                                         "authenticated",
	"private.delete_my_account()":                                                                      "authenticated",
	"private.seconds_to_hours(double precision)":                                                       "authenticated, service_role",
	"private.judge_days(date,date,smallint[],date[])":                                                  "authenticated, service_role",
	"private.scrum_members(uuid,date,text)":                                                            "service_role",
	"private.is_day_off(uuid,date)":                                                                    "authenticated, service_role",
	"private.impediment_json(impediments,timestamp with time zone)":                                    "authenticated, service_role",
	"private.is_calendar_day(date)":                                                                    "authenticated, service_role",
	"private.is_closed(opportunity_stage)":                                                             "authenticated, service_role",
	"private.is_org_admin()":                                                                           "authenticated, service_role",
	"private.is_working_day(uuid,date)":                                                                "authenticated, service_role",
	"private.last_change(uuid)":                                                                        "authenticated, service_role",
	"private.live_sprint_report(uuid,timestamp with time zone)":                                        "authenticated, service_role",
	"private.my_org_id()":                                                                              "authenticated, service_role",
	"private.my_project_ids(project_role[])":                                                           "authenticated, service_role",
	"private.resolve_as_of(timestamp with time zone)":                                                  "authenticated, service_role",
	"private.no_scrum_reason(uuid,date,timestamp with time zone)":                                      "authenticated, service_role",
	"private.org_today(uuid)":                                                                          "authenticated, service_role",
	"private.duration_percentiles(double precision[])":                                                 "authenticated, service_role",
	"private.colleague_json(uuid,uuid)":                                                                "authenticated, service_role",
	"private.project_json(uuid)":                                                                       "authenticated, service_role",
	"private.ratio(numeric,numeric)":                                                                   "authenticated, service_role",
	"private.running_sprint_json(uuid)":                                                                "authenticated, service_role",
	"private.scrum_day(uuid,date,timestamp with time zone)":                                            "authenticated, service_role",
	"private.scrum_update_json(daily_scrum_updates,timestamp with time zone,timestamp with time zone)": "authenticated, service_role",
	"private.version_as_of(text,boolean,timestamp with time zone)":                                     "authenticated, service_role",
	"private.sample_statistics(numeric[])":                                                             "authenticated, service_role",
	"private.sprint_changes(uuid,timestamp with time zone)":                                            "authenticated, service_role",
	"private.sprint_clock(uuid,timestamp with time zone)":                                              "authenticated, service_role",
	"private.sprint_days(uuid,date,date)":                                                              "authenticated, service_role",
	"private.sprint_json(uuid)":                                                                        "authenticated, service_role",
	"private.sprint_tasks(uuid,timestamp with time zone)":                                              "authenticated, service_role",
	"private.project_version(uuid,boolean)":                                                            "authenticated, service_role",
	"private.scrum_draft_version()":                                                                    "authenticated, service_role",
	"private.sprint_version(uuid,boolean)":                                                             "authenticated, service_role",
	"private.project_impediments(uuid,timestamp with time zone)":                                       "authenticated, service_role",
	"private.project_participation(uuid,date,date,timestamp with time zone)":                           "authenticated, service_role",
	"private.project_throughput(uuid,integer,timestamp with time zone)":                                "authenticated, service_role",
	"private.project_velocity(uuid,integer,timestamp with time zone)":                                  "authenticated, service_role",
	"private.scrum_draft(timestamp with time zone)":                                                    "authenticated, service_role",
	"private.scrum_of_day(uuid,date,timestamp with time zone)":                                         "authenticated, service_role",
	"private.sprint_board(uuid,uuid,task_priority,timestamp with time zone)":                           "authenticated, service_role",
	"private.sprint_burndown(uuid,timestamp with time zone)":                                           "authenticated, service_role",
	"private.sprint_flow(uuid,timestamp with time zone)":                                               "authenticated, service_role",
	"private.sprint_report(uuid,timestamp with time zone)":                                             "authenticated, service_role",
	"private.sprint_workload(uuid,timestamp with time zone)":                                           "authenticated, service_role",
	"private.start_of_day(date,text)":                                                                  "authenticated, service_role",
	"private.move_task_now(uuid,task_status,uuid,task_status,uuid)":                                    "authenticated",
	"private.make_room(uuid,uuid,task_status)":                                                         "authenticated, service_role",
	"private.start_sprint(uuid,boolean)":                                                               "authenticated",
	"private.named_tasks_json(uuid,uuid,scrum_task_intent)":                                            "authenticated, service_role",
	"private.version_hash(text[])":                                                                     "authenticated, service_role",
	"private.working_days_left(uuid,timestamp with time zone)":                                         "authenticated, service_role",
	"private.notification_days(notification_event,timestamp with time zone,uuid)":                      "service_role",
	"private.scrum_obstacle(date,date,date,date,boolean)":                                              "authenticated, service_role",
	"private.has_recipient(notification_channels,uuid)":                                                "authenticated, service_role",
	"private.remove_member(uuid,uuid)":                                                                 "authenticated",
}
