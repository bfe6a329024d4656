-- The notification log: what is due, to whom, and what becomes of it. Claimed and settled by the
-- service alone, read by owners and admins.

begin;
\ir personas.psql
select plan(111);

create temporary table claims (like private.claimed_notification) on commit drop;
grant all on claims to public;
-- Claims as the service and keeps what it got; returns the names of the channels.
create function pg_temp.claims(event public.notification_event, at timestamptz default now()) returns text
language sql as $$
  with got as (insert into claims select * from public.claim_notifications($1, $2, pg_temp.id('org')) returning channel_id)
  select coalesce(string_agg(i.name, ' ' order by i.name), '') from got join ids i on i.id = got.channel_id
$$;
create function pg_temp.attempt(channel text, event public.notification_event) returns integer
language sql stable as $$ select l.attempts from public.notification_log l where l.channel_id = pg_temp.id($1) and l.event = $2 $$;
create function pg_temp.log_id(channel text, event public.notification_event) returns uuid
language sql stable as $$ select l.log_id from public.notification_log l where l.channel_id = pg_temp.id($1) and l.event = $2 $$;
-- Settles the last attempt of a channel's notification.
create function pg_temp.settle(channel text, event public.notification_event, error text default null, permanent boolean default false, retry_after integer default null) returns text
language sql as $$ select public.settle_notification(pg_temp.log_id($1, $2), pg_temp.attempt($1, $2), error, permanent, retry_after)::text $$;
grant execute on all functions in schema pg_temp to public;

insert into projects (project_id, org_id, project_name) values (pg_temp.keep('other_project'), pg_temp.id('org'), 'Other');
insert into notification_channels (channel_id, org_id, project_id, channel_name, kind, target, events, is_enabled, created_at, created_by) values
  (pg_temp.keep('all'), pg_temp.id('org'), null, 'All', 'slack', 'https://hooks.example.test/all', default, true, now() - interval '1 day', pg_temp.id('admin')),
  (pg_temp.keep('project'||'_channel'), pg_temp.id('org'), pg_temp.id('project'), 'Project', 'webhook', 'https://hooks.example.test/project', '{scrum_reminder,sprint_report}', true, now() - interval '1 day', pg_temp.id('admin')),
  (pg_temp.keep('other_channel'), pg_temp.id('org'), pg_temp.id('other_project'), 'Other', 'slack', 'https://hooks.example.test/other', default, true, now() - interval '1 day', pg_temp.id('admin')),
  (pg_temp.keep('off'), pg_temp.id('org'), null, 'Off', 'slack', 'https://hooks.example.test/off', default, false, now() - interval '1 day', pg_temp.id('admin')),
  (pg_temp.keep('foreign_channel'), pg_temp.id('foreign_org'), null, 'Theirs', 'slack', 'https://hooks.example.test/theirs', default, true, now() - interval '1 day', pg_temp.id('outsider'));
-- A day on which every moment of the test has come: yesterday's scrum is asked about.
update project_members set joined_at = now() - interval '10 days' where project_id = pg_temp.id('project');
insert into daily_scrums (daily_scrum_id, sprint_id, scrum_date) values (pg_temp.keep('yesterday'), pg_temp.id('sprint'), pg_temp.today() - 1);
create function pg_temp.yesterday(clock time) returns timestamptz
language sql stable as $$ select (pg_temp.today() - 1 + clock) at time zone 'Asia/Seoul' $$;
grant execute on function pg_temp.yesterday(time) to public;

-- Reminders
select pg_temp.become('service');
select is(pg_temp.claims('scrum_reminder', pg_temp.yesterday('09:59:59')), '', 'reminder: not before its time');
select is(pg_temp.claims('scrum_reminder', pg_temp.yesterday('10:00')), 'all project_channel', 'reminder: from its time on, to the channels it is for');
select is(pg_temp.claims('scrum_reminder', pg_temp.yesterday('10:00')), '', 'reminder: claimed once');
select results_eq($$select attempt, kind::text, target, event::text, subject, org_id, project_id, sprint_id, scrum_date, locale::text, timezone, org_name, project_name, sprint_name from claims where channel_id = pg_temp.id('all')$$,
  $$values (1, 'slack', 'https://hooks.example.test/all', 'scrum_reminder', pg_temp.id('yesterday'), pg_temp.id('org'), pg_temp.id('project'), pg_temp.id('sprint'), pg_temp.today() - 1, 'ko', 'Asia/Seoul', '한빛', 'Delivery', 'Running')$$,
  'reminder: with all that sending takes');
