-- Calendar feeds: links by which a calendar app reads a person's sprints, scrums and due dates.
-- No secret is kept here: a link is the feed's key and a signature made elsewhere, and deleting the row revokes it.

set lock_timeout = '5s';
set statement_timeout = '30s';

create table public.calendar_feeds (
  feed_id    uuid primary key default gen_random_uuid(),
  profile_id uuid not null default auth.uid(),
  org_id     uuid not null default private.my_org_id(),
  feed_name  text not null default 'MySingle',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint calendar_feeds_of_profile foreign key (profile_id, org_id)
    references public.profiles (profile_id, org_id) on update cascade on delete cascade,
  constraint calendar_feeds_feed_name_length check (char_length(btrim(feed_name)) between 1 and 100)
);
comment on table public.calendar_feeds is
  'Links to a person''s calendar, at most 20 per person. Deleting the row revokes its link.';
comment on column public.calendar_feeds.feed_id is 'Key, which is part of the link.';
comment on column public.calendar_feeds.profile_id is 'Person whose calendar it shows; the caller by default.';
comment on column public.calendar_feeds.org_id is 'Organization of the person; filled in by default.';
comment on column public.calendar_feeds.feed_name is 'Name that the calendar app shows, 1 to 100 characters.';
comment on column public.calendar_feeds.created_at is 'When the row was created.';
comment on column public.calendar_feeds.updated_at is 'When the row was last changed; a trigger sets it.';
create index calendar_feeds_profile on public.calendar_feeds (profile_id, org_id);
-- org_id first: the column the policies filter on.
create index calendar_feeds_org on public.calendar_feeds (org_id);

alter table public.calendar_feeds enable row level security;
create policy "Feeds are visible to their person" on public.calendar_feeds
  for select to authenticated
  using (org_id = (select private.my_org_id()) and profile_id = (select auth.uid()));
create policy "Feeds are made by people for themselves" on public.calendar_feeds
  for insert to authenticated
  with check (org_id = (select private.my_org_id()) and profile_id = (select auth.uid()));
create policy "Feeds are renamed by their person" on public.calendar_feeds
  for update to authenticated
  using (org_id = (select private.my_org_id()) and profile_id = (select auth.uid()))
  with check (org_id = (select private.my_org_id()) and profile_id = (select auth.uid()));
create policy "Feeds are deleted by their person" on public.calendar_feeds
  for delete to authenticated
  using (org_id = (select private.my_org_id()) and profile_id = (select auth.uid()));

create function private.limit_calendar_feeds() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  if new.profile_id is distinct from auth.uid() and (select auth.role()) is distinct from 'service_role' then
    return new; -- the policies refuse it, without telling how many there are
  end if;
  -- The lock makes two concurrent inserts wait for each other.
  perform from public.profiles p where p.profile_id = new.profile_id for no key update;
  if (select count(*) from public.calendar_feeds f where f.profile_id = new.profile_id) >= 20 then
    raise exception 'there are 20 calendar feeds already'
      using errcode = 'PT409', hint = 'Delete one that is no longer used.';
  end if;
  return new;
end $$;
comment on function private.limit_calendar_feeds() is
  'Trigger: at most 20 feeds per person. Definer: it locks and counts rows that the caller may not see.';

create trigger calendar_feeds_limit before insert on public.calendar_feeds
  for each row execute function private.limit_calendar_feeds();
create trigger calendar_feeds_touch before update on public.calendar_feeds
  for each row execute function private.touch_updated_at();
create trigger calendar_feeds_keep_key before update on public.calendar_feeds
  for each row when ((old.feed_id, old.profile_id) is distinct from (new.feed_id, new.profile_id))
  execute function private.refuse_change('feed_id, profile_id', 'Make another feed.');

grant select, delete on public.calendar_feeds to authenticated;
grant
  insert (feed_id, profile_id, org_id, feed_name),
  update (feed_id, profile_id, org_id, feed_name)
  on public.calendar_feeds to authenticated;
grant select, insert, update, delete on public.calendar_feeds to service_role;

