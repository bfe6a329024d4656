-- Closed sprints: what every view of a sprint shows is frozen when the sprint is completed, its calendar included.
--
-- A view is two functions. private.live_sprint_board and the like compute it; private.sprint_board and the like choose
-- between the computed and the frozen one, and say who may ask. Frozen views are asked for with an as_of at or after
-- the completion. As of an earlier moment a view is computed from the events, with the calendar of the close; only the
-- board has no earlier moment, so that of a completed sprint is always the frozen one.
-- While a sprint runs, the organization's present calendar counts for all of its days, also for those that are over: a
-- holiday that is entered afterwards turns a past day into a day off. The completion ends that.
-- Sprints that were completed before this migration get their calendar here, from their snapshot, and their views in
-- sprints_closed_before. One without a calendar in its snapshot has none: its views are computed as before.

set lock_timeout = '5s';
set statement_timeout = '2min';

create table private.closed_sprints (
  sprint_id    uuid primary key,
  project_id   uuid not null,
  sprint_name  text not null,
  goal         text,
  timezone     text not null,
  working_days smallint[] not null,
  holidays     date[] not null,
  cutoff_time  time not null,
  views_frozen boolean not null default false,
  constraint closed_sprints_of_sprint foreign key (sprint_id, project_id)
    references public.sprints (sprint_id, project_id) on delete cascade
);
comment on table private.closed_sprints is
  'What the views of completed sprints need besides events: name, goal and calendar, as they were at the completion.';
comment on column private.closed_sprints.sprint_id is 'Sprint.';
comment on column private.closed_sprints.project_id is 'Project of the sprint.';
comment on column private.closed_sprints.sprint_name is 'Name at the completion.';
comment on column private.closed_sprints.goal is 'Goal at the completion.';
comment on column private.closed_sprints.timezone is 'The organization''s time zone at the completion.';
comment on column private.closed_sprints.working_days is 'ISO weekdays that the organization worked at the completion.';
comment on column private.closed_sprints.holidays is 'The organization''s holidays at the completion.';
comment on column private.closed_sprints.cutoff_time is
  'Local time of the next working day until which an update counted for its day, at the completion.';
comment on column private.closed_sprints.views_frozen is
  'Whether closed_views and closed_participation have the sprint''s rows; else its views are computed.';
create index closed_sprints_project on private.closed_sprints (project_id);
create index closed_sprints_sprint on private.closed_sprints (sprint_id, project_id);

-- Functions that run as the caller read it: private.sprint_clock.
alter table private.closed_sprints enable row level security;
create policy "Closed sprints are visible to project members" on private.closed_sprints
  for select to authenticated
  using (project_id = any (array(select private.my_project_ids())));
grant select on private.closed_sprints to authenticated, service_role;

insert into private.closed_sprints
  (sprint_id, project_id, sprint_name, goal, timezone, working_days, holidays, cutoff_time)
select s.sprint_id, s.project_id, f.figures #>> '{sprint,sprint_name}', f.figures #>> '{sprint,goal}',
  f.figures ->> 'timezone',
  array(select d::smallint from jsonb_array_elements_text(f.figures -> 'working_days') d),
  array(select d::date from jsonb_array_elements_text(f.figures -> 'holidays') d),
  o.reminder_time
from public.sprints s
join public.projects p on p.project_id = s.project_id
join public.organizations o on o.org_id = p.org_id
join public.sprint_snapshots f on f.sprint_id = s.sprint_id and f.project_id = s.project_id and f.moment = 'close'
where s.status = 'Completed' and f.figures ?& '{sprint,timezone,working_days,holidays}';

create table private.closed_views (
  sprint_id uuid not null references private.closed_sprints (sprint_id) on delete cascade,
  view      text not null,
  day       date not null,
  answer    jsonb not null,
  primary key (sprint_id, view, day),
  constraint closed_views_are_known check (view in ('board', 'burndown', 'flow', 'workload', 'scrum'))
);
comment on table private.closed_views is
  'The views of completed sprints, as they were right after the completion; the report is in sprint_snapshots. A row '
  'each, so that a view reads no more than it shows.';
comment on column private.closed_views.sprint_id is 'Sprint.';
comment on column private.closed_views.view is 'board (without filters), burndown, flow, workload or scrum.';
comment on column private.closed_views.day is
  'Day of the scrum, of which the last stands for all later ones; of the other views the day of the completion.';
comment on column private.closed_views.answer is 'The answer of the view''s function.';

create table private.closed_participation (
  sprint_id  uuid not null references private.closed_sprints (sprint_id) on delete cascade,
  scrum_date date not null,
  profile_id uuid not null,
  answered   boolean not null,
  primary key (sprint_id, scrum_date, profile_id)
);
comment on table private.closed_participation is
  'Of whom each scrum of a completed sprint expected an update, as it was right after the completion. Apart from '
  'closed_views: project_participation reads a year of scrums, and their views are large.';
comment on column private.closed_participation.sprint_id is 'Sprint.';
comment on column private.closed_participation.scrum_date is 'Day of the scrum.';
comment on column private.closed_participation.profile_id is 'Person; their profile may be gone since.';
comment on column private.closed_participation.answered is 'Whether they posted an update in time.';

-- The calendar --------------------------------------------------------------------------------------------------------