select results_eq($$select signing_secret from claims where channel_id = pg_temp.id('project_channel')$$, $$select signing_secret from notification_channels where channel_id = pg_temp.id('project_channel')$$, 'reminder: and what signs it');
select throws_ok($$select claim_notifications('scrum_reminder', now() + interval '1 minute')$$, '22023', null, 'claim: not of a moment to come');
select throws_ok($$select claim_notifications('scrum_reminder', 'infinity')$$, '22023', 'at is infinity, it must be a moment that has come', 'claim: nor of the end of time');
select throws_ok($$select claim_notifications('scrum_reminder', batch => 0)$$, '22023', 'batch is 0, it must be 1 to 1000', 'claim: of some at least');
select throws_ok($$select claim_notifications(null)$$, '22023', null, 'claim: of an event');
select throws_ok($$select claim_notifications('sprint_end')$$, '22P02', null, 'claim: of one there is');

-- Settling
select is(pg_temp.settle('all', 'scrum_reminder'), 'sent', 'settle: sent');
select results_eq($$select status::text, attempts, claimed_until, next_try_at, sent_at, last_error from notification_log where log_id = pg_temp.log_id('all', 'scrum_reminder')$$, $$values ('sent', 1, null::timestamptz, null::timestamptz, now(), null)$$, 'sent: now');
select throws_ok($$select pg_temp.settle('all', 'scrum_reminder', 'timeout')$$, 'PT409', null, 'sent: is settled');
select throws_ok($$select settle_notification(gen_random_uuid(), 1)$$, 'PT404', null, 'settle: nothing unknown');
select throws_ok($$select settle_notification(pg_temp.log_id('project_channel', 'scrum_reminder'), 2)$$, 'PT409', null, 'settle: by no attempt that isn''t');
select throws_ok($$select settle_notification(pg_temp.log_id('project_channel', 'scrum_reminder'), null)$$, 'PT409', null, 'settle: nor by none');
select throws_ok($$select pg_temp.settle('project_channel', 'scrum_reminder', 'Post "https://hooks.example.test/x": timeout')$$, '22023', 'error is no code', 'settle: no error that says too much');
select is(pg_temp.settle('project_channel', 'scrum_reminder', 'http_500'), 'failed', 'settle: failed');
select results_eq($$select status::text, next_try_at - now(), last_error, sent_at from notification_log where log_id = pg_temp.log_id('project_channel', 'scrum_reminder')$$, $$values ('failed', interval '1 minute', 'http_500', null::timestamptz)$$, 'failed: tried again in a minute');
select is(pg_temp.claims('scrum_reminder', pg_temp.yesterday('10:05')), '', 'failed: not before');

-- Time passes: the log is moved back instead of waiting.
create function pg_temp.later(channel text, event public.notification_event) returns void
language sql as $$ update public.notification_log l set next_try_at = now(), claimed_until = null where l.log_id = pg_temp.log_id($1, $2) $$;
create function pg_temp.lapse(channel text, event public.notification_event) returns void
language sql as $$ update public.notification_log l set claimed_until = now() where l.log_id = pg_temp.log_id($1, $2) $$;
-- Tries a channel's reminder once more and lets it fail; returns in how many minutes it is tried again.
create function pg_temp.fail_again() returns numeric
language plpgsql as $$
begin
  perform pg_temp.become('postgres');
  perform pg_temp.later('project_channel', 'scrum_reminder');
  perform pg_temp.become('service');
  perform pg_temp.claims('scrum_reminder', pg_temp.yesterday('10:05'));
  perform pg_temp.settle('project_channel', 'scrum_reminder', 'timeout');
  return (select extract(epoch from l.next_try_at - now()) / 60 from public.notification_log l where l.log_id = pg_temp.log_id('project_channel', 'scrum_reminder'));
