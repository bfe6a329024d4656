-- Headline units: what a project's headline counts. Whoever reads when a sprint will be done reads the same day,
-- whichever unit their charts show.

set lock_timeout = '5s';
set statement_timeout = '30s';

create type public.work_unit as enum ('tasks', 'points');
comment on type public.work_unit is 'What work is counted in: tasks, or their story points.';

alter table public.projects add column headline_unit public.work_unit not null default 'tasks';
comment on column public.projects.headline_unit is
  'What tells how a sprint of the project is doing, in the page''s headline and in messages: the tasks, or the points. '
  'Points suit a project whose tasks all have some.';
grant insert (headline_unit), update (headline_unit) on public.projects to authenticated;
