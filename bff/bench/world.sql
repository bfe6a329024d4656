-- Fills a database with organizations of two projects each, and these with five batches of 100
-- tasks: three closed sprints, a running one, a backlog. Its settings:
--   bench.organizations  how many of them, each with 1,000 tasks
--   bench.sprints        sizes of the running sprints of one organization more, number 0
-- The same organization is the same whatever the size, down to its keys. Events, about six a task,
-- are written in the order in which they would have happened: in a large database those of one
-- sprint lie apart, between everybody else's.
set session_replication_role = replica; -- no triggers: the events below are what they would have written
set work_mem = '256MB';
set maintenance_work_mem = '256MB';

-- Such that the planner puts its body where it is called, which is a million times.
create function pg_temp.key(text) returns uuid language sql immutable as 'select md5($1)::uuid';

create temp table project as
  select o as org, p as number, 100 as size, '{1,2,3,4,5}'::int[] as batches
  from generate_series(1, current_setting('bench.organizations')::int) o, generate_series(1, 2) p
  union all
  select 0, number, size, '{4}' from unnest(('{' || current_setting('bench.sprints') || '}')::int[]) with ordinality as s (size, number);
alter table project add org_id uuid, add project_id uuid;
update project set org_id = pg_temp.key('org:' || org), project_id = pg_temp.key('project:' || org || ':' || number);

insert into public.organizations (org_id, org_name) select distinct org_id, 'Organization ' || org from project;

create temp table person as
  select o.org, o.org_id, n, pg_temp.key('person:' || o.org || ':' || n) as profile_id, 'person' || n as username
  from (select distinct org, org_id from project) o, generate_series(1, 8) n;
insert into auth.users (id, email) select profile_id, username || '@' || org || '.test' from person;
insert into public.profiles (profile_id, org_id, org_role, username, email, first_name, last_name)
  select profile_id, org_id, (case n when 1 then 'owner' else 'member' end)::public.org_role, username, username || '@' || org || '.test', 'Person', n::text
  from person;

insert into public.projects (project_id, org_id, project_name, profile_id)
  select project_id, org_id, 'Project ' || number, pg_temp.key('person:' || org || ':1') from project;
insert into public.project_members (project_id, profile_id, org_id, role, joined_at)
  select p.project_id, m.profile_id, p.org_id,
    (case m.n when 1 then 'manager' when 2 then 'scrum_master' when 8 then 'viewer' else 'member' end)::public.project_role, now() - interval '99 days'
  from project p join person m using (org);

create temp table sprint as
  select p.org, p.number, p.project_id, p.size, k,
    case when k < 5 then pg_temp.key('sprint:' || p.org || ':' || p.number || ':' || k) end as sprint_id,
    date_trunc('hour', now()) - (4 - k) * interval '14 days' - interval '9 days' as started_at
  from project p, unnest(p.batches) k;
insert into public.sprints (sprint_id, project_id, sprint_name, start_date, end_date, status, started_at, completed_at)
  select sprint_id, project_id, 'Sprint ' || k, started_at::date, started_at::date + 13,
    (case k when 4 then 'Active' else 'Completed' end)::public.sprint_status, started_at, case when k < 4 then started_at + interval '14 days' end
  from sprint where k < 5;

-- When a task was made, begun, reviewed and done; null for what hasn't happened to it.
create temp table task as
  select pg_temp.key('task:' || s.org || ':' || s.number || ':' || s.k || ':' || n) as task_id, s.project_id, s.sprint_id, n, s.org, s.number, s.k, e.status,
    case when n % 9 > 0 then (n % 8 + 1)::numeric(5,1) end as story_points,
    case when n % 11 > 0 then pg_temp.key('person:' || s.org || ':' || (n % 6 + 2)) end as assigned_to,
    m.made_at, case when e.step > 0 then b.begun_at end as begun_at,
    case when e.step > 1 then b.begun_at + interval '5 hours' end as reviewed_at,
    case when e.step > 2 then b.begun_at + (10 + n % 50) * interval '1 hour' end as done_at
  from sprint s
  cross join lateral generate_series(1, s.size) n
  cross join lateral (
    select s.started_at + s.org % 3600 * interval '1 second' +
      case when n % 15 = 0 then interval '2 days' else (n % 97 - 120) * interval '1 hour' end as made_at) m
  cross join lateral (select s.started_at + s.org % 3600 * interval '1 second' + (50 + n * 7 % 100) * interval '1 hour' as begun_at) b
  cross join lateral (
    select status::public.task_status, step from (values
      (0, 'Completed', 3), (1, 'Completed', 3), (2, 'Completed', 3), (3, 'Completed', 3), (4, 'In Progress', 1),
      (5, 'In Progress', 1), (6, 'In Review', 2), (7, 'Blocked', 1), (8, 'Planned', 0), (9, 'Scheduled', 0)) as v (digit, status, step)
    where digit = case when s.k < 4 then 0 when s.k = 5 then 8 else n % 10 end) e;