end $$;
select pg_temp.become('postgres');
select results_eq('select round(pg_temp.fail_again()) from generate_series(2, 8)', 'values (2::numeric), (4), (8), (16), (32), (60), (null)', 'failed: twice as long each time, an hour at most, eight tries');
select results_eq($$select status::text, attempts from notification_log where log_id = pg_temp.log_id('project_channel', 'scrum_reminder')$$, $$values ('given up', 8)$$, 'failed eight times: given up');
select pg_temp.become('service');
select is(pg_temp.claims('scrum_reminder', pg_temp.yesterday('10:05')), '', 'given up: not tried again');

-- Who is expected decides
select pg_temp.become('postgres');
delete from notification_log where org_id in (pg_temp.id('org'), pg_temp.id('foreign_org'));
insert into daily_scrum_updates (daily_scrum_id, profile_id) select pg_temp.id('yesterday'), pg_temp.id(name) from unnest('{manager,member}'::text[]) name;
insert into days_off (profile_id, org_id, from_date, to_date) values (pg_temp.id('scrum_master'), pg_temp.id('org'), pg_temp.today() - 1, pg_temp.today() - 1);
select pg_temp.become('service');
select is(pg_temp.claims('scrum_reminder', pg_temp.yesterday('12:00')), '', 'reminder: nobody is missing but who is off and who only looks on');
select pg_temp.become('postgres');
delete from days_off where profile_id = pg_temp.id('scrum_master');
update project_members set joined_at = now() where profile_id = pg_temp.id('scrum_master');
select pg_temp.become('service');
select is(pg_temp.claims('scrum_reminder', pg_temp.yesterday('12:00')), '', 'reminder: nor who joined later');
select pg_temp.become('postgres');
update project_members set joined_at = now() - interval '10 days' where profile_id = pg_temp.id('scrum_master');
update sprints set status = 'Cancelled' where sprint_id = pg_temp.id('sprint');
select pg_temp.become('service');
select is(pg_temp.claims('scrum_reminder', pg_temp.yesterday('12:00')), '', 'reminder: of a running sprint alone');
select is(pg_temp.claims('scrum_digest', pg_temp.yesterday('12:00')), 'all', 'digest: of its scrum all the same');
select pg_temp.become('postgres');
update sprints set status = 'Active' where sprint_id = pg_temp.id('sprint');
select pg_temp.become('service');
select is(pg_temp.claims('scrum_reminder', pg_temp.yesterday('23:59:59')), 'all project_channel', 'reminder: until the day is over, the scrum master is missing');

-- A lease that runs out
select pg_temp.become('postgres');
select pg_temp.lapse('all', 'scrum_reminder');
select pg_temp.become('service');
select is(pg_temp.claims('scrum_reminder', pg_temp.yesterday('23:59:59')), 'all', 'lease run out: somebody else may');
select throws_ok($$select settle_notification(pg_temp.log_id('all', 'scrum_reminder'), 1)$$, 'PT409', 'attempt 1 is no longer the one that sends: it is sending, attempt 2', 'lease run out: who had it may not settle it');
select is(settle_notification(pg_temp.log_id('all', 'scrum_reminder'), 2), 'sent', 'lease run out: who has it may');
select pg_temp.become('postgres');
select pg_temp.lapse('project_channel', 'scrum_reminder');
select pg_temp.become('service');
select is(settle_notification(pg_temp.log_id('project_channel', 'scrum_reminder'), 1, 'http_429', false, 7200), 'failed', 'lease run out and taken by nobody: still theirs');
select results_eq($$select next_try_at - now() from notification_log where log_id = pg_temp.log_id('project_channel', 'scrum_reminder')$$, $$values (interval '2 hours')$$, 'failed: not before it was asked for');
select pg_temp.become('postgres');
select pg_temp.later('project_channel', 'scrum_reminder');
select pg_temp.become('service');
select pg_temp.claims('scrum_reminder', pg_temp.yesterday('23:59:59'));
select pg_temp.settle('project_channel', 'scrum_reminder', 'http_429', false, 1000000);
select results_eq($$select next_try_at - now() from notification_log where log_id = pg_temp.log_id('project_channel', 'scrum_reminder')$$, $$values (interval '1 day')$$, 'failed: asked for a day at most');
select pg_temp.become('postgres');
update notification_channels set is_enabled = false where channel_id = pg_temp.id('project_channel');
select pg_temp.later('project_channel', 'scrum_reminder');
select pg_temp.become('service');
select is(pg_temp.claims('scrum_reminder', pg_temp.yesterday('23:59:59')), '', 'failed: not tried again once the channel is switched off');
select pg_temp.become('postgres');
update notification_channels set is_enabled = true where channel_id = pg_temp.id('project_channel');
select pg_temp.become('service');
select is(pg_temp.claims('scrum_reminder', pg_temp.yesterday('23:59:59')), 'project_channel', 'failed: tried again once it is on');
select is(pg_temp.settle('project_channel', 'scrum_reminder', 'http_404', true), 'given up', 'failed for good: given up');
select is(pg_temp.claims('scrum_reminder', pg_temp.yesterday('10:00')), '', 'given up: not claimed');