create or replace function private.sprint_clock(sprint uuid, moment timestamptz)
returns table (
  sprint_id uuid, project_id uuid, org_id uuid, timezone text, as_of timestamptz, today date,
  begun boolean, started boolean, running boolean, finished boolean, cancelled boolean,
  reference_start timestamptz, reference_finish timestamptz, horizon timestamptz,
  horizon_day date, first_day date, last_day date, end_date date)
language plpgsql stable set search_path = '' rows 1 as $$
#variable_conflict use_column
begin
  return query
    select s.sprint_id, s.project_id, p.org_id, z.timezone, c.as_of, (c.as_of at time zone z.timezone)::date,
      r.start <= c.as_of,
      e.started_at is not null,
      e.lasts and e.completed_at is null,
      e.completed_at is not null,
      s.status = 'Cancelled',
      r.start,
      greatest(r.start, case
        when e.lasts then r.horizon
        else least(private.start_of_day(s.end_date + 1, z.timezone) - interval '1 microsecond', c.as_of) end),
      r.horizon, (r.horizon at time zone z.timezone)::date,
      (r.start at time zone z.timezone)::date,
      greatest(s.end_date, (case when e.lasts then r.horizon else r.start end at time zone z.timezone)::date),
      s.end_date
    from public.sprints s
    join public.projects p on p.project_id = s.project_id
    join public.organizations o on o.org_id = p.org_id
    left join private.closed_sprints f on f.sprint_id = s.sprint_id and f.project_id = s.project_id
    cross join lateral (select coalesce(f.timezone, o.timezone) as timezone) z
    cross join lateral (select private.resolve_as_of(sprint_clock.moment) as as_of) c
    cross join lateral (
      select case when s.started_at <= c.as_of then s.started_at end as started_at,
             case when s.completed_at <= c.as_of then s.completed_at end as completed_at,
             s.started_at is not null and s.started_at <= c.as_of and s.status <> 'Cancelled' as lasts) e
    cross join lateral (
      select coalesce(e.started_at, private.start_of_day(s.start_date, z.timezone)) as start,
             coalesce(e.completed_at, c.as_of) as horizon) r
    where s.sprint_id = sprint_clock.sprint;
end $$;
comment on function private.sprint_clock(uuid, timestamptz) is
  'The moments that a sprint''s figures refer to, as of a moment (null: now). reference_start: started_at, else the '
  'start of start_date. reference_finish: completed_at; as_of while the sprint runs; else the end of end_date or '
  'as_of, whichever is sooner, but not before the start. horizon: completed_at, else as_of; horizon_day: its day. '
  'first_day to last_day: the days '
  'that the views show; until end_date or, while the sprint runs or if it was completed later, until the horizon''s '
  'day. A cancellation has no moment: the sprint always was cancelled or never. What happened after as_of counts as '
  'not happened. The time zone of a completed sprint is that of its completion, whatever as_of is. No row for '
  'a sprint that the caller can''t see.';

create function private.sprint_days(sprint uuid, from_day date, to_day date)
returns table (day date, is_working boolean, is_holiday boolean)
language plpgsql stable set search_path = '' rows 30 as $$
#variable_conflict use_column
begin
  return query
    select d.day, d.is_working, d.is_holiday
    from public.sprints s
    join public.projects p on p.project_id = s.project_id
    join public.organizations o on o.org_id = p.org_id
    left join private.closed_sprints f on f.sprint_id = s.sprint_id and f.project_id = s.project_id
    cross join lateral private.judge_days(
      sprint_days.from_day, sprint_days.to_day, coalesce(f.working_days, o.working_days),
      coalesce(f.holidays, array(
        select h.holiday_date from public.org_holidays h
        where h.org_id = o.org_id and h.holiday_date between sprint_days.from_day and sprint_days.to_day))) d
    where s.sprint_id = sprint_days.sprint;
end $$;
comment on function private.sprint_days(uuid, date, date) is
  'The days from from_day to to_day, both included, in the calendar of a sprint: that of its completion, else the '
  'organization''s of now. is_working: the organization works on that day. is_holiday: it would, if the day were no '
  'holiday. No rows for a sprint that the caller can''t see.';
grant execute on function private.sprint_days(uuid, date, date) to authenticated, service_role;

create or replace function private.working_days_left(sprint_id uuid, as_of timestamptz) returns setof date
language plpgsql stable set search_path = '' rows 10 as $$
#variable_conflict use_column
begin
  return query
    select c.day
    from private.sprint_clock(working_days_left.sprint_id, working_days_left.as_of) k
    cross join lateral private.sprint_days(k.sprint_id, greatest(k.today, k.first_day), k.end_date) c
    where c.is_working and not k.finished and not k.cancelled;
end $$;

create function private.sprint_day_after(sprint uuid, day date, n numeric) returns date
language plpgsql stable set search_path = '' as $$
#variable_conflict use_column
begin
  return (
    -- At most three years ahead: later days have no date.
    select d.day
    from private.sprint_days(
      sprint_day_after.sprint, sprint_day_after.day + 1, sprint_day_after.day + 1096) d
    where d.is_working and n <= 1000
    order by d.day offset greatest(n - 1, 0)::bigint limit 1);
end $$;
comment on function private.sprint_day_after(uuid, date, numeric) is
  'The n-th working day after a day in the calendar of a sprint. Null if n is over 1,000 or the day is more than three '
  'years ahead.';