create temp table event as
  select t.task_id, t.project_id, v.place, v.kind::public.task_event_kind, v.old_value, v.new_value, v.at, t.sprint_id, v.status::public.task_status, t.story_points, t.assigned_to, t.n, t.org
  from task t cross join lateral (values
    (1, 'created', null, 'Planned', t.made_at, 'Planned'),
    (2, 'points', null, t.story_points::text, t.made_at, 'Planned'),
    (3, 'sprint', null, t.sprint_id::text, t.made_at, 'Planned'),
    (4, 'assignee', null, t.assigned_to::text, t.made_at, 'Planned'),
    (5, 'status', 'Planned', case t.status when 'Blocked' then 'Blocked' else 'In Progress' end, t.begun_at,
      case t.status when 'Blocked' then 'Blocked' else 'In Progress' end),
    (6, 'status', 'In Progress', 'In Review', t.reviewed_at, 'In Review'),
    (7, 'status', 'In Review', 'Completed', t.done_at, 'Completed')
  ) as v (place, kind, old_value, new_value, at, status)
  where v.new_value is not null and v.at is not null;

-- Filled without its indexes, each is made at once afterwards.
create temp table index_of as
  select i.indexrelid::regclass::text as name, pg_get_indexdef(i.indexrelid) as definition
  from pg_index i
  where i.indrelid in ('public.tasks'::regclass, 'public.task_events'::regclass)
    and not exists (select from pg_constraint c where c.conindid = i.indexrelid);
do $$ declare i record; begin
  for i in select * from index_of loop execute format('drop index %s', i.name); end loop;
end $$;
insert into public.tasks (task_id, project_id, sprint_id, task_name, assigned_to, priority, status, story_points, estimated_time, board_rank, created_by, created_at)
  select task_id, project_id, sprint_id, 'Task ' || n || ' of what is to be done', assigned_to, (enum_range(null::public.task_priority))[n % 4 + 1], status, story_points,
    n % 5 * 60, n, pg_temp.key('person:' || org || ':1'), made_at
  from task order by made_at, task_id;
insert into public.task_events (project_id, task_id, kind, old_value, new_value, actor, at, sprint_id, status, story_points, assigned_to)
  select project_id, task_id, kind, old_value, new_value, coalesce(assigned_to, pg_temp.key('person:' || org || ':1')), at, sprint_id, status, story_points, assigned_to
  from event order by at, task_id, place;
do $$ declare i record; begin
  for i in select * from index_of loop execute i.definition; end loop;
end $$;

-- A scrum every day of the running sprint, with everybody's update and two tasks each.
create temp table scrum as
  select s.*, d, pg_temp.key('scrum:' || s.sprint_id || ':' || d) as daily_scrum_id
  from sprint s, generate_series(0, 8) d where s.k = 4;
insert into public.daily_scrums (daily_scrum_id, project_id, sprint_id, scrum_date)
  select daily_scrum_id, project_id, sprint_id, started_at::date + d from scrum;
insert into public.daily_scrum_updates (project_id, daily_scrum_id, profile_id, yesterday_work, today_work, created_at)
  select s.project_id, s.daily_scrum_id, m.profile_id, 'What was done', 'What is next', s.started_at + s.d * interval '1 day'
  from scrum s join person m using (org) where m.n < 8;
insert into public.daily_scrum_tasks (daily_scrum_id, task_id, profile_id, intent, project_id)
  select s.daily_scrum_id, pg_temp.key('task:' || s.org || ':' || s.number || ':4:' || (s.d * 10 + m.n)), m.profile_id, i.intent::public.scrum_task_intent, s.project_id
  from scrum s join person m using (org), (values ('did'), ('will do')) as i (intent) where m.n < 8;
insert into public.impediments (project_id, sprint_id, task_id, raised_by, description, raised_at, resolved_at)
  select s.project_id, s.sprint_id, pg_temp.key('task:' || s.org || ':' || s.number || ':4:' || (s.d + 1)), pg_temp.key('person:' || s.org || ':2'), 'It hangs',
    s.started_at + s.d * interval '1 day', case when s.d % 2 = 0 then s.started_at + (s.d + 1) * interval '1 day' end
  from scrum s where s.d < 4;
analyze public.tasks, public.task_events, public.sprints;

-- The closed sprints' frozen figures are computed once; everybody has the same.
insert into public.sprint_snapshots (project_id, sprint_id, moment, figures, taken_at)
  select s.project_id, s.sprint_id, m.moment, f.figures, s.started_at + case m.moment when 'close' then interval '14 days' else interval '0' end
  from (
    select k, private.sprint_figures(sprint_id) as figures from sprint where k < 4 and org = 1 and number = 1 offset 0) f
  join sprint s using (k), unnest(enum_range(null::public.snapshot_moment)) as m (moment);
drop table project, person, sprint, task, event, index_of, scrum;
reset session_replication_role;
