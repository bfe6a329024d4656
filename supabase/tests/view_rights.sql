-- The definers behind the views: called by themselves, they tell each caller what the tables tell.
-- What clients call is in scope.sql.

begin;
\ir personas.psql
select plan(29);

-- Which of the views answer, each asked for what is of the organization; the draft: of how many sprints.
create function pg_temp.answers(name text, side text) returns text language plpgsql as $$
declare
  sprint uuid := pg_temp.id(side || 'sprint');
  project uuid := pg_temp.id(side || 'project');
  answer text;
begin
  perform pg_temp.become(name);
  select coalesce(string_agg(v.view, ' ' order by v.view), 'none') into answer
  from (values
    ('board', private.sprint_board(sprint, null, null, null)), ('burndown', private.sprint_burndown(sprint, null)),
    ('flow', private.sprint_flow(sprint, null)), ('report', private.sprint_report(sprint, null)),
    ('workload', private.sprint_workload(sprint, null)), ('scrum', private.scrum_of_day(sprint, null, null)),
    ('velocity', private.project_velocity(project, 6, null)), ('throughput', private.project_throughput(project, 90, null)),
    ('impediments', private.project_impediments(project, null)),
    ('participation', private.project_participation(project, null, null, null))) v (view, answer)
  where v.answer is not null;
  perform pg_temp.become('postgres');
  return answer;
end $$;
select is(pg_temp.answers(who, side), case when sees then 'board burndown flow impediments participation report scrum throughput velocity workload' else 'none' end,
  who || case when sees then ' sees' else ' doesn''t see' end || case side when '' then ' the project' else ' the other organization''s' end)
from (values ('owner', '', true), ('admin', '', true), ('manager', '', true), ('scrum_master', '', true), ('member', '', true), ('viewer', '', true),
  ('stranger', '', false), ('outsider', '', false), ('service', '', true), ('service', 'foreign_', true), ('outsider', 'foreign_', true),
  ('owner', 'foreign_', false), ('member', 'foreign_', false), ('viewer', 'foreign_', false)) v (who, side, sees);

-- One's own scrums: of the projects one works in, and nobody else's.
create function pg_temp.drafted(name text) returns text language plpgsql as $$
declare
  answer text;
begin
  perform pg_temp.become(name);
  select string_agg(s #>> '{project,project_id}', ' ') into answer from json_array_elements(private.scrum_draft(null) -> 'scrums') s;
  perform pg_temp.become('postgres');
  return answer;
end $$;
select is(pg_temp.drafted(who), pg_temp.id(project)::text, who || ' owes the scrums of ' || coalesce(project, 'nobody'))
from (values ('manager', 'project'), ('member', 'project'), ('outsider', 'foreign_project')) v (who, project);
select is(pg_temp.drafted(who), null, who || ' owes no scrum')
from unnest('{owner,admin,viewer,stranger,service}'::text[]) who;

-- A right is asked anew each time: with the membership goes the view.
delete from project_members where project_id = pg_temp.id('project') and profile_id = pg_temp.id('member');
select is(pg_temp.answers('member', ''), 'none', 'who has left the project sees no more of it');
update profiles set org_role = 'member' where profile_id = pg_temp.id('admin');
select is(pg_temp.answers('admin', ''), 'none', 'nor does who runs the organization no longer');

-- Nobody is let in for want of a claim.
create function pg_temp.claimed(claims text) returns text language plpgsql as $$
declare
  answer text;
begin
  perform set_config('role', 'authenticated', true);
  perform set_config('request.jwt.claims', claims, true);
  answer := (private.sprint_board(pg_temp.id('sprint'), null, null, null))::text;
  perform pg_temp.become('postgres');
  return answer;
end $$;
select is(pg_temp.claimed(claims), null, 'nothing for the claims ' || claims)
from (values (''), ('{"role": "authenticated"}'), ('{"aud": "authenticated", "sub": "00000000-0000-4000-8000-000000000000"}')) v (claims);

select is(pg_temp.answers('postgres', 'foreign_'), pg_temp.answers('service', ''), 'the database''s own role sees everything, as in tables');

select pg_temp.become('anonymous');
select is((pg_temp.refusal('select private.sprint_board(null, null, null, null)')).code, '42501', 'nobody calls them without having signed in');

select * from finish();
rollback;
