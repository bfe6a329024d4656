-- Board moves: a task comes right behind another one, the order never runs out, and new tasks come last.

begin;
\ir personas.psql
select plan(34);

select pg_temp.become('postgres');
delete from tasks where sprint_id = pg_temp.id('sprint');
insert into tasks (task_id, project_id, sprint_id, task_name, status)
select pg_temp.keep('t' || n), pg_temp.id('project'), pg_temp.id('sprint'), 'T' || n, 'Planned' from generate_series(1, 8) n;
-- As made at once, a few microseconds apart.
update tasks t set board_rank = extract(epoch from now()) - 10 + 0.00002 * replace(i.name, 't', '')::integer from ids i where i.id = t.task_id and i.name ~ '^t[0-9]$';

-- The cards of a column from the top.
create function pg_temp.column_of(status public.task_status) returns text
language sql stable as $$
  select coalesce(string_agg(t.task_name, ' ' order by t.board_rank, t.task_id), '') from public.tasks t
  where t.sprint_id = pg_temp.id('sprint') and t.status = $1
$$;
create function pg_temp.moved(task text, status public.task_status, after text default null) returns text
language plpgsql as $$
begin
  perform public.move_task(pg_temp.id(task), status, case when after is not null then pg_temp.id(after) end);
  return pg_temp.column_of(status);
end $$;
grant execute on all functions in schema pg_temp to public;

select pg_temp.become('member');
select is(pg_temp.column_of('Planned'), 'T1 T2 T3 T4 T5 T6 T7 T8', 'as they were made');
select is(pg_temp.moved('t8', 'Planned', 't1'), 'T1 T8 T2 T3 T4 T5 T6 T7', 'behind another one');
select is(pg_temp.moved('t8', 'Planned'), 'T8 T1 T2 T3 T4 T5 T6 T7', 'to the top');
select is(pg_temp.moved('t8', 'Planned', 't7'), 'T1 T2 T3 T4 T5 T6 T7 T8', 'to the bottom');
select is(pg_temp.moved('t3', 'In Progress'), 'T3', 'to an empty column');
select is(pg_temp.moved('t4', 'In Progress', 't3'), 'T3 T4', 'below the only one of another column');
select is(pg_temp.moved('t5', 'In Progress', 't3'), 'T3 T5 T4', 'between two of another column');
select is(pg_temp.column_of('Planned'), 'T1 T2 T6 T7 T8', 'the others stay in their order');
select is(pg_temp.moved('t6', 'In Progress', 't1'), 'T3 T5 T4 T6', 'behind one that isn''t in the column any more: to the bottom');
select is((select t.status || ' ' || t.task_name from move_task(pg_temp.id('t6'), 'Planned', pg_temp.id('t2')) t), 'Planned T6', 'the answer is the task');

-- The gap that never runs out: three hundred moves between the same two
select pg_temp.become('postgres');
create temporary table history_before on commit drop as select count(*)::integer as n from task_events where project_id = pg_temp.id('project');
grant select on history_before to public;
select pg_temp.become('member');
select lives_ok($$select move_task(pg_temp.id(case n % 2 when 0 then 't7' else 't8' end), 'Planned', pg_temp.id('t1')) from generate_series(1, 300) n$$, 'three hundred moves into one gap');
select is(pg_temp.column_of('Planned'), 'T1 T7 T8 T2 T6', 'each comes right behind the first');
select is((select count(distinct board_rank)::integer from tasks where sprint_id = pg_temp.id('sprint') and status = 'Planned'), 5, 'all ranks differ');
select is_empty($$select from tasks where sprint_id = pg_temp.id('sprint') and board_rank > extract(epoch from clock_timestamp())$$, 'no rank is in the future');
select is((select count(*)::integer from task_events where project_id = pg_temp.id('project')), (select n from history_before), 'making room leaves no history, nor do moves within a column');
select is_empty($$select from task_events where task_id in (pg_temp.id('t7'), pg_temp.id('t8')) and kind = 'status'$$, 'nor do moves within a column');