create function public.calendar_of(feed_id uuid) returns json
language plpgsql stable security invoker set search_path = ''
set plan_cache_mode = force_generic_plan set random_page_cost = 1.1 as $$
#variable_conflict use_column
begin
  return (
    with feed as materialized (
      select f.feed_name, p.profile_id, p.full_name, o.org_id, o.org_name, o.timezone, o.locale, o.reminder_time,
        o.updated_at as org_updated_at, day.today - 90 as from_day, day.today + 365 as to_day
      from public.calendar_feeds f
      join public.profiles p on p.profile_id = f.profile_id
      join public.organizations o on o.org_id = p.org_id
      cross join lateral (select (now() at time zone o.timezone)::date as today) day
      where f.feed_id = calendar_of.feed_id
    ), project as materialized (
      -- The projects that the person is a member of: owners and admins may see more, but don't work in them.
      select p.project_id, p.project_name, m.role, m.joined_at
      from feed
      join public.project_members m on m.profile_id = feed.profile_id
      join public.projects p on p.project_id = m.project_id
    ), sprint as materialized (
      select s.*, project.project_name, project.role, project.joined_at
      from feed
      cross join project
      join public.sprints s on s.project_id = project.project_id
      where s.status <> 'Cancelled' and s.end_date >= feed.from_day and s.start_date <= feed.to_day
    )
    select json_build_object(
      'feed_name', feed.feed_name,
      'profile', json_build_object('profile_id', feed.profile_id, 'full_name', feed.full_name),
      'organization', json_build_object('org_name', feed.org_name, 'timezone', feed.timezone, 'locale', feed.locale),
      'sprints', coalesce((
        select json_agg(json_build_object(
            'sprint_id', s.sprint_id, 'sprint_name', s.sprint_name, 'goal', s.goal, 'status', s.status,
            'start_date', s.start_date, 'end_date', s.end_date,
            'project_id', s.project_id, 'project_name', s.project_name, 'updated_at', s.updated_at)
          order by s.start_date, s.sprint_id)
        from sprint s), '[]'),
      'scrums', coalesce((
        select json_agg(json_build_object(
            'sprint_id', s.sprint_id, 'sprint_name', s.sprint_name,
            'project_id', s.project_id, 'project_name', s.project_name,
            'date', c.day, 'starts_at', private.first_moment_at(c.day, feed.reminder_time, feed.timezone),
            'updated_at', greatest(s.updated_at, feed.org_updated_at))
          order by c.day, s.sprint_id)
        from sprint s
        -- Scrums are opened from the day on which the sprint was started.
        cross join lateral private.calendar_days(feed.org_id,
          greatest((s.started_at at time zone feed.timezone)::date, feed.from_day), least(s.end_date, feed.to_day)) c
        where s.status = 'Active' and c.is_working
          and private.expects_update(s.role, s.joined_at, feed.profile_id, c.day, feed.timezone)), '[]'),
      'tasks', coalesce((
        select json_agg(json_build_object(
            'task_id', t.task_id, 'task_name', t.task_name, 'status', t.status,
            'priority', t.priority, 'due_date', t.due_date,
            'project_id', t.project_id, 'project_name', project.project_name, 'updated_at', t.updated_at)
          order by t.due_date, t.task_id)
        from public.tasks t
        join project on project.project_id = t.project_id
        where t.assigned_to = feed.profile_id and t.due_date between feed.from_day and feed.to_day
          and t.status not in ('Completed', 'Cancelled')), '[]'))
    from feed);
end $$;
comment on function public.calendar_of(uuid) is
  'What a calendar feed shows, from 90 days ago to 365 days ahead: {feed_name, profile: {profile_id, full_name}, '
  'organization: {org_name, timezone, locale}, sprints: [{sprint_id, sprint_name, goal, status, start_date, end_date, '
  'project_id, project_name, updated_at}], scrums: [{sprint_id, sprint_name, project_id, project_name, date, '
  'starts_at, updated_at}], tasks: [{task_id, task_name, status, priority, due_date, project_id, project_name, '
  'updated_at}]}. Of the projects that its person is a member of now: all sprints except cancelled ones; the scrums '
  'of running sprints on the days on which an update of theirs is expected, at the organization''s reminder_time; '
  'their own unfinished tasks with a due date. Null for an unknown feed. For the service, which has checked the '
  'link''s signature.';
grant execute on function public.calendar_of(uuid) to service_role;