-- A holder that dies
select pg_temp.become('postgres');
delete from notification_log where org_id in (pg_temp.id('org'), pg_temp.id('foreign_org'));
-- Claims a channel's reminder and dies; returns how it was claimed.
create function pg_temp.die() returns text
language plpgsql as $$
declare
  got text;
begin
  perform pg_temp.become('service');
  got := pg_temp.claims('scrum_reminder', pg_temp.yesterday('10:05'));
  perform pg_temp.become('postgres');
  update public.notification_log set claimed_until = now() where org_id = pg_temp.id('org');
  return got || ' ' || (select string_agg(distinct l.attempts || ' ' || coalesce(l.last_error, 'none'), ' ') from public.notification_log l where l.org_id = pg_temp.id('org'));
end $$;
update notification_channels set is_enabled = false where channel_id = pg_temp.id('project_channel');
select results_eq('select pg_temp.die() from generate_series(1, 8)', $$select 'all ' || n || case n when 1 then ' none' else ' abandoned' end from generate_series(1, 8) n$$, 'abandoned: claimed again, a try each time');
select pg_temp.become('service');
select is(pg_temp.claims('scrum_reminder', pg_temp.yesterday('10:05')), '', 'abandoned eight times: not claimed');
select results_eq($$select status::text, attempts, claimed_until, next_try_at, sent_at, last_error from notification_log where log_id = pg_temp.log_id('all', 'scrum_reminder')$$, $$values ('given up', 8, null::timestamptz, null::timestamptz, null::timestamptz, 'abandoned')$$, 'abandoned eight times: given up');
select throws_ok($$select pg_temp.settle('all', 'scrum_reminder')$$, 'PT409', null, 'abandoned eight times: who comes back then is too late');
select pg_temp.become('postgres');
insert into notification_log (org_id, channel_id, event, subject, attempts, claimed_until) values (pg_temp.id('org'), pg_temp.id('all'), 'scrum_digest', pg_temp.id('scrum'), 8, now());
select pg_temp.become('service');
select results_eq($$select attempt from claim_scrum_digest(pg_temp.id('scrum'), true)$$, 'values (9)', 'abandoned eight times: claimed again on demand');
select is(pg_temp.settle('all', 'scrum_digest', 'timeout'), 'failed', 'abandoned eight times: with as many tries as before');
select pg_temp.become('postgres');
update notification_log set status = 'sending', next_try_at = null, attempts = 8, first_attempt = 1, claimed_until = now() where event = 'scrum_digest' and org_id = pg_temp.id('org');
select pg_temp.become('service');
select is_empty($$select attempt from claim_scrum_digest(pg_temp.id('scrum'))$$, 'abandoned eight times: not on demand without again');
select results_eq($$select status::text, last_error from notification_log where event = 'scrum_digest' and org_id = pg_temp.id('org')$$, $$values ('given up', 'abandoned')$$, 'abandoned eight times: given up then too');
select pg_temp.become('postgres');
update notification_channels set is_enabled = true where channel_id = pg_temp.id('project_channel');