-- New ones come last, whatever was moved to the bottom
select is(pg_temp.moved('t1', 'Planned', 't6'), 'T7 T8 T2 T6 T1', 'to the bottom');
insert into tasks (task_id, project_id, sprint_id, task_name, status) values ('99999999-0000-4000-8000-000000000001', pg_temp.id('project'), pg_temp.id('sprint'), 'New', 'Planned');
select is(pg_temp.column_of('Planned'), 'T7 T8 T2 T6 T1 New', 'a new one comes last');
select pg_temp.become('postgres');
update tasks set board_rank = board_rank + 4096 where task_name = 'T1' and sprint_id = pg_temp.id('sprint');
select pg_temp.become('member');
select is(pg_temp.moved('t7', 'Planned', 't1'), 'T8 T2 T6 New T1 T7', 'below one that an older client has put into the future');
insert into tasks (project_id, sprint_id, task_name, status) values (pg_temp.id('project'), pg_temp.id('sprint'), 'Newer', 'Planned');
select is(pg_temp.column_of('Planned'), 'T8 T2 T6 New T1 T7 Newer', 'a new one comes last then, too');

-- Old ranks that are next to each other: room is made for the moved one, too, which stands in the same column
select pg_temp.become('postgres');
delete from tasks where sprint_id = pg_temp.id('sprint') and status = 'Planned' and task_name not in ('T2', 'T6', 'T8');
update tasks t set board_rank = extract(epoch from now()) - 2500 + 0.00000024 * replace(t.task_name, 'T', '')::integer where t.sprint_id = pg_temp.id('sprint') and t.status = 'Planned';
select pg_temp.become('member');
select is(pg_temp.column_of('Planned'), 'T2 T6 T8', 'three old ones, next to each other');
select is(pg_temp.moved('t8', 'Planned', 't2'), 'T2 T8 T6', 'the last behind the first: it is there');

-- Who was faster
select results_eq($$select status from move_task(pg_temp.id('t3'), 'In Review', null, 'In Progress', pg_temp.id('sprint'))$$, $$values ('In Review'::task_status)$$, 'from the column that it is in');
select results_eq($$select status from move_task(pg_temp.id('t3'), 'In Review', null, 'In Progress')$$, $$values ('In Review'::task_status)$$, 'again: it is there already');
select is((select count(*)::integer from task_events where task_id = pg_temp.id('t3') and new_value = 'In Review'), 1, 'again: once in the history');
select is((select t.board_rank from move_task(pg_temp.id('t3'), 'In Review') t), (select board_rank from tasks where task_id = pg_temp.id('t3')), 'where it is already: it keeps its rank');
select throws_ok($$select move_task(pg_temp.id('t3'), 'On Hold', null, 'In Progress')$$, 'PT409', 'the task is In Review by now', 'from a column that it has left');
select throws_ok($$select move_task(pg_temp.id('t3'), 'On Hold', null, null, pg_temp.id('next_sprint'))$$, 'PT409', 'the task is in another sprint, or none, by now', 'in a sprint that it isn''t in');
select throws_ok($$select move_task(pg_temp.id('t3'), null)$$, '22023', 'status is missing', 'to no column');
select throws_ok($$select move_task(pg_temp.id('t3'), 'On Hold', pg_temp.id('t3'))$$, '22023', 'after_task_id is the task itself', 'behind itself');
select results_eq($$select sprint_id, status from move_task(pg_temp.id('backlog_task'), 'Scheduled', pg_temp.id('t3'))$$, $$values (null::uuid, 'Scheduled'::task_status)$$, 'in the backlog, behind one of a sprint: it stays there');

-- Who may not
select pg_temp.become('viewer');
select throws_ok($$select move_task(pg_temp.id('t3'), 'On Hold')$$, '42501', 'only who works in the project moves its tasks', 'viewer: moves none');
select pg_temp.become('outsider');
select throws_ok($$select move_task(pg_temp.id('t3'), 'On Hold')$$, 'PT404', 'no such task', 'outsider: knows of none');
select pg_temp.become('anonymous');
select throws_ok($$select move_task(pg_temp.id('t3'), 'On Hold')$$, '42501', null, 'anonymous: may not call');

select * from finish();
rollback;
