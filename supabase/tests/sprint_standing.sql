-- What a caller is to a sprint: leads it or not, and in which language it is spoken of.

begin;
\ir personas.psql
select plan(12);

update organizations set locale = 'en' where org_id = pg_temp.id('org');

select pg_temp.become('manager');
select is(sprint_standing(pg_temp.id('sprint')) ->> 'leads', 'true', 'manager: leads');
select is(sprint_standing(pg_temp.id('sprint')) ->> 'locale', 'en', 'manager: in the organization''s language');
select is(sprint_standing(gen_random_uuid())::text, null, 'manager: nothing of an unknown sprint');
select pg_temp.become('scrum_master');
select is(sprint_standing(pg_temp.id('sprint')) ->> 'leads', 'true', 'scrum master: leads');
select pg_temp.become('owner');
select is(sprint_standing(pg_temp.id('sprint')) ->> 'leads', 'true', 'owner: leads');
select pg_temp.become('admin');
select is(sprint_standing(pg_temp.id('sprint')) ->> 'leads', 'true', 'admin: leads');
select is(sprint_standing(null)::text, null, 'admin: nothing of no sprint');
select pg_temp.become('member');
select is(sprint_standing(pg_temp.id('sprint')) ->> 'leads', 'false', 'member: doesn''t');
select pg_temp.become('viewer');
select is(sprint_standing(pg_temp.id('sprint')) ->> 'leads', 'false', 'viewer: doesn''t');
select pg_temp.become('stranger');
select is(sprint_standing(pg_temp.id('sprint')) ->> 'leads', null, 'stranger: sees none');
select pg_temp.become('outsider');
select is(sprint_standing(pg_temp.id('sprint')) ->> 'leads', null, 'outsider: sees none');
select pg_temp.become('anonymous');
select throws_ok($$select sprint_standing(pg_temp.id('sprint'))$$, '42501', null, 'anonymous: may not ask');

select * from finish();
rollback;