-- What isn't due any more
delete from notification_log where org_id in (pg_temp.id('org'), pg_temp.id('foreign_org'));
create function pg_temp.states(event public.notification_event) returns text
language sql stable as $$
  select string_agg(concat_ws(' ', i.name, l.status, l.last_error), ', ' order by i.name, l.status desc)
  from public.notification_log l join ids i on i.id = l.channel_id where l.event = $1
$$;
grant execute on function pg_temp.states(notification_event) to public;
select pg_temp.become('service');
select is(pg_temp.claims('scrum_reminder', pg_temp.yesterday('23:59')), 'all project_channel', 'reminder: of yesterday, begun before midnight');
select pg_temp.settle('all', 'scrum_reminder', 'http_503', false, 7200);
select is(pg_temp.claims('scrum_reminder', pg_temp.yesterday('23:59:59')), '', 'reminder: one waits, one is being sent');
select is(pg_temp.states('scrum_reminder'), 'all failed http_503, project_channel sending', 'reminder: until its day is over');
select pg_temp.become('postgres');
update notification_channels set is_enabled = false where channel_id = pg_temp.id('all');
select pg_temp.become('service');
select is(pg_temp.claims('scrum_reminder', pg_temp.yesterday('24:00')), '', 'reminder: not of the day before');
select is(pg_temp.states('scrum_reminder'), 'all given up too_late, project_channel sending', 'reminder: given up once its day is over, its channel switched off or not; but not what is being sent');
select pg_temp.become('postgres');
select pg_temp.lapse('project_channel', 'scrum_reminder');
update notification_channels set is_enabled = true where channel_id = pg_temp.id('all');
select pg_temp.become('service');
select pg_temp.claims('scrum_digest', pg_temp.yesterday('10:00'));
select is(pg_temp.states('scrum_reminder'), 'all given up too_late, project_channel sending', 'reminder: not by who claims something else');
select pg_temp.claims('scrum_reminder', pg_temp.yesterday('24:00'));
select is(pg_temp.states('scrum_reminder'), 'all given up too_late, project_channel given up too_late', 'reminder: nor left when who was sending it has died');