create or replace function private.no_scrum_reason(sprint_id uuid, day date, as_of timestamptz) returns text
language plpgsql stable set search_path = '' as $$
#variable_conflict use_column
begin
  return (
    select case
        when k.started and k.cancelled and opened.scrum_date is null then 'cancelled'
        when obstacle.why <> 'day off' or obstacle.why is null then obstacle.why
        when c.is_holiday then 'holiday'
        else 'weekend' end
    from private.sprint_clock(no_scrum_reason.sprint_id, no_scrum_reason.as_of) k
    cross join lateral private.sprint_days(k.sprint_id, no_scrum_reason.day, no_scrum_reason.day) c
    left join public.daily_scrums opened
      on opened.sprint_id = k.sprint_id and opened.project_id = k.project_id
      and opened.scrum_date = no_scrum_reason.day and opened.created_at <= k.as_of
    cross join lateral (
      select private.scrum_obstacle(
        no_scrum_reason.day, k.today,
        -- A scrum that was opened stays, also where a change of the time zone moves the day of the start.
        case when k.started then least(k.first_day, opened.scrum_date) end,
        case when k.finished then k.horizon_day end,
        c.is_working) as why) obstacle);
end $$;
comment on function private.no_scrum_reason(uuid, date, timestamptz) is
  'Why a sprint has no scrum on a day: not started (by that day), completed (before that day), cancelled (and no scrum '
  'was opened for that day), holiday or weekend (not a working day), to come (a future day). Null if it has one '
  '(private.scrum_obstacle), and for a sprint that the caller can''t see.';

create or replace function private.sprint_json(sprint_id uuid) returns json
language plpgsql stable set search_path = '' as $$
#variable_conflict use_column
begin
  return (
    select json_build_object(
      'sprint_id', s.sprint_id,
      'sprint_name', coalesce(f.sprint_name, s.sprint_name),
      'goal', case when f.sprint_id is null then s.goal else f.goal end,
      'status', s.status,
      'start_date', s.start_date, 'end_date', s.end_date,
      'started_at', s.started_at, 'completed_at', s.completed_at)
    from public.sprints s
    left join private.closed_sprints f on f.sprint_id = s.sprint_id and f.project_id = s.project_id
    where s.sprint_id = sprint_json.sprint_id);
end $$;
comment on function private.sprint_json(uuid) is
  'A sprint as every view shows it, whatever as_of is: as it is now, or, of a completed one, with the name and goal '
  'that it had at its completion.';

-- Views, computed and frozen -----------------------------------------------------------------------------------------

create function private.closed_view(sprint_id uuid, view text, day date, as_of timestamptz) returns json
language plpgsql stable set search_path = '' as $$
#variable_conflict use_column
begin
  return (
    select (v.answer || jsonb_build_object('as_of', k.as_of)
      || case when closed_view.day is null then '{}' else jsonb_build_object('date', closed_view.day) end)::json
    from private.closed_views v
    cross join lateral private.sprint_clock(v.sprint_id, closed_view.as_of) k
    where v.sprint_id = closed_view.sprint_id and v.view = closed_view.view
      and (closed_view.day is null or v.day <= closed_view.day) and k.finished
    order by v.day desc limit 1);
end $$;
comment on function private.closed_view(uuid, text, date, timestamptz) is
  'A view of a completed sprint as it was frozen; of a scrum that of the day, else day is null. Only as_of follows '
  'the question, and the day of a scrum after the completion, which are all the same. Null if '
  'nothing is frozen, or the sprint wasn''t completed yet at as_of. For definer functions that have checked what the '
  'caller may see.';

create function private.live_sprint_board(
  sprint_id uuid,
  assignee uuid,
  priority public.task_priority,
  as_of timestamptz
) returns json
language plpgsql stable set search_path = '' as $$
#variable_conflict use_column
begin
  return (
    with clock as materialized (
      select * from private.sprint_clock(live_sprint_board.sprint_id, live_sprint_board.as_of)
    ), board_column as (
      select t.status,
        count(*) as task_count,
        coalesce(sum(t.story_points), 0) as points,
        count(*) filter (where t.story_points is null) as unestimated_count,
        json_agg(card order by t.board_rank, t.task_id) as tasks
      from clock k
      join public.tasks t on t.sprint_id = k.sprint_id and t.project_id = k.project_id
      left join lateral (
        select p.profile_id, p.full_name, p.username
        from public.profiles p where p.profile_id = t.assigned_to and p.org_id = k.org_id) person on true
      left join lateral (
        select e.at from public.task_events e
        where e.task_id = t.task_id and e.project_id = t.project_id and e.kind in ('created', 'status')
        order by e.at desc, e.event_id desc limit 1) since on true
      cross join lateral (
        select t.task_id, t.task_name, t.priority, t.story_points, t.due_date, t.related_task_id, t.board_rank,
          since.at as status_since,
          k.today - (since.at at time zone k.timezone)::date as days_in_status,
          case t.status when 'Blocked' then since.at end as blocked_since,
          case when person.profile_id is not null then person end as assignee) card
      where (live_sprint_board.assignee is null or t.assigned_to = live_sprint_board.assignee)
        and (live_sprint_board.priority is null or t.priority = live_sprint_board.priority)
      group by t.status
    )
    select json_build_object(
      'as_of', k.as_of,
      'timezone', k.timezone,
      'scope', json_build_object('visible_tasks', (
        select count(*) from public.tasks t where t.sprint_id = k.sprint_id and t.project_id = k.project_id)),
      'sprint', private.sprint_json(k.sprint_id),
      'project', private.project_json(k.project_id),
      'columns', (
        select json_agg(json_build_object(
            'status', status,
            'task_count', coalesce(c.task_count, 0),
            'points', coalesce(c.points, 0),
            'unestimated_count', coalesce(c.unestimated_count, 0),
            'tasks', coalesce(c.tasks, '[]')) order by status)
        from unnest(enum_range(null::public.task_status)) as status
        left join board_column c using (status)))
    from clock k);
