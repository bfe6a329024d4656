-- From the sale to the sprint: the pipeline, and how what was sold is being delivered.

set lock_timeout = '5s';
set statement_timeout = '30s';

create view public.opportunity_pipeline with (security_invoker = true) as
  select o.org_id, o.stage, o.currency_code,
    count(*) as opportunity_count,
    coalesce(sum(o.acv), 0) as acv,
    count(*) filter (where o.acv is null) as without_acv_count,
    case when o.stage in ('Closed Lost', 'Closed No Decision') then 0 else coalesce(sum(o.acv), 0) end as forecast_acv
  from public.opportunities o
  group by o.org_id, o.stage, o.currency_code;
comment on view public.opportunity_pipeline is
  'Opportunities per stage and currency, as far as the caller may see them. Never add up values of different '
  'currencies.';
comment on column public.opportunity_pipeline.org_id is 'Organization.';
comment on column public.opportunity_pipeline.stage is 'Stage; order by it for the order of the sale.';
comment on column public.opportunity_pipeline.currency_code is 'Currency of the sums.';
comment on column public.opportunity_pipeline.opportunity_count is 'How many opportunities.';
comment on column public.opportunity_pipeline.acv is
  'Sum of their annual contract values; an opportunity without one counts 0.';
comment on column public.opportunity_pipeline.without_acv_count is 'How many of them have no value.';
comment on column public.opportunity_pipeline.forecast_acv is
  'The part of acv that counts in a forecast: 0 for a lost deal.';
grant select on public.opportunity_pipeline to authenticated, service_role;

create function private.running_sprint_json(project_id uuid) returns json
language plpgsql stable set search_path = '' as $$
#variable_conflict use_column
begin
  return (
    select json_build_object(
      'sprint', b.figures -> 'sprint',
      'working_days_left', (select count(*) from private.working_days_left(s.sprint_id, null)),
      'tasks', json_build_object('scope', b.today #> '{tasks,scope}', 'completed', b.today #> '{tasks,completed}',
        'progress', private.ratio((b.today #>> '{tasks,completed}')::numeric, (b.today #>> '{tasks,scope}')::numeric)),
      'points', json_build_object('scope', b.today #> '{points,scope}', 'completed', b.today #> '{points,completed}',
        'progress', private.ratio(
          (b.today #>> '{points,completed}')::numeric, (b.today #>> '{points,scope}')::numeric)),
      'projected_finish', b.figures #> '{projected_finish,tasks}',
      'makes_its_date', case
        when (b.today #>> '{tasks,scope}')::numeric = 0 then null
        when (b.today #>> '{tasks,remaining}')::numeric = 0 then
          (b.figures #>> '{days,0,date}')::date <= s.end_date
          and not exists (
            select from json_array_elements(b.figures -> 'days') d
            where (d.value ->> 'date')::date >= s.end_date and (d.value #>> '{tasks,remaining}')::numeric > 0)
        when (b.today ->> 'date')::date > s.end_date then false
        when (b.figures #>> '{pace,tasks}')::numeric > 0 then
          coalesce((b.figures #>> '{projected_finish,tasks}')::date <= s.end_date, false) end,
      'open_impediments', (
        select count(*) from public.impediments i where i.sprint_id = s.sprint_id and i.resolved_at is null))
    from public.sprints s
    -- offset 0 makes PostgreSQL compute the burndown once instead of at each mention.
    cross join lateral (select public.sprint_burndown(s.sprint_id) as figures offset 0) f
    cross join lateral (
      select f.figures, (
        select d.value from json_array_elements(f.figures -> 'days') d
        where d.value #>> '{tasks,scope}' is not null
        order by d.value ->> 'date' desc limit 1) as today offset 0) b
    where s.project_id = running_sprint_json.project_id and s.status = 'Active');
end $$;
comment on function private.running_sprint_json(uuid) is
  'The state of a project''s running sprint as account_delivery.projects describes it. Null if no sprint runs or the '
  'caller can''t see it.';
grant execute on function private.running_sprint_json(uuid) to authenticated, service_role;

create view public.account_delivery with (security_invoker = true) as
  select a.org_id, a.account_id, a.account_name, a.account_type,
    coalesce(sale.open_count, 0) as open_opportunity_count,
    coalesce(sale.won_count, 0) as won_opportunity_count,
    coalesce(sale.by_currency, '[]') as acv,
    coalesce(work.projects, '[]') as projects,
    json_build_object(
      'visible_opportunities', coalesce(sale.count, 0), 'visible_projects', coalesce(work.count, 0)) as scope
  from public.accounts a
  left join lateral (
    select sum(c.count) as count, sum(c.open_count) as open_count, sum(c.won_count) as won_count,
      json_agg(
        json_build_object('currency_code', c.currency_code, 'open', c.open_acv, 'won', c.won_acv)
        order by c.currency_code) as by_currency
    from (
      select o.currency_code, count(*) as count,
        count(*) filter (where not private.is_closed(o.stage)) as open_count,
        count(*) filter (where o.stage = 'Closed Won') as won_count,
        coalesce(sum(o.acv) filter (where not private.is_closed(o.stage)), 0) as open_acv,
        coalesce(sum(o.acv) filter (where o.stage = 'Closed Won'), 0) as won_acv
      from public.opportunities o where o.account_id = a.account_id
      group by o.currency_code) c) sale on true
  left join lateral (
    select count(*) as count, json_agg(json_build_object('project_id', p.project_id, 'project_name', p.project_name,
      'opportunity_id', p.opportunity_id, 'running_sprint', private.running_sprint_json(p.project_id))
      order by p.project_name collate "C", p.project_id) as projects
    from public.projects p where p.account_id = a.account_id) work on true;
comment on view public.account_delivery is
  'From the sale to the sprint: each account with its opportunities, and with those of its projects that the caller '
  'may see and their running sprint. Filter by account_id: the view computes a burndown per running sprint.';
comment on column public.account_delivery.org_id is 'Organization.';
comment on column public.account_delivery.account_id is 'Account.';
comment on column public.account_delivery.account_name is 'Its name.';
comment on column public.account_delivery.account_type is 'Type of the account.';
comment on column public.account_delivery.open_opportunity_count is 'Opportunities not closed.';
comment on column public.account_delivery.won_opportunity_count is 'Opportunities won.';
comment on column public.account_delivery.acv is
  'Annual contract values of the opportunities: [{currency_code, open, won}].';
comment on column public.account_delivery.projects is
  'Projects that the caller may see: [{project_id, project_name, opportunity_id, running_sprint}]. running_sprint is '
  'null if no sprint runs, else its state by the burndown: {sprint, working_days_left (today included), tasks, '
  'points: {scope, completed, progress (completed / scope)}, projected_finish (of its tasks), makes_its_date, '
  'open_impediments}. makes_its_date: with work left, whether the projected finish is by end_date (null while the '
  'last days show no pace, false once end_date is past); with none left, whether all was done by then and stayed '
  'done; null without any task.';
comment on column public.account_delivery.scope is
  'How many of the account''s opportunities and projects the caller may see, and are counted here: '
  '{visible_opportunities, visible_projects}.';
grant select on public.account_delivery to authenticated, service_role;