select pg_temp.become('postgres');
delete from notification_log where org_id in (pg_temp.id('org'), pg_temp.id('foreign_org'));
-- A world a day earlier, so that all moments of the day after have come.
insert into daily_scrums (daily_scrum_id, sprint_id, scrum_date) values (pg_temp.keep('day_before'), pg_temp.id('sprint'), pg_temp.today() - 2);
update notification_channels set created_at = now() - interval '10 days' where channel_id = pg_temp.id('all');
create function pg_temp.day_before(clock interval) returns timestamptz
language sql stable as $$ select ((pg_temp.today() - 2) + $1) at time zone 'Asia/Seoul' $$;
grant execute on function pg_temp.day_before(interval) to public;
select pg_temp.become('service');
select results_eq($$select daily_scrum_id from scrum_digests_due(pg_temp.day_before('34:59:59'), pg_temp.id('org'))$$, $$values (pg_temp.id('day_before'))$$, 'digest: to be written until the digest_time of the next day');
select results_eq($$select daily_scrum_id from scrum_digests_due(pg_temp.day_before('35:00'), pg_temp.id('org'))$$, $$values (pg_temp.id('yesterday'))$$, 'digest: then the next day''s is');
select is(pg_temp.claims('scrum_digest', pg_temp.day_before('34:59:59')), 'all', 'digest: of the day before too, though nobody asked on that day');
select is((select subject from claims where event = 'scrum_digest' order by scrum_date limit 1), pg_temp.id('day_before'), 'digest: that day''s');
select pg_temp.settle('all', 'scrum_digest', 'http_500');
select pg_temp.become('postgres');
select pg_temp.later('all', 'scrum_digest');
select pg_temp.become('service');
select is(pg_temp.claims('scrum_digest', pg_temp.day_before('24:01')), 'all', 'digest: tried again after midnight');
select pg_temp.settle('all', 'scrum_digest', 'http_500');
select is(pg_temp.claims('scrum_digest', pg_temp.day_before('34:59:59')), '', 'digest: not before its next try');
select is(pg_temp.states('scrum_digest'), 'all failed http_500', 'digest: waits until the digest_time of the next day');
select is(pg_temp.claims('scrum_digest', pg_temp.day_before('35:00')), 'all', 'digest: then the next day''s is claimed');
select is(pg_temp.states('scrum_digest'), 'all given up too_late, all sending', 'digest: and the day before''s given up');
select pg_temp.become('postgres');
delete from notification_log where org_id in (pg_temp.id('org'), pg_temp.id('foreign_org'));
update notification_channels set created_at = pg_temp.day_before('24:00') where channel_id = pg_temp.id('all');
select pg_temp.become('service');
select is(pg_temp.claims('scrum_digest', pg_temp.day_before('24:01')), '', 'digest: not of a day before the channel was made');
select pg_temp.become('postgres');
update notification_channels set created_at = pg_temp.day_before('23:59:59') where channel_id = pg_temp.id('all');
select pg_temp.become('service');
select is(pg_temp.claims('scrum_digest', pg_temp.day_before('24:01')), 'all', 'digest: of the day on which it was made it is');
select pg_temp.settle('all', 'scrum_digest', 'http_500');
select pg_temp.become('postgres');
delete from daily_scrums where daily_scrum_id = pg_temp.id('day_before');
select pg_temp.become('service');
select pg_temp.claims('scrum_digest', pg_temp.day_before('24:02'));
select is(pg_temp.states('scrum_digest'), 'all given up too_late', 'deleted: what it was about, it is given up');
select pg_temp.become('postgres');
delete from notification_log where org_id in (pg_temp.id('org'), pg_temp.id('foreign_org'));
update notification_channels set created_at = now() - interval '1 day' where channel_id = pg_temp.id('all');
insert into notification_log (org_id, channel_id, event, subject, claimed_until) values (pg_temp.id('foreign_org'), pg_temp.id('foreign_channel'), 'scrum_reminder', gen_random_uuid(), now());
select pg_temp.become('service');
select pg_temp.claims('scrum_reminder', pg_temp.yesterday('10:00'));
select is(pg_temp.states('scrum_reminder'), 'all sending, foreign_channel sending, project_channel sending', 'asked for one organization: none of another given up');
select pg_temp.become('postgres');
delete from notification_log where org_id = pg_temp.id('foreign_org');
select pg_temp.become('service');
select results_eq($$select count(*)::int from notification_log where org_id = pg_temp.id('foreign_org')$$, 'values (0)', 'asked for one organization: no other''s');