end $$;
comment on function private.live_sprint_board(uuid, uuid, public.task_priority, timestamptz) is
  'The board of a sprint computed from its tasks: see public.sprint_board. For definer functions.';

create function private.filter_board(board jsonb, assignee uuid, priority public.task_priority) returns jsonb
language plpgsql immutable set search_path = '' as $$
#variable_conflict use_column
begin
  if assignee is null and priority is null then
    return board;
  end if;
  return board || jsonb_build_object('columns', (
    select jsonb_agg(
      c.value || jsonb_build_object(
        'task_count', card.task_count, 'points', card.points, 'unestimated_count', card.unestimated_count,
        'tasks', card.tasks)
      order by c.place)
    from jsonb_array_elements(board -> 'columns') with ordinality as c (value, place)
    cross join lateral (
      select count(*) as task_count,
        coalesce(sum((t.value ->> 'story_points')::numeric), 0) as points,
        count(*) filter (where t.value ->> 'story_points' is null) as unestimated_count,
        coalesce(jsonb_agg(t.value order by t.place), '[]') as tasks
      from jsonb_array_elements(c.value -> 'tasks') with ordinality as t (value, place)
      where (filter_board.assignee is null or t.value #>> '{assignee,profile_id}' = filter_board.assignee::text)
        and (filter_board.priority is null or t.value ->> 'priority' = filter_board.priority::text)) card));
end $$;
comment on function private.filter_board(jsonb, uuid, public.task_priority) is
  'A frozen board with only the cards that match assignee and priority (null: all); the counts are of these.';

create or replace function private.sprint_board(
  sprint_id uuid,
  assignee uuid,
  priority public.task_priority,
  as_of timestamptz
) returns json
language plpgsql stable security definer set search_path = ''
set plan_cache_mode = force_generic_plan set random_page_cost = 1.1 as $$
#variable_conflict use_column
begin
  if private.may_read_sprint(sprint_id) is not true then
    return null;
  end if;
  return coalesce(
    (select (private.filter_board(v.answer, sprint_board.assignee, sprint_board.priority)
        || jsonb_build_object('as_of', private.resolve_as_of(sprint_board.as_of)))::json
     from private.closed_views v where v.sprint_id = sprint_board.sprint_id and v.view = 'board'),
    private.live_sprint_board(sprint_id, assignee, priority, as_of));
end $$;

create function private.projected_finish(
  sprint uuid, today date, scope_tasks numeric, tasks_left numeric, remaining numeric, completed numeric,
  working_days bigint
) returns date
language plpgsql stable set search_path = '' as $$
begin
  return case
    when scope_tasks = 0 then null
    when tasks_left = 0 then today
    when remaining = 0 or working_days = 0 or completed = 0 then null
    else private.sprint_day_after(sprint, today, ceil(remaining * working_days / completed)) end;
end $$;
comment on function private.projected_finish(uuid, date, numeric, numeric, numeric, numeric, bigint) is
  'When a running sprint will have nothing left. remaining and completed are in tasks or in points; completed is the '
  'work of so many working days. Null where that isn''t known: without tasks, where only tasks of no points are '
  'left, before a working day is over, where nothing was completed, and too far ahead (private.sprint_day_after). For '
  'definer functions.';

create function private.live_sprint_burndown(sprint_id uuid, as_of timestamptz) returns json
language plpgsql stable set search_path = '' as $$
#variable_conflict use_column
begin
  return (
    with clock as materialized (
      select * from private.sprint_clock(live_sprint_burndown.sprint_id, live_sprint_burndown.as_of)
    ), change as materialized (
      select c.*, coalesce(c.points, 0) as p, coalesce(c.old_points, 0) as old_p,
        (c.at at time zone k.timezone)::date as day
      from clock k cross join lateral private.sprint_changes(k.sprint_id, k.horizon) c
    ), start as materialized (
      select count(c.task_id) as tasks, coalesce(sum(c.p), 0) as points,
        count(*) filter (where c.done) as completed_tasks,
        coalesce(sum(c.p) filter (where c.done), 0) as completed_points
      from clock k
      left join change c on c.in_scope and c.at <= k.reference_start
        and (c.until is null or c.until > k.reference_start)
    ), flow as materialized (
      select c.day,
        count(*) filter (where c.in_scope and not c.was_in_scope) as added_tasks,
        count(*) filter (where c.was_in_scope and not c.in_scope) as removed_tasks,
        count(distinct c.task_id) filter (
          where c.in_scope and c.was_in_scope and c.points is distinct from c.old_points) as reestimated_tasks,
        count(*) filter (where c.done) - count(*) filter (where c.was_done) as completed_tasks,
        coalesce(sum(c.p) filter (where c.in_scope and not c.was_in_scope), 0) as added_points,
        coalesce(sum(c.old_p) filter (where c.was_in_scope and not c.in_scope), 0) as removed_points,
        coalesce(sum(c.p - c.old_p) filter (where c.in_scope and c.was_in_scope), 0) as reestimated_points,
        coalesce(sum(c.p) filter (where c.done), 0)
          - coalesce(sum(c.old_p) filter (where c.was_done), 0) as completed_points
      from clock k join change c on c.at > k.reference_start
      group by c.day
    ), day as materialized (
      select c.day, c.is_working,
        k.begun and c.day <= k.horizon_day as has_come,
        f.added_tasks, f.removed_tasks, f.reestimated_tasks, f.added_points, f.removed_points, f.reestimated_points,
        s.tasks + sum(coalesce(f.added_tasks - f.removed_tasks, 0)) over so_far as scope_tasks,
        s.points
          + sum(coalesce(f.added_points - f.removed_points + f.reestimated_points, 0)) over so_far as scope_points,
        s.completed_tasks + sum(coalesce(f.completed_tasks, 0)) over so_far as completed_tasks,
        s.completed_points + sum(coalesce(f.completed_points, 0)) over so_far as completed_points,
        count(*) filter (where c.is_working) over so_far as working_days_gone,
        count(*) filter (where c.is_working and c.day <= k.end_date) over () as working_days,
        count(*) filter (where c.is_working and c.day > k.today) over so_far as working_days_ahead
      from clock k
      cross join start s
      cross join lateral private.sprint_days(k.sprint_id, k.first_day, k.last_day) c
      left join flow f on f.day = c.day
      window so_far as (order by c.day)
    ), recent as (
      select count(*) as working_days, min(d.day) as first_day
      from (
        select d.day from clock k join day d on d.is_working and d.day < k.today
        where k.running
        order by d.day desc limit 5) d
    ), last_completion as (
      -- Of each task until today: when it was completed, if it still is, here or elsewhere.
      select distinct on (c.task_id) c.task_id, c.day, c.at, c.in_sprint, c.p, c.completes
      from clock k join change c on c.day < k.today
      where c.completes or not c.is_there or c.status <> 'Completed'
      order by c.task_id, c.at desc
    ), pace as materialized (
      -- Work completed in the sprint since the first of these days, on days off too, until today.
      select r.working_days, count(c.task_id)::numeric as tasks, coalesce(sum(c.p), 0) as points
      from clock k
      cross join recent r
      left join last_completion c on c.completes and c.in_sprint and c.day >= r.first_day and c.at > k.reference_start
      group by r.working_days
    ), now_left as materialized (
      select d.scope_tasks, d.scope_tasks - d.completed_tasks as tasks, d.scope_points - d.completed_points as points
      from day d where d.has_come order by d.day desc limit 1
    ), finish as materialized (
      select
        private.projected_finish(k.sprint_id, k.today, now_left.scope_tasks, now_left.tasks, now_left.tasks, pace.tasks,
          pace.working_days) as tasks,
        private.projected_finish(k.sprint_id, k.today, now_left.scope_tasks, now_left.tasks, now_left.points,
          pace.points, pace.working_days) as points
      from clock k cross join pace cross join now_left
      where k.running
    ), shown as (
      select d.day, d.is_working, d.has_come,
        d.added_tasks, d.removed_tasks, d.reestimated_tasks, d.added_points, d.removed_points, d.reestimated_points,
        d.scope_tasks, d.scope_points, d.completed_tasks, d.completed_points,
        d.working_days_gone, d.working_days, d.working_days_ahead
      from day d
      union all
      -- On to the later projected finish, for at most as many days again, or four weeks.
      select c.day, c.is_working, false,
        null, null, null, null, null, null, null, null, null, null, null, null,
        already.working_days_ahead + count(*) filter (where c.is_working) over (order by c.day)
      from clock k
      cross join finish f
      cross join (
        select max(d.working_days_ahead) as working_days_ahead, greatest(count(*), 28)::integer as days
        from day d) already
      cross join lateral private.sprint_days(
        k.sprint_id, k.last_day + 1, least(greatest(f.tasks, f.points), k.last_day + already.days)) c
      where coalesce(f.tasks, f.points) is not null
    )
    select json_build_object(
      'as_of', k.as_of,
      'timezone', k.timezone,
      'scope', json_build_object('visible_tasks', (
        select count(*) from change c where c.in_sprint and c.until is null)),
      'sprint', private.sprint_json(k.sprint_id),
      'project', private.project_json(k.project_id),
      'reference_start', case when k.begun then k.reference_start end,
      'reference_finish', case when k.begun then k.reference_finish end,
      'headline_unit', (select p.headline_unit from public.projects p where p.project_id = k.project_id),
      'start', case when k.begun then json_build_object('tasks', s.tasks, 'points', trim_scale(s.points)) end,
      'unestimated_count', case when k.begun then (
        select count(*) from change c where c.in_scope and c.until is null and c.points is null) end,
      'pace', json_build_object(
        'working_days', case when k.running then pace.working_days end,
        'tasks', trim_scale(round(pace.tasks / nullif(pace.working_days, 0), 4)),
        'points', trim_scale(round(pace.points / nullif(pace.working_days, 0), 4))),
      'projected_finish', json_build_object('tasks', finish.tasks, 'points', finish.points),
      'days', (
        select json_agg(json_build_object(
            'date', d.day,
            'is_working_day', d.is_working,
            'tasks', json_build_object(
              'scope', case when d.has_come then d.scope_tasks end,
              'completed', case when d.has_come then d.completed_tasks end,
              'remaining', case when d.has_come then d.scope_tasks - d.completed_tasks end,
              'added', case when d.has_come then coalesce(d.added_tasks, 0) end,
              'removed', case when d.has_come then coalesce(d.removed_tasks, 0) end,
              'reestimated', case when d.has_come then coalesce(d.reestimated_tasks, 0) end,
              'ideal', case when k.begun then trim_scale(round(s.tasks * ideal.days_left / ideal.days, 2)) end,
              'projection', case when d.day >= k.today and pace.working_days > 0 then
                trim_scale(round(
                  greatest(0, now_left.tasks - pace.tasks * d.working_days_ahead / pace.working_days), 2)) end),
            'points', json_build_object(
              'scope', case when d.has_come then trim_scale(d.scope_points) end,
              'completed', case when d.has_come then trim_scale(d.completed_points) end,
              'remaining', case when d.has_come then trim_scale(d.scope_points - d.completed_points) end,
              'added', case when d.has_come then trim_scale(coalesce(d.added_points, 0)) end,
              'removed', case when d.has_come then trim_scale(coalesce(d.removed_points, 0)) end,
              'reestimated', case when d.has_come then trim_scale(coalesce(d.reestimated_points, 0)) end,
              'ideal', case when k.begun then trim_scale(round(s.points * ideal.days_left / ideal.days, 2)) end,
              'projection', case when d.day >= k.today and pace.working_days > 0 then
                trim_scale(round(
                  greatest(0, now_left.points - pace.points * d.working_days_ahead / pace.working_days), 2)) end)
          ) order by d.day)
        from shown d
        cross join lateral (
          -- The ideal line: from the scope at the start to 0, falling on working days and flat on all others. In a
          -- sprint without a working day it stays at the scope of the start.
          select case
              when d.day > k.end_date then 0
              when d.working_days = 0 then 1
              else d.working_days - d.working_days_gone end as days_left,
            greatest(d.working_days, 1)::numeric as days) ideal))
    from clock k cross join start s cross join pace left join now_left on true left join finish on true);
end $$;
comment on function private.live_sprint_burndown(uuid, timestamptz) is
  'The burndown of a sprint computed from the events of its tasks: see '
  'public.sprint_burndown. For definer functions.';

create or replace function private.sprint_burndown(sprint_id uuid, as_of timestamptz) returns json
language plpgsql stable security definer set search_path = ''
set plan_cache_mode = force_generic_plan set random_page_cost = 1.1 as $$
#variable_conflict use_column
begin
  if private.may_read_sprint(sprint_id) is not true then
    return null;
  end if;
  return coalesce(
    private.closed_view(sprint_id, 'burndown', null, as_of),
    private.live_sprint_burndown(sprint_id, as_of));
end $$;

create function private.live_sprint_flow(sprint_id uuid, as_of timestamptz) returns json
language plpgsql stable set search_path = '' as $$
#variable_conflict use_column
begin
  return (
    with clock as materialized (
      select * from private.sprint_clock(live_sprint_flow.sprint_id, live_sprint_flow.as_of)
    ), change as materialized (
      select c.*, (c.at at time zone k.timezone)::date as day
      from clock k cross join lateral private.sprint_changes(k.sprint_id, k.horizon) c
    ), step as materialized (
      -- Each change adds to the status that the task enters and takes from the one it leaves. Tasks that were there at
      -- the start count on the first day.
      select greatest(s.day, k.first_day) as day, s.status, sum(s.tasks) as tasks, sum(s.points) as points
      from clock k cross join (
        select c.day, c.status, 1 as tasks, coalesce(c.points, 0) as points from change c where c.in_sprint
        union all
        select c.day, c.old_status, -1, -coalesce(c.old_points, 0) from change c where c.was_in_sprint) s
      group by 1, 2
    ), cell as (
      select c.day, c.is_working, status.status,
        sum(coalesce(step.tasks, 0)) over so_far as tasks,
        sum(coalesce(step.points, 0)) over so_far as points,
        k.begun and c.day <= k.horizon_day as has_come
      from clock k
      cross join lateral private.sprint_days(k.sprint_id, k.first_day, k.last_day) c
      cross join unnest(enum_range(null::public.task_status)) as status (status)
      left join step on step.day = c.day and step.status = status.status
      window so_far as (partition by status.status order by c.day)
    ), done as materialized (
      select c.task_id from clock k join change c on k.begun and c.done and c.until is null
    ), life as (
      -- All changes of completed tasks, also those outside of the sprint.
      select task_id,
        min(at) as created_at,
        min(at) filter (where status = 'In Progress') as first_started_at,
        max(at) filter (where completes) as completed_at
      from done join change using (task_id)
      group by task_id
    ), blocked as (
      select c.task_id,
        sum(extract(epoch from coalesce(c.until, k.horizon) - greatest(c.at, k.reference_start)))
          ::double precision as seconds
      from clock k join change c on k.begun and c.in_sprint and c.status = 'Blocked'
        and coalesce(c.until, k.horizon) > greatest(c.at, k.reference_start)
      group by c.task_id
    ), reopened as (
      select c.task_id, count(*) as times
      from clock k join change c on k.begun and c.at > k.reference_start
        and c.in_sprint and c.old_status = 'Completed' and c.status <> 'Completed'
      group by c.task_id
    )
    select json_build_object(
      'as_of', k.as_of,
      'timezone', k.timezone,
      'scope', json_build_object('visible_tasks', (
        select count(*) from change c where c.in_sprint and c.until is null)),
      'sprint', private.sprint_json(k.sprint_id),
      'project', private.project_json(k.project_id),
      'reference_start', case when k.begun then k.reference_start end,
      'reference_finish', case when k.begun then k.reference_finish end,
      'days', (
        select json_agg(
          json_build_object('date', d.day, 'is_working_day', d.is_working, 'tasks', d.tasks, 'points', d.points)
          order by d.day)
        from (
          select cell.day, cell.is_working,
            json_object_agg(cell.status, case when cell.has_come then cell.tasks end order by cell.status) as tasks,
            json_object_agg(
              cell.status, case when cell.has_come then trim_scale(cell.points) end order by cell.status) as points
          from cell group by cell.day, cell.is_working) d),
      'lead_time', (
        select private.duration_percentiles(array_agg(
          extract(epoch from completed_at - created_at)::double precision)) from life),
      'cycle_time', (
        select private.duration_percentiles(array_agg(
          extract(epoch from completed_at - first_started_at)::double precision)) from life),
      'blocked', (
        select json_build_object('tasks', count(*), 'hours', private.seconds_to_hours(coalesce(sum(seconds), 0)))
        from blocked),
      'reopened', (select json_build_object('tasks', count(*), 'times', coalesce(sum(times), 0)) from reopened))
    from clock k);
end $$;
comment on function private.live_sprint_flow(uuid, timestamptz) is
  'The cumulative flow of a sprint computed from the events of its tasks: see '
  'public.sprint_flow. For definer functions.';

create or replace function private.sprint_flow(sprint_id uuid, as_of timestamptz) returns json
language plpgsql stable security definer set search_path = ''
set plan_cache_mode = force_generic_plan set random_page_cost = 1.1 as $$
#variable_conflict use_column
begin
  if private.may_read_sprint(sprint_id) is not true then
    return null;
  end if;
  return coalesce(
    private.closed_view(sprint_id, 'flow', null, as_of),
    private.live_sprint_flow(sprint_id, as_of));
end $$;

create function private.live_sprint_workload(sprint_id uuid, as_of timestamptz) returns json
language plpgsql stable set search_path = '' as $$
#variable_conflict use_column
begin
  return (
    with clock as materialized (
      select * from private.sprint_clock(live_sprint_workload.sprint_id, live_sprint_workload.as_of)
    ), held as materialized (
      select t.* from clock k cross join lateral private.sprint_tasks(k.sprint_id, k.horizon) t
    ), working_day as materialized (
      select w.day from clock k cross join lateral private.working_days_left(k.sprint_id, k.as_of) w (day)
    ), load as (
      select h.assigned_to as profile_id,
        count(*) as assigned_tasks,
        coalesce(sum(h.points), 0) as assigned_points,
        count(*) filter (where not h.done) as remaining_tasks,
        coalesce(sum(h.points) filter (where not h.done), 0) as remaining_points,
        coalesce(sum(t.estimated_time) filter (where not h.done), 0) as estimated_minutes,
        count(*) filter (where not h.done and h.points is null) as unestimated_count
      from clock k
      cross join held h
      left join public.tasks t on t.task_id = h.task_id and t.project_id = k.project_id
      where h.in_scope
      group by h.assigned_to
    ), person as (
      select coalesce(m.profile_id, l.profile_id) as profile_id, m.role,
        coalesce(l.assigned_tasks, 0) as assigned_tasks,
        coalesce(l.assigned_points, 0) as assigned_points, coalesce(l.remaining_tasks, 0) as remaining_tasks,
        coalesce(l.remaining_points, 0) as remaining_points, coalesce(l.estimated_minutes, 0) as estimated_minutes,
        coalesce(l.unestimated_count, 0) as unestimated_count
      from (select m.profile_id, m.role from clock k join public.project_members m on m.project_id = k.project_id) m
      full join load l on l.profile_id = m.profile_id
      where m.role <> 'viewer' or l.profile_id is not null or m.profile_id is null
    ), capacity as (
      select p.*, name.full_name,
        -- Not private.is_day_off: a call per member and day took a quarter of the time.
        (select count(*) from working_day w
         where exists (
           select from public.days_off o
           where o.profile_id = p.profile_id and w.day between o.from_date and o.to_date)) as days_off
      from clock k
      cross join person p
      left join public.profiles name on name.profile_id = p.profile_id and name.org_id = k.org_id
    ), measured as (
      select c.*, (select count(*) from working_day) - c.days_off as days_left from capacity c
    )
    select json_build_object(
      'as_of', k.as_of,
      'timezone', k.timezone,
      'scope', json_build_object('visible_tasks', (select count(*) from held)),
      'sprint', private.sprint_json(k.sprint_id),
      'project', private.project_json(k.project_id),
      'working_days_left', (select count(*) from working_day),
      'members', coalesce((
        select json_agg(json_build_object(
            'profile_id', m.profile_id, 'full_name', m.full_name, 'role', m.role,
            'assigned', json_build_object('tasks', m.assigned_tasks, 'points', trim_scale(m.assigned_points)),
            'remaining', json_build_object('tasks', m.remaining_tasks, 'points', trim_scale(m.remaining_points),
              'estimated_minutes', m.estimated_minutes, 'unestimated_count', m.unestimated_count),
            'days_off', case when m.profile_id is not null then m.days_off end,
            'working_days_left', case when m.profile_id is not null then m.days_left end,
            'capacity_minutes', case when m.profile_id is not null then 480 * m.days_left end,
            'overload_minutes', case when m.profile_id is not null then
              greatest(0, m.estimated_minutes - 480 * m.days_left) end)
          order by m.profile_id is null, m.full_name collate "C", m.profile_id)
        from measured m), '[]'))
    from clock k);
end $$;
comment on function private.live_sprint_workload(uuid, timestamptz) is
  'The workload of a sprint computed from the events of its tasks: see '
  'public.sprint_workload. For definer functions.';

create or replace function private.sprint_workload(sprint_id uuid, as_of timestamptz) returns json
language plpgsql stable security definer set search_path = ''
set plan_cache_mode = force_generic_plan set random_page_cost = 1.1 as $$
#variable_conflict use_column
begin
  if private.may_read_sprint(sprint_id) is not true then
    return null;
  end if;
  return coalesce(
    private.closed_view(sprint_id, 'workload', null, as_of),
    private.live_sprint_workload(sprint_id, as_of));
end $$;

create or replace function private.sprint_version(sprint_id uuid, by_minute boolean) returns json
language plpgsql stable security definer set search_path = ''
set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_column
begin
  return (
    select json_build_object(
      'version', private.version_hash(settled.as_of::text, s.sprint_id::text,
        private.stamp_sum(s.project_id, and_named => true), private.stamp_sum(p.org_id)),
      'as_of', settled.as_of,
      'timezone', z.timezone,
      'sprint', private.sprint_json(s.sprint_id),
      'project', private.project_json(s.project_id))
    from public.sprints s
    join public.projects p on p.project_id = s.project_id
    join public.organizations o on o.org_id = p.org_id
    left join private.closed_sprints f on f.sprint_id = s.sprint_id and f.project_id = s.project_id
    cross join lateral (select coalesce(f.timezone, o.timezone) as timezone) z
    cross join lateral (
      select private.version_as_of(z.timezone, by_minute, private.last_change(s.project_id)) as as_of offset 0) settled
    where s.sprint_id = sprint_version.sprint_id and private.may_read_project(s.project_id));
end $$;

comment on function public.sprint_version(uuid, boolean) is
  'Whether the views of a sprint may have changed: {version, as_of, timezone, sprint, project}. Any change of what '
  'they show makes another version; asked at this as_of, they answer the same while the version is the same. The '
  'version also changes with the clock: every minute, as ages in hours do, or, if not by_minute, every day of the '
  'time zone, which is the organization''s or, of a completed sprint, that of its completion. Null for a sprint that '
  'the caller can''t see.';

-- sprint_day_after took its place.
drop function private.working_day_after(uuid, date, numeric);

comment on function public.sprint_burndown(uuid, timestamptz) is
  'The burndown of a sprint as of a moment (default now): {as_of, timezone, scope, sprint, project, reference_start, '
  'reference_finish, headline_unit, start: {tasks, points}, unestimated_count, pace, projected_finish, days}. '
  'headline_unit, tasks or points, is the project''s: what the headline counts. Each day has tasks and '
  'points: scope, completed and remaining at its end (today: now; future: null); added, removed and reestimated '
  'during it; the ideal, which falls from the scope at the start to 0 over the working days; and the projection, '
  'while the sprint runs. Days go on to the later projected finish, for at most as many days again as the sprint has, '
  'or 28. removed is whatever leaves the scope: moved out, cancelled or deleted; the report tells '
  'these apart. pace: work completed in the sprint and neither reopened nor deleted since, per working day, since the '
  'first of the last five working days that are past, or fewer, until today; never negative. projected_finish: {tasks, '
  'points}, null unless the sprint runs, and where a day isn''t known: the scope is empty; only tasks of no points are '
  'left (points); no working day is over (pace.working_days is 0); nothing was completed (pace is 0); or it is too '
  'far ahead. Points are story points; an unestimated task counts 0. Null for a sprint that the caller can''t see.';
comment on function public.sprint_flow(uuid, timestamptz) is
  'The cumulative flow of a sprint as of a moment (default now): {as_of, timezone, scope, sprint, project, '
  'reference_start, reference_finish, days: [{date, is_working_day, tasks: {status: n}, points: {status: x}}], '
  'lead_time, cycle_time, blocked, reopened}. Days are those of the burndown; future ones are null. lead_time '
  '(created to last completed) and cycle_time (first In Progress to last completed) are {count, p50_hours, p85_hours, '
  'p95_hours} of completed tasks; a task that was never started has no cycle time. blocked: time spent Blocked in the '
  'sprint since its start. reopened: changes from Completed to another status since then, which count for the sprint '
  'that the task is in afterwards. Null for a sprint that the caller can''t see.';
comment on function public.sprint_workload(uuid, timestamptz) is
  'What each member has to do in a sprint and the days left for it, as of a moment (default now): {as_of, timezone, '
  'scope, sprint, project, working_days_left, members}. Members are the project''s (viewers, and who left, only if '
  'they have tasks in scope), then the unassigned tasks under a null profile_id: {profile_id, full_name, role, '
  'assigned, remaining, days_off, working_days_left, capacity_minutes, overload_minutes}. Capacity is 480 minutes per '
  'working day left that isn''t a day off; overload is the estimate of the remaining tasks beyond the capacity. '
  'estimated_minutes are today''s estimates, since events don''t record them. Null for a sprint that the caller can''t '
  'see.';
