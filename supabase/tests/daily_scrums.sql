-- Daily scrums: opened for running sprints on working days; an update per member.

begin;
\ir personas.psql
select plan(112);

select pg_temp.keep('extra_scrum');

-- Scrums: member
select pg_temp.become('member');
select results_eq('select daily_scrum_id from daily_scrums', $$values (pg_temp.id('scrum'))$$, 'member: sees the scrums of the project and no others');
select lives_ok($$insert into daily_scrums (daily_scrum_id, sprint_id, scrum_date) values (pg_temp.id('extra_scrum'), pg_temp.id('sprint'), pg_temp.today() - 1)$$, 'member: opens one');
select results_eq($$select project_id from daily_scrums where daily_scrum_id = pg_temp.id('extra_scrum')$$, $$values (pg_temp.id('project'))$$, 'member: it has its sprint''s project');
select throws_ok($$insert into daily_scrums (sprint_id, scrum_date) values (pg_temp.id('sprint'), pg_temp.today())$$, '23505', null, 'member: one a day');
select throws_ok($$insert into daily_scrums (sprint_id, scrum_date) values (pg_temp.id('sprint'), pg_temp.today() - 4)$$, '23514',
  format('scrum_date %s is before the sprint started (%s)', pg_temp.today() - 4, pg_temp.today() - 3), 'member: none before the sprint started');
select throws_ok($$insert into daily_scrums (sprint_id, scrum_date) values (pg_temp.id('sprint'), pg_temp.today() + 1)$$, '23514',
  format('scrum_date %s has not come yet', pg_temp.today() + 1), 'member: none of a day to come');
select is_empty($$select day, r.code from unnest('{infinity,-infinity}'::text[]) day,
  pg_temp.refusal(format('insert into daily_scrums (sprint_id, scrum_date) values (%L, %L)', pg_temp.id('sprint'), day)) r where r.code <> '23514'$$, 'member: none of no day');
select lives_ok($$insert into daily_scrums (sprint_id, scrum_date) values (pg_temp.id('sprint'), pg_temp.today() - 3)$$, 'member: but of the sprint''s first');
select throws_ok($$insert into daily_scrums (sprint_id, scrum_date) values (pg_temp.id('next_sprint'), pg_temp.today() + 12)$$, 'PT409', 'sprint "Next" is Planned: only a running sprint has scrums', 'member: none of a sprint that doesn''t run');
select throws_ok($$insert into daily_scrums (sprint_id, scrum_date) values (pg_temp.id('foreign_sprint'), pg_temp.today() - 1)$$, '42501', null, 'member: none in another organization');
select throws_ok($$insert into daily_scrums (project_id, sprint_id, scrum_date) values (pg_temp.id('project'), pg_temp.id('foreign_sprint'), pg_temp.today() - 1)$$, '42501', null, 'member: nor by naming their own project');
select is_empty($$update daily_scrums set summary = 'x' returning 1$$, 'member: doesn''t sum it up');
select is_empty('delete from daily_scrums returning 1', 'member: deletes none');