-- Digests
select pg_temp.become('postgres');
delete from notification_log where org_id in (pg_temp.id('org'), pg_temp.id('foreign_org'));
select pg_temp.become('service');
select is(pg_temp.claims('scrum_digest', pg_temp.yesterday('10:59:59')), '', 'digest: not before its time');
select results_eq($$select daily_scrum_id, sprint_id, scrum_date, locale::text, timezone from scrum_digests_due(pg_temp.yesterday('11:00'), pg_temp.id('org'))$$, $$values (pg_temp.id('yesterday'), pg_temp.id('sprint'), pg_temp.today() - 1, 'ko', 'Asia/Seoul')$$, 'digest: from its time on one has to be written');
select is_empty($$select from scrum_digests_due(pg_temp.yesterday('10:59:59'), pg_temp.id('org'))$$, 'digest: not before');
select is_empty($$select from scrum_digests_due(pg_temp.yesterday('11:00'), gen_random_uuid())$$, 'digest: of no other organization');
select throws_ok($$select scrum_digests_due(now() + interval '1 s')$$, '22023', null, 'digest: of no moment to come');
select throws_ok($$select scrum_digests_due(batch => 201)$$, '22023', 'batch is 201, it must be 1 to 200', 'digest: of 200 at most');
select throws_ok($$select scrum_digests_due(batch => null)$$, '22023', 'batch is null, it must be 1 to 200', 'digest: and of some');
select pg_temp.become('postgres');
insert into sprints (sprint_id, project_id, sprint_name, start_date, end_date, status, started_at) values (pg_temp.keep('other_sprint'), pg_temp.id('other_project'), 'Other', pg_temp.today() - 3, pg_temp.today() + 10, 'Active', now() - interval '3 days');
insert into daily_scrums (daily_scrum_id, sprint_id, scrum_date) values (pg_temp.keep('other_scrum'), pg_temp.id('other_sprint'), pg_temp.today() - 1);
select pg_temp.become('service');
select results_eq($$select distinct d.daily_scrum_id from generate_series(1, 60) n, scrum_digests_due(pg_temp.yesterday('11:00'), pg_temp.id('org'), sign(n)::int) d order by 1$$, $$select id from ids where name in ('yesterday', 'other_scrum') order by 1$$, 'digest: one at a time, it isn''t always the same');
select pg_temp.become('postgres');
delete from daily_scrums where daily_scrum_id = pg_temp.id('other_scrum');
select pg_temp.become('service');
update daily_scrums set summary = 'All well' where daily_scrum_id = pg_temp.id('yesterday');
select is_empty($$select from scrum_digests_due(pg_temp.yesterday('11:00'), pg_temp.id('org'))$$, 'digest: written once');
select is(pg_temp.claims('scrum_digest', pg_temp.yesterday('11:00')), 'all', 'digest: from its time on, to the channels it is for');
select throws_ok($$select claim_scrum_digest(gen_random_uuid())$$, 'PT404', null, 'digest on demand: of no unknown scrum');
select is_empty($$select log_id from claim_scrum_digest(pg_temp.id('yesterday'), true)$$, 'digest on demand: not while it is being sent');
select pg_temp.settle('all', 'scrum_digest', 'timeout');
select is_empty($$select log_id from claim_scrum_digest(pg_temp.id('yesterday'))$$, 'digest on demand: nor before its next try');
select results_eq($$select attempt from claim_scrum_digest(pg_temp.id('yesterday'), true)$$, 'values (2)', 'digest on demand, again: before its next try too');
select pg_temp.settle('all', 'scrum_digest');
select is_empty($$select log_id from claim_scrum_digest(pg_temp.id('yesterday'))$$, 'digest on demand: what was sent isn''t sent again');
select is_empty($$select log_id from claim_scrum_digest(pg_temp.id('yesterday'), true)$$, 'digest on demand, again: nor what was sent this minute');
select pg_temp.become('postgres');
update notification_log set sent_at = now() - interval '1 minute' where log_id = pg_temp.log_id('all', 'scrum_digest');
select pg_temp.become('service');
select results_eq($$select attempt, channel_id, scrum_date from claim_scrum_digest(pg_temp.id('yesterday'), true)$$, $$values (3, pg_temp.id('all'), pg_temp.today() - 1)$$, 'digest on demand, again: it is');
select is(pg_temp.settle('all', 'scrum_digest', 'timeout'), 'failed', 'again: with as many tries as before');
select results_eq($$select first_attempt, round(extract(epoch from next_try_at - now()))::int from notification_log where log_id = pg_temp.log_id('all', 'scrum_digest')$$, 'values (3, 60)', 'again: and as short waits');
select results_eq($$select channel_id from claim_scrum_digest(pg_temp.id('scrum'))$$, $$values (pg_temp.id('all'))$$, 'digest on demand: of any scrum, whatever the time');

-- Reports
select throws_ok($$select claim_sprint_report(gen_random_uuid())$$, 'PT404', null, 'report: of no unknown sprint');
select throws_ok($$select claim_sprint_report(pg_temp.id('sprint'))$$, 'PT409', 'sprint "Running" is Active: only a completed sprint is reported', 'report: of a completed sprint');
select is(pg_temp.claims('sprint_report'), '', 'report: none is due');
select pg_temp.become('postgres');
update sprints set status = 'Completed', completed_at = now() - interval '1 hour' where sprint_id = pg_temp.id('sprint');
update notification_channels set created_at = now() - interval '59 minutes' where channel_id = pg_temp.id('project_channel');
select pg_temp.become('service');
select is(pg_temp.claims('sprint_report', now() - interval '2 hours'), '', 'report: not before the sprint is completed');
select is(pg_temp.claims('sprint_report'), 'all', 'report: due, but not to a channel made since');
select results_eq($$select subject, project_id, sprint_id, scrum_date, sprint_name from claims where event = 'sprint_report'$$, $$values (pg_temp.id('sprint'), pg_temp.id('project'), pg_temp.id('sprint'), null::date, 'Running')$$, 'report: of the sprint');
select results_eq($$select channel_id from claim_sprint_report(pg_temp.id('sprint'))$$, $$values (pg_temp.id('project_channel'))$$, 'report on demand: to every channel that hasn''t had it');
select pg_temp.become('postgres');
delete from notification_log where org_id in (pg_temp.id('org'), pg_temp.id('foreign_org'));
update notification_channels set created_at = now() - interval '30 days';
update sprints set started_at = now() - interval '20 days', completed_at = now() - interval '7 days' where sprint_id = pg_temp.id('sprint');
select pg_temp.become('service');
select is(pg_temp.claims('sprint_report'), '', 'report: not of a week ago');
select results_eq($$select count(*)::int from claim_sprint_report(pg_temp.id('sprint'))$$, 'values (2)', 'report on demand: however long ago');
select pg_temp.settle('all', 'sprint_report', 'timeout');
select pg_temp.become('postgres');
select pg_temp.later('all', 'sprint_report');
select pg_temp.become('service');
select results_eq($$select attempt from claim_sprint_report(pg_temp.id('sprint'))$$, 'values (2)', 'report on demand: and tried again on demand');
select pg_temp.settle('all', 'sprint_report', 'timeout');
select is(pg_temp.claims('sprint_report'), '', 'report: the schedule doesn''t');
select is(pg_temp.states('sprint_report'), 'all given up too_late, project_channel sending', 'report: it gives it up');
select pg_temp.become('postgres');
delete from notification_log where org_id in (pg_temp.id('org'), pg_temp.id('foreign_org'));
select pg_temp.become('service');
select results_eq($$select count(*)::int from claim_sprint_report(pg_temp.id('sprint'))$$, 'values (2)', 'report on demand: however long ago');

-- The figures a message shows are every organization's to the service
select is(scrum_of_day(pg_temp.id('foreign_sprint')) ->> 'expected', '1', 'service: the scrum of any organization');
select is((scrum_of_day(pg_temp.id('foreign_sprint')) #>> '{sprint,sprint_id}')::uuid, pg_temp.id('foreign_sprint'), 'service: of its sprint');
select is((sprint_report(pg_temp.id('foreign_sprint')) #>> '{sprint,sprint_id}')::uuid, pg_temp.id('foreign_sprint'), 'service: the report too');
select is((sprint_burndown(pg_temp.id('foreign_sprint')) #>> '{scope,visible_tasks}')::int, 1, 'service: the burndown, with all tasks');
select throws_ok($$insert into notification_log (org_id, channel_id, event, subject, claimed_until) values (pg_temp.id('org'), pg_temp.id('all'), 'scrum_digest', gen_random_uuid(), now())$$, '42501', null, 'service: writes no row itself');

-- People
select pg_temp.become('admin');
select results_eq('select count(*)::int from notification_log', 'values (2)', 'admin: reads the log');
select throws_ok('update notification_log set status = status', '42501', null, 'admin: changes nothing');
select throws_ok($$select claim_notifications('scrum_digest')$$, '42501', null, 'admin: claims nothing');
select throws_ok($$select settle_notification(gen_random_uuid(), 1)$$, '42501', null, 'admin: settles nothing');
select pg_temp.become('manager');
select is_empty('select from notification_log', 'manager: reads none');
select pg_temp.become('outsider');
select is_empty('select from notification_log', 'outsider: reads none of another organization');

select * from finish();
rollback;