-- Scrums: scrum master, manager, admin
select pg_temp.become('scrum_master');
select isnt_empty($$update daily_scrums set summary = 'On course' where daily_scrum_id = pg_temp.id('scrum') returning 1$$, 'scrum_master: sums it up');
select throws_ok($$update daily_scrums set scrum_date = scrum_date + 1$$, '42501', 'sprint_id, scrum_date of daily_scrums can''t be changed', 'scrum_master: moves none to another day');
select throws_ok($$update daily_scrums set sprint_id = pg_temp.id('next_sprint')$$, '42501', null, 'scrum_master: nor to another sprint');
select throws_ok($x$do $y$ begin delete from daily_scrums where daily_scrum_id = pg_temp.id('scrum'); if found then raise exception 'deleted'; end if; end $y$$x$, 'P0001', 'deleted', 'scrum_master: deletes today''s');
select pg_temp.become('postgres');
update organizations set scrum_cutoff_time = '23:59:59' where org_id = pg_temp.id('org');
update daily_scrums set created_at = scrum_date::timestamp at time zone 'Asia/Seoul' where daily_scrum_id = pg_temp.id('extra_scrum');
update project_members set joined_at = now() - interval '10 days' where project_id = pg_temp.id('project');
select pg_temp.become('scrum_master');
select throws_ok($$delete from daily_scrums where daily_scrum_id = pg_temp.id('extra_scrum')$$, 'PT409', format('the scrum of %s is over, and stays', pg_temp.today() - 1), 'scrum_master: not yesterday''s, though an update of it still counts');
select pg_temp.become('postgres');
update organizations set scrum_cutoff_time = '00:00' where org_id = pg_temp.id('org');
select pg_temp.become('scrum_master');
select throws_ok($$delete from daily_scrums where daily_scrum_id = pg_temp.id('extra_scrum')$$, 'PT409', format('the scrum of %s is over, and stays', pg_temp.today() - 1), 'scrum_master: not one that is over, whose misses would be forgotten');
select pg_temp.become('service');
select throws_ok($$delete from daily_scrums where daily_scrum_id = pg_temp.id('extra_scrum')$$, 'PT409', null, 'service: nor does the service');
select pg_temp.become('member');
select is(project_participation(pg_temp.id('project'), pg_temp.today() - 2, pg_temp.today() - 2)::jsonb #>> '{scheduled}', '0', 'member: nobody opened one the day before yesterday');
select lives_ok($$select open_daily_scrums(pg_temp.today() - 2)$$, 'member: opens it afterwards');
select results_eq($$select v ->> 'scheduled', v ->> 'expected' from cast(project_participation(pg_temp.id('project'), pg_temp.today() - 2, pg_temp.today() - 2) as jsonb) v$$, $$values ('1', '0')$$, 'member: which makes nobody miss it');
select results_eq($$select v ->> 'is_scrum_day', v ->> 'expected', v -> 'missing' from cast(scrum_of_day(pg_temp.id('sprint'), pg_temp.today() - 2) as jsonb) v$$, $$values ('true', '0', '[]'::jsonb)$$, 'member: nor does the scrum of that day name anybody');
select pg_temp.become('scrum_master');
select isnt_empty($$delete from daily_scrums where scrum_date = pg_temp.today() - 2 returning 1$$, 'scrum_master: deletes it');
select pg_temp.become('postgres');
delete from daily_scrums where scrum_date < pg_temp.today() and sprint_id = pg_temp.id('sprint');
select pg_temp.become('admin');
select isnt_empty($$update daily_scrums set summary = 'Fine' returning 1$$, 'admin: sums it up');

-- Scrums: viewer, stranger, outsider, anonymous
select pg_temp.become('viewer');
select results_eq('select summary from daily_scrums', $$values ('Fine')$$, 'viewer: sees it');
select throws_ok($$insert into daily_scrums (sprint_id, scrum_date) values (pg_temp.id('sprint'), pg_temp.today() - 1)$$, '42501', null, 'viewer: opens none');
select is_empty('select from open_daily_scrums(pg_temp.today() - 1)', 'viewer: nor by the function');
select pg_temp.become('stranger');
select is_empty('select from daily_scrums', 'stranger: sees none');
select throws_ok($$insert into daily_scrums (sprint_id, scrum_date) values (pg_temp.id('sprint'), pg_temp.today() - 1)$$, '42501', null, 'stranger: opens none');
select is_empty('select from open_daily_scrums()', 'stranger: nor by the function');
select pg_temp.become('outsider');
select results_eq('select daily_scrum_id from daily_scrums', $$values (pg_temp.id('foreign_scrum'))$$, 'outsider: sees their own organization''s alone');
select is_empty($$delete from daily_scrums where sprint_id = pg_temp.id('sprint') returning 1$$, 'outsider: deletes none of the other');
select pg_temp.become('anonymous');
select throws_ok('select from daily_scrums', '42501', null, 'anonymous: reads none');
select throws_ok('select from open_daily_scrums()', '42501', null, 'anonymous: opens none');

-- Updates: manager and scrum master post, member has posted
select pg_temp.become('manager');
select lives_ok($$insert into daily_scrum_updates (daily_scrum_id, today_work) values (pg_temp.id('scrum'), 'Planning')$$, 'manager: posts an update');
select results_eq($$select project_id, profile_id from daily_scrum_updates where today_work = 'Planning'$$, $$values (pg_temp.id('project'), pg_temp.id('manager'))$$, 'manager: it is theirs, in the scrum''s project');
select throws_ok($$insert into daily_scrum_updates (daily_scrum_id) values (pg_temp.id('scrum'))$$, '23505', null, 'manager: one a scrum');
select throws_ok($$insert into daily_scrum_updates (daily_scrum_id, profile_id) values (pg_temp.id('scrum'), pg_temp.id('scrum_master'))$$, '42501', null, 'manager: none in another''s name');
select throws_ok($$insert into daily_scrum_updates (daily_scrum_id) values (pg_temp.id('foreign_scrum'))$$, '42501', null, 'manager: none in another organization');
select isnt_empty($$update daily_scrum_updates set yesterday_work = 'Hiring' where profile_id = pg_temp.id('manager') returning 1$$, 'manager: changes their own');
select is_empty($$update daily_scrum_updates set today_work = 'x' where profile_id = pg_temp.id('member') returning 1$$, 'manager: not another''s');
select is_empty($$delete from daily_scrum_updates where profile_id = pg_temp.id('member') returning 1$$, 'manager: deletes none of another');
select throws_ok($$update daily_scrum_updates set profile_id = pg_temp.id('viewer') where profile_id = pg_temp.id('manager')$$, '42501', 'daily_scrum_id, profile_id of daily_scrum_updates can''t be changed', 'manager: puts none in another''s name');
select isnt_empty($$delete from daily_scrum_updates where profile_id = pg_temp.id('manager') returning 1$$, 'manager: deletes their own');
select pg_temp.become('owner');
select is_empty($$update daily_scrum_updates set today_work = 'x' returning 1$$, 'owner: changes nobody''s');
select is_empty($$delete from daily_scrum_updates returning 1$$, 'owner: deletes nobody''s');
select pg_temp.become('viewer');
select results_eq('select today_work from daily_scrum_updates', $$values ('The login form')$$, 'viewer: sees what is said');
select throws_ok($$insert into daily_scrum_updates (daily_scrum_id) values (pg_temp.id('scrum'))$$, '42501', null, 'viewer: owes none, posts none');
select pg_temp.become('stranger');
select is_empty('select from daily_scrum_updates', 'stranger: sees none');
select throws_ok($$insert into daily_scrum_updates (daily_scrum_id) values (pg_temp.id('scrum'))$$, '42501', null, 'stranger: posts none');
select pg_temp.become('outsider');
select results_eq('select update_id from daily_scrum_updates', $$values (pg_temp.id('foreign_update'))$$, 'outsider: sees their own organization''s alone');
select pg_temp.become('anonymous');
select throws_ok('select from daily_scrum_updates', '42501', null, 'anonymous: reads none');

-- Tasks named
select pg_temp.become('member');
select lives_ok($$insert into daily_scrum_tasks (daily_scrum_id, task_id, intent) values (pg_temp.id('scrum'), pg_temp.id('task'), 'will do')$$, 'member: names a task');
select results_eq('select profile_id, project_id from daily_scrum_tasks', $$values (pg_temp.id('member'), pg_temp.id('project'))$$, 'member: for themselves, in the scrum''s project');
select lives_ok($$insert into daily_scrum_tasks (daily_scrum_id, task_id, intent) values (pg_temp.id('scrum'), pg_temp.id('task'), 'did')$$, 'member: a task may be done and meant');
select throws_ok($$insert into daily_scrum_tasks (daily_scrum_id, task_id, intent) values (pg_temp.id('scrum'), pg_temp.id('foreign_task'), 'did')$$, '23503', null, 'member: it is of the project');
select throws_ok($$insert into daily_scrum_tasks (daily_scrum_id, task_id, intent, profile_id) values (pg_temp.id('scrum'), pg_temp.id('task'), 'did', pg_temp.id('manager'))$$, '42501', null, 'member: names none for another');
select throws_ok($$update daily_scrum_tasks set intent = 'did'$$, '42501', null, 'member: rows are added and deleted, never changed');
select pg_temp.become('scrum_master');
select is_empty('delete from daily_scrum_tasks returning 1', 'scrum_master: takes none of another back');
select pg_temp.become('viewer');
select isnt_empty('select from daily_scrum_tasks', 'viewer: sees what is named');
select throws_ok($$insert into daily_scrum_tasks (daily_scrum_id, task_id, intent) values (pg_temp.id('scrum'), pg_temp.id('task'), 'did')$$, '42501', null, 'viewer: names none');
select pg_temp.become('outsider');
select is_empty('select from daily_scrum_tasks', 'outsider: sees none');
select pg_temp.become('anonymous');
select throws_ok('select from daily_scrum_tasks', '42501', null, 'anonymous: reads none');
select pg_temp.become('member');
select isnt_empty($$delete from daily_scrum_tasks where intent = 'did' returning 1$$, 'member: takes their own back');

-- submit_scrum_update
select lives_ok($$select submit_scrum_update(pg_temp.id('scrum'), 'The form', 'The tests', array[pg_temp.id('task')], array[pg_temp.id('task'), pg_temp.id('backlog_task'), pg_temp.id('backlog_task')],
  jsonb_build_array(jsonb_build_object('description', 'CI is down'), jsonb_build_object('description', 'No key', 'task_id', pg_temp.id('task'))))$$, 'submit: texts, tasks and impediments in one go');
select results_eq('select update_id, yesterday_work, today_work from daily_scrum_updates', $$values (pg_temp.id('update'), 'The form', 'The tests')$$, 'submit: replaces the texts posted before');
select results_eq('select intent, task_id from daily_scrum_tasks order by 1, task_id <> pg_temp.id(''task'')', $$values ('did'::scrum_task_intent, pg_temp.id('task')), ('will do', pg_temp.id('task')), ('will do', pg_temp.id('backlog_task'))$$, 'submit: replaces the tasks, each once');
select results_eq($$select description, task_id, raised_by, update_id, sprint_id, project_id from impediments where update_id is not null order by 1$$, $$values
  ('CI is down', null::uuid, pg_temp.id('member'), pg_temp.id('update'), pg_temp.id('sprint'), pg_temp.id('project')),
  ('No key', pg_temp.id('task'), pg_temp.id('member'), pg_temp.id('update'), pg_temp.id('sprint'), pg_temp.id('project'))$$, 'submit: raises the impediments');
select lives_ok($$select submit_scrum_update(pg_temp.id('scrum'), 'The form', 'The tests', array[pg_temp.id('task')], '{}',
  jsonb_build_array(jsonb_build_object('description', 'CI is down'), jsonb_build_object('description', 'Another')))$$, 'submit: again');
select results_eq($$select (select count(*)::int from daily_scrum_updates), (select count(*)::int from daily_scrum_tasks), (select count(*)::int from impediments where update_id is not null)$$, 'values (1, 1, 3)', 'submit: an impediment raised already isn''t raised twice');
select throws_ok($$select submit_scrum_update(pg_temp.id('scrum'), 'x', 'x', array[pg_temp.id('foreign_task')])$$, '23503', null, 'submit: an unknown task refuses it');
select throws_ok($$select submit_scrum_update(pg_temp.id('scrum'), 'x', 'x', impediments => '{}')$$, '22023', 'impediments is no list of descriptions', 'submit: so does what is no list');
select throws_ok($$select submit_scrum_update(pg_temp.id('scrum'), 'x', 'x', impediments => null)$$, '22023', null, 'submit: or nothing');
select throws_ok($$select submit_scrum_update(pg_temp.id('scrum'), 'x', 'x', impediments => '[{"description": " "}]')$$, '23514', null, 'submit: or a blank impediment');
select is_empty($$select list, r.* from unnest(array['[{}]', '["x"]', '[1]', '[true]', '[null]', '[[]]', '[{"description": 5}]', '[{"description": null}]', '[{"description": ["x"]}]', '[{"description": {}}]',
      '[{"task_id": null}]', '[{"description": "good"}, {}]', '[{"description": "good"}, "x"]', '[[{"description": "x"}]]', '"x"', '1', 'null']) list,
    pg_temp.refusal(format('select submit_scrum_update(%L, ''x'', ''x'', impediments => %L)', pg_temp.id('scrum'), list)) r
  where r.code <> '22023' or r.detail <> ''$$, 'submit: or what is no object with a description, whatever it is');
select results_eq($$select hint from pg_temp.refusal(format('select submit_scrum_update(%L, impediments => ''["x"]'')', pg_temp.id('scrum')))$$, $$values ('Send [{"description": "…", "task_id": null}].')$$, 'submit: saying what to send instead');
select results_eq('select today_work from daily_scrum_updates', $$values ('The tests')$$, 'submit: all or nothing');
select lives_ok($$select submit_scrum_update(pg_temp.id('scrum'), did => null, will_do => null)$$, 'submit: no lists are empty lists');
select throws_ok($$select submit_scrum_update(gen_random_uuid())$$, 'PT404', null, 'submit: an unknown scrum');
select throws_ok($$select submit_scrum_update(pg_temp.id('foreign_scrum'))$$, 'PT404', null, 'submit: another organization''s is unknown');
select pg_temp.become('viewer');
select throws_ok($$select submit_scrum_update(pg_temp.id('scrum'), 'x')$$, '42501', null, 'submit: not by a viewer');
select pg_temp.become('stranger');
select throws_ok($$select submit_scrum_update(pg_temp.id('scrum'), 'x')$$, 'PT404', null, 'submit: nor by a stranger');
select pg_temp.become('anonymous');
select throws_ok($$select submit_scrum_update(pg_temp.id('scrum'), 'x')$$, '42501', null, 'submit: nor by nobody');
select pg_temp.become('owner');
select lives_ok($$select submit_scrum_update(pg_temp.id('scrum'), 'Selling')$$, 'submit: the owner counts as manager of every project');

-- open_daily_scrums
select pg_temp.become('member');
select results_eq('select daily_scrum_id from open_daily_scrums()', $$values (pg_temp.id('scrum'))$$, 'open: what is open already is returned');
select results_eq('select sprint_id, scrum_date from open_daily_scrums(pg_temp.today() - 1)', $$values (pg_temp.id('sprint'), pg_temp.today() - 1)$$, 'open: opens the running sprints of the caller''s projects, no planned ones');
select results_eq('select count(distinct daily_scrum_id)::int, count(*)::int from (select * from open_daily_scrums(pg_temp.today() - 1) union all select * from daily_scrums where scrum_date = pg_temp.today() - 1) s', 'values (1, 2)', 'open: any number of calls does it once');
select is_empty('select from open_daily_scrums(pg_temp.today() - 4)', 'open: none before the sprint started');
select is_empty('select from open_daily_scrums(pg_temp.today() + 1)', 'open: none of a day to come');
select is_empty($$select from unnest('{infinity,-infinity}'::date[]) day, open_daily_scrums(day)$$, 'open: none of no day');
select pg_temp.become('postgres');
insert into org_holidays (org_id, holiday_date, name) values (pg_temp.id('org'), pg_temp.today() - 2, '휴일');
select pg_temp.become('scrum_master');
select is_empty('select from open_daily_scrums(pg_temp.today() - 2)', 'open: none on a holiday');
select throws_ok($$insert into daily_scrums (sprint_id, scrum_date) values (pg_temp.id('sprint'), pg_temp.today() - 2)$$, '23514',
  format('scrum_date %s is a day off of the organization', pg_temp.today() - 2), 'scrum_master: nor without the function');
select pg_temp.become('postgres');
update organizations set working_days = array_remove('{1,2,3,4,5,6,7}'::smallint[], extract(isodow from pg_temp.today() - 3)::smallint) where org_id = pg_temp.id('org');
select pg_temp.become('scrum_master');
select is_empty('select from open_daily_scrums(pg_temp.today() - 3)', 'open: none on a weekday that isn''t worked');
select throws_ok($$insert into daily_scrums (sprint_id, scrum_date) values (pg_temp.id('sprint'), pg_temp.today() - 3)$$, '23514',
  format('scrum_date %s is a day off of the organization', pg_temp.today() - 3), 'scrum_master: nor without the function');
select pg_temp.become('service');
select throws_ok($$insert into daily_scrums (sprint_id, scrum_date) values (pg_temp.id('sprint'), pg_temp.today() - 3)$$, '23514', null, 'service: nor the service');
select pg_temp.become('postgres');
delete from org_holidays where org_id = pg_temp.id('org');
select pg_temp.become('scrum_master');
select isnt_empty('select from open_daily_scrums(pg_temp.today() - 2)', 'open: but once the holiday is none');

-- In each organization's own day: these two zones are 25 hours apart, never on the same date
select pg_temp.become('postgres');
delete from daily_scrums where sprint_id in (pg_temp.id('sprint'), pg_temp.id('foreign_sprint'));
update organizations set working_days = '{1,2,3,4,5,6,7}', timezone = case org_id when pg_temp.id('org') then 'Pacific/Kiritimati' else 'Pacific/Pago_Pago' end
where org_id in (pg_temp.id('org'), pg_temp.id('foreign_org'));
select pg_temp.become('service');
select results_eq($$select scrum_date - (now() at time zone 'Pacific/Pago_Pago')::date from open_daily_scrums() where sprint_id in (pg_temp.id('sprint'), pg_temp.id('foreign_sprint')) order by 1$$,
  $$select unnest(array[0, (now() at time zone 'Pacific/Kiritimati')::date - (now() at time zone 'Pacific/Pago_Pago')::date])$$, 'open: the service opens for all, each on its own date');
select isnt((now() at time zone 'Pacific/Kiritimati')::date, (now() at time zone 'Pacific/Pago_Pago')::date, 'open: which are two');
select results_eq($$select sprint_id from open_daily_scrums((now() at time zone 'Pacific/Kiritimati')::date) where sprint_id in (pg_temp.id('sprint'), pg_temp.id('foreign_sprint'))$$,
  $$values (pg_temp.id('sprint'))$$, 'open: what is today in the one is still to come in the other');
select pg_temp.become('outsider');
select results_eq('select sprint_id from daily_scrums', $$values (pg_temp.id('foreign_sprint'))$$, 'open: each sees their own');

-- open_scrums: the same, by the clock and for the service
select pg_temp.become('postgres');
delete from daily_scrums where sprint_id in (pg_temp.id('sprint'), pg_temp.id('foreign_sprint'));
select pg_temp.become('service');
select throws_ok($$select open_scrums(now() + interval '1 microsecond')$$, '22023', null, 'clock: of no moment to come');
select throws_ok($$select open_scrums('-infinity')$$, '22023', 'at is -infinity, it must be a moment that has come', 'clock: nor of none');
select results_eq($$select sprint_id, scrum_date from open_scrums(now(), pg_temp.id('foreign_org'))$$, $$values (pg_temp.id('foreign_sprint'), (now() at time zone 'Pacific/Pago_Pago')::date)$$, 'clock: opens one organization''s');
select results_eq($$select sprint_id from open_scrums() where sprint_id in (pg_temp.id('sprint'), pg_temp.id('foreign_sprint'))$$, $$values (pg_temp.id('sprint'))$$, 'clock: then the others'', and returns those alone');
select is_empty($$select from open_scrums() where sprint_id in (pg_temp.id('sprint'), pg_temp.id('foreign_sprint'))$$, 'clock: any number of calls does it once');
select results_eq($$select scrum_date from open_scrums(now() - interval '1 day', pg_temp.id('org'))$$, $$values ((now() at time zone 'Pacific/Kiritimati')::date - 1)$$, 'clock: of a day that is over too');
select is_empty($$select from open_scrums(now() - interval '4 days', pg_temp.id('org'))$$, 'clock: none before the sprint started');
select is_empty('select from open_scrums(null, gen_random_uuid())', 'clock: none of no organization');
select pg_temp.become('scrum_master');
select throws_ok('select open_scrums()', '42501', null, 'clock: not for people');
select throws_ok('select scrum_digests_due()', '42501', null, 'clock: nor what has to be written');

select * from finish();
rollback;
