-- Channel recipients: a channel by mail is sent nothing once its address isn't a member's confirmed one, which is asked
-- when a notification is claimed; and joins that keep to one organization.

begin;
\ir personas.psql
select plan(62);

-- Who answers for a channel is an owner or admin.
update profiles set org_role = 'admin' where profile_id = pg_temp.id('viewer');
update auth.users set email_confirmed_at = now() where id in (pg_temp.id('viewer'), pg_temp.id('stranger'), pg_temp.id('outsider'));
insert into notification_channels (channel_id, org_id, channel_name, kind, target, created_by, created_at) values
  (pg_temp.keep('mail'), pg_temp.id('org'), 'Mail', 'email', upper(pg_temp.address('viewer')), pg_temp.id('admin'), now() - interval '30 days'),
  (pg_temp.keep('chat'), pg_temp.id('org'), 'Chat', 'slack', 'https://hooks.example.test/x', pg_temp.id('viewer'), now() - interval '30 days');
update project_members set joined_at = now() - interval '10 days' where project_id = pg_temp.id('project');
select pg_temp.keep('project_mail'), pg_temp.keep('own_chat');
update organizations set reminder_time = '00:00', digest_time = '00:00' where org_id = pg_temp.id('org');

-- Claims what is due, and returns the channels.
create function pg_temp.claims(event public.notification_event) returns text
language sql as $$
  select coalesce(string_agg(i.name, ' ' order by i.name), '') from public.claim_notifications($1, null, pg_temp.id('org')) c join ids i on i.id = c.channel_id
$$;
create function pg_temp.states(event public.notification_event) returns text
language sql stable as $$
  select string_agg(concat_ws(' ', i.name, l.status, l.last_error, l.attempts), ', ' order by i.name)
  from public.notification_log l join ids i on i.id = l.channel_id where l.event = $1 and l.org_id = pg_temp.id('org')
$$;
create function pg_temp.settle(channel text, event public.notification_event, error text default null) returns text
language sql as $$
  select public.settle_notification(l.log_id, l.attempts, error)::text from public.notification_log l where l.channel_id = pg_temp.id($1) and l.event = $2
$$;
-- Everything is due again: to see what is claimed after a change.
create function pg_temp.claims_anew(event public.notification_event) returns text
language plpgsql as $$
declare
  claimed text;
begin
  perform pg_temp.become('postgres');
  delete from public.notification_log l where l.org_id = pg_temp.id('org');
  perform pg_temp.become('service');
  claimed := pg_temp.claims($1);
  return claimed || ': ' || coalesce(pg_temp.states($1), 'none');
end $$;
grant execute on all functions in schema pg_temp to public;

-- What may become of an address
select is(pg_temp.claims_anew('scrum_reminder'), 'chat mail: chat sending 1, mail sending 1', 'a member: is told');
select pg_temp.become('postgres');
update auth.users set email_confirmed_at = null where id = pg_temp.id('viewer');
select is(pg_temp.claims_anew('scrum_reminder'), 'chat: chat sending 1, mail given up target_left 1', 'not confirmed any more: given up, and the log says why');
select is(pg_temp.claims('scrum_reminder'), '', 'given up: not tried again');
select is(pg_temp.claims_anew('scrum_digest'), 'chat: chat sending 1, mail given up target_left 1', 'not confirmed any more: nor any digest');
select pg_temp.become('postgres');
update auth.users set email = 'new.' || pg_temp.address('viewer'), email_confirmed_at = now() where id = pg_temp.id('viewer');
select is(pg_temp.claims_anew('scrum_reminder'), 'chat: chat sending 1, mail given up target_left 1', 'another address in Auth: the old one is told nothing');
select pg_temp.become('postgres');
update auth.users set email = pg_temp.address('viewer') where id = pg_temp.id('viewer');
select is(pg_temp.claims_anew('scrum_reminder'), 'chat mail: chat sending 1, mail sending 1', 'back at the address: told again');
select pg_temp.become('postgres');
set local session_replication_role = replica;
update profiles set org_id = pg_temp.id('foreign_org') where profile_id = pg_temp.id('viewer');
set local session_replication_role = origin;
select is(pg_temp.claims_anew('scrum_reminder'), ': chat given up target_left 1, mail given up target_left 1', 'a member of another organization: told nothing, nor by the channel that they answer for');
select pg_temp.become('postgres');
set local session_replication_role = replica;
update profiles set org_id = pg_temp.id('org') where profile_id = pg_temp.id('viewer');
set local session_replication_role = origin;

-- On demand
update auth.users set email_confirmed_at = null where id = pg_temp.id('viewer');
delete from notification_log where org_id = pg_temp.id('org');
select pg_temp.become('service');
select results_eq($$select channel_id from claim_scrum_digest(pg_temp.id('scrum'))$$, $$values (pg_temp.id('chat'))$$, 'digest on demand: not to the address');
select is(pg_temp.states('scrum_digest'), 'chat sending 1, mail given up target_left 1', 'digest on demand: given up');
select is_empty($$select channel_id from claim_scrum_digest(pg_temp.id('scrum'), true)$$, 'digest on demand, again: nor then');
select is(pg_temp.states('scrum_digest'), 'chat sending 1, mail given up target_left 1', 'digest on demand, again: which is no attempt');
select pg_temp.become('postgres');
update auth.users set email_confirmed_at = now() where id = pg_temp.id('viewer');
select pg_temp.become('service');
select results_eq($$select channel_id, attempt from claim_scrum_digest(pg_temp.id('scrum'), true)$$, $$values (pg_temp.id('mail'), 2)$$, 'digest on demand, again: once it is confirmed');
select is(pg_temp.settle('mail', 'scrum_digest', 'timeout'), 'failed', 'digest on demand: a new round of tries');

-- Between two tries
select pg_temp.become('postgres');
update notification_log set next_try_at = now() where channel_id = pg_temp.id('mail');
update auth.users set email_confirmed_at = null where id = pg_temp.id('viewer');
select pg_temp.become('service');
select is(pg_temp.claims('scrum_digest'), '', 'failed, then left: not claimed again');
select is(pg_temp.states('scrum_digest'), 'chat sending 1, mail given up target_left 2', 'failed, then left: given up');
select results_eq($$select claimed_until, next_try_at from notification_log where channel_id = pg_temp.id('mail')$$, 'values (null::timestamptz, null::timestamptz)', 'given up: nobody holds it');
select pg_temp.become('admin');
select results_eq($$select c.channel_name, l.status::text, l.last_error from notification_log l join notification_channels c using (channel_id) where l.status = 'given up'$$,
  $$values ('Mail', 'given up', 'target_left')$$, 'admin: reads why the channel is silent');

-- A message that is on its way when the person leaves
select pg_temp.become('postgres');
update auth.users set email_confirmed_at = now() where id = pg_temp.id('viewer');
select is(pg_temp.claims_anew('scrum_digest'), 'chat mail: chat sending 1, mail sending 1', 'on its way: claimed while they are a member');
select is_empty($$select from notification_log where org_id = pg_temp.id('org') and claimed_until > clock_timestamp() + interval '5 minutes'$$, 'on its way: for five minutes at most');
select pg_temp.become('viewer');
select lives_ok('select delete_my_account()', 'on its way: they delete their account');
select pg_temp.become('service');
select is(pg_temp.claims('scrum_digest'), '', 'on its way: nobody claims it meanwhile');
select is(pg_temp.settle('mail', 'scrum_digest', 'timeout'), 'failed', 'on its way: its sender says what became of it');
select pg_temp.become('postgres');
update notification_log set next_try_at = now() where channel_id = pg_temp.id('mail');
select pg_temp.become('service');
select is(pg_temp.claims('scrum_digest'), '', 'account deleted: not tried again');
select is(pg_temp.states('scrum_digest'), 'chat sending 1, mail given up target_left 1', 'account deleted: given up');
select pg_temp.become('postgres');
update notification_log set status = 'sending', claimed_until = now(), last_error = null where channel_id = pg_temp.id('mail');
select pg_temp.become('service');
select is(pg_temp.claims('scrum_digest'), '', 'account deleted and its sender died: not claimed');
select is(pg_temp.states('scrum_digest'), 'chat sending 1, mail given up target_left 1', 'account deleted and its sender died: given up');

-- Who made the channel has left
select results_eq($$select created_by from notification_channels where channel_id = pg_temp.id('chat')$$, 'values (null::uuid)', 'who made it has left: nobody''s name');
select is(pg_temp.claims_anew('scrum_reminder'), ': mail given up target_left 1', 'who made it has left: it is switched off, as nobody knows where it leads');
select pg_temp.become('postgres');
update notification_channels set is_enabled = true where channel_id = pg_temp.id('chat');
select is(pg_temp.claims_anew('scrum_reminder'), ': chat given up target_left 1, mail given up target_left 1', 'nobody answers for it: a claim gives it up');
select pg_temp.become('postgres');
update notification_channels set is_enabled = false where channel_id = pg_temp.id('chat');
select pg_temp.become('admin');
select isnt_empty($$update notification_channels set is_enabled = true where channel_id = pg_temp.id('chat') and not is_enabled returning 1$$, 'admin: switches it on');
select is(pg_temp.claims_anew('scrum_reminder'), 'chat: chat sending 1, mail given up target_left 1', 'switched on: it goes on');
select pg_temp.become('admin');
select results_eq($$select created_by from notification_channels where channel_id = pg_temp.id('chat')$$, $$values (pg_temp.id('admin'))$$, 'switched on: who did that answers for it');

-- Somebody else wrote where it leads
select pg_temp.become('owner');
select results_eq($$update notification_channels set target = 'https://hooks.example.test/new' where channel_id = pg_temp.id('chat') returning created_by$$, $$values (pg_temp.id('owner'))$$, 'owner: writes the target anew, and answers for the channel');
select pg_temp.become('admin');
select results_eq($$update notification_channels set channel_name = 'Team' where channel_id = pg_temp.id('chat') returning created_by$$, $$values (pg_temp.id('owner'))$$, 'admin: a new name changes nothing of that');
select results_eq($$update notification_channels set target = 'https://hooks.example.test/mine' where channel_id = pg_temp.id('chat') returning created_by$$, $$values (pg_temp.id('admin'))$$, 'admin: another target does');
select pg_temp.become('owner');
update profiles set org_role = 'member' where profile_id = pg_temp.id('admin');
select results_eq($$select is_enabled from notification_channels where channel_id = pg_temp.id('chat')$$, 'values (false)', 'no admin any more: the channel whose target they wrote is switched off');
-- As if they had written it at the moment in which their role changed.
select pg_temp.become('postgres');
update notification_channels set is_enabled = true where channel_id = pg_temp.id('chat');
select is(pg_temp.claims_anew('scrum_reminder'), ': chat given up target_left 1, mail given up target_left 1', 'no admin any more: a claim gives it up');
select pg_temp.become('owner');
update profiles set org_role = 'admin' where profile_id = pg_temp.id('admin');
select is(pg_temp.claims_anew('scrum_reminder'), 'chat: chat sending 1, mail given up target_left 1', 'an admin again: it goes on');

-- What the person may read, who is in the organization
select pg_temp.become('admin');
select lives_ok($$update notification_channels set target = pg_temp.address('stranger') where channel_id = pg_temp.id('mail')$$, 'admin: names somebody who is there');
select is(pg_temp.claims_anew('scrum_reminder'), 'chat: chat sending 1', 'a channel of every project: nothing of projects in which its person doesn''t work');
select pg_temp.become('admin');
select throws_ok($$insert into notification_channels (project_id, channel_name, kind, target) values (pg_temp.id('project'), 'Mail', 'email', pg_temp.address('stranger'))$$, '22023', 'target is the address of somebody who doesn''t work in the project', 'admin: makes no channel of the project for them');
select pg_temp.become('manager');
insert into project_members (project_id, profile_id, role) values (pg_temp.id('project'), pg_temp.id('stranger'), 'viewer');
select pg_temp.become('admin');
select lives_ok($$insert into notification_channels (channel_id, project_id, channel_name, kind, target) values (pg_temp.id('project_mail'), pg_temp.id('project'), 'Mail', 'email', pg_temp.address('stranger'))$$, 'admin: makes one once they do');
select is(pg_temp.claims_anew('scrum_reminder'), 'chat mail project_mail: chat sending 1, mail sending 1, project_mail sending 1', 'who works in the project: is told by both');
select pg_temp.become('manager');
delete from project_members where profile_id = pg_temp.id('stranger');
select is(pg_temp.claims_anew('scrum_reminder'), 'chat: chat sending 1, project_mail given up target_left 1', 'who has left the project: is told by neither');
select pg_temp.become('owner');
update profiles set org_role = 'admin' where profile_id = pg_temp.id('stranger');
select is(pg_temp.claims_anew('scrum_reminder'), 'chat mail project_mail: chat sending 1, mail sending 1, project_mail sending 1', 'an admin: is told of every project');
select pg_temp.become('stranger');
insert into notification_channels (channel_id, channel_name, kind, target) values (pg_temp.id('own_chat'), 'Own', 'slack', 'https://hooks.example.test/y');
select pg_temp.become('owner');
update profiles set org_role = 'member' where profile_id = pg_temp.id('stranger');
select results_eq($$select is_enabled from notification_channels where channel_id = pg_temp.id('own_chat')$$, 'values (false)', 'no admin any more: the channel they made is switched off');
delete from notification_channels where channel_id = pg_temp.id('project_mail');

-- Reports
select pg_temp.become('postgres');
update auth.users set email_confirmed_at = null where id = pg_temp.id('stranger');
update sprints set status = 'Completed', completed_at = now() - interval '1 hour' where sprint_id = pg_temp.id('sprint');
select is(pg_temp.claims_anew('sprint_report'), 'chat: chat sending 1, mail given up target_left 1', 'report: not to the address');
select pg_temp.become('postgres');
delete from notification_log where org_id = pg_temp.id('org');
select pg_temp.become('service');
select results_eq($$select channel_id from claim_sprint_report(pg_temp.id('sprint'))$$, $$values (pg_temp.id('chat'))$$, 'report on demand: nor then');

-- Rows that keys of another organization lead to, as no foreign key would let them
select pg_temp.become('postgres');
delete from notification_log where org_id = pg_temp.id('org');
update sprints set status = 'Active', completed_at = null where sprint_id = pg_temp.id('sprint');
select is(private.due_until('scrum_digest', pg_temp.id('foreign_scrum'), pg_temp.id('org')), null, 'due until: of no scrum of another organization');
select isnt(private.due_until('scrum_digest', pg_temp.id('foreign_scrum'), pg_temp.id('foreign_org')), null, 'due until: of their own');
update sprints set status = 'Completed', completed_at = now() - interval '1 hour' where sprint_id = pg_temp.id('foreign_sprint');
select is(private.due_until('sprint_report', pg_temp.id('foreign_sprint'), pg_temp.id('org')), null, 'due until: of no sprint of another organization');
select is_empty($$select from private.take_notifications('sprint_report', array[pg_temp.id('chat')], array[pg_temp.id('foreign_sprint')], false)$$, 'taken: no report of another organization');
select is_empty($$select from private.take_notifications('scrum_digest', array[pg_temp.id('chat')], array[pg_temp.id('foreign_scrum')], false)$$, 'taken: nor its scrum');
delete from notification_log where org_id = pg_temp.id('org');
delete from daily_scrums where daily_scrum_id = pg_temp.id('foreign_scrum');
set local session_replication_role = replica;
insert into daily_scrums (daily_scrum_id, project_id, sprint_id, scrum_date) values (pg_temp.keep('mixed'), pg_temp.id('project'), pg_temp.id('foreign_sprint'), pg_temp.today());
set local session_replication_role = origin;
select is_empty($$select from private.due_notifications('scrum_digest', now(), pg_temp.id('org')) where subject = pg_temp.id('mixed')$$, 'due: no scrum of another project''s sprint');
set local session_replication_role = replica;
update daily_scrums set project_id = pg_temp.id('foreign_project'), sprint_id = pg_temp.id('sprint'), scrum_date = pg_temp.today() + 1 where daily_scrum_id = pg_temp.id('mixed');
set local session_replication_role = origin;
select is_empty($$select from private.take_notifications('scrum_digest', array[pg_temp.id('chat')], array[pg_temp.id('mixed')], false)$$, 'taken: no scrum of another project');
delete from notification_log where org_id = pg_temp.id('org');
set local session_replication_role = replica;
insert into notification_log (org_id, channel_id, event, subject, status, sent_at) values (pg_temp.id('foreign_org'), pg_temp.id('chat'), 'scrum_digest', pg_temp.id('scrum'), 'sent', now() - interval '1 hour');
set local session_replication_role = origin;
select results_eq($$select channel_id from private.due_notifications('scrum_digest', now(), pg_temp.id('org')) where subject = pg_temp.id('scrum') order by channel_id = pg_temp.id('mail')$$,
  $$values (pg_temp.id('chat')), (pg_temp.id('mail'))$$, 'due: whatever the log of another organization says');
select is_empty($$select from private.take_notifications('scrum_digest', array[pg_temp.id('chat')], array[pg_temp.id('scrum')], true)$$, 'taken: nothing that another organization''s log has');
delete from notification_log where org_id in (pg_temp.id('org'), pg_temp.id('foreign_org'));
set local session_replication_role = replica;
insert into notification_log (org_id, channel_id, event, subject, status, sent_at) values (pg_temp.id('foreign_org'), pg_temp.id('chat'), 'sprint_report', pg_temp.id('foreign_sprint'), 'sent', now() - interval '1 hour');
set local session_replication_role = origin;
select is_empty($$select from private.take_notifications('sprint_report', array[pg_temp.id('chat')], array[pg_temp.id('foreign_sprint')], true)$$, 'taken: nothing for a channel of this one by the log of another');
update sprints set status = 'Completed', completed_at = now() - interval '1 hour' where sprint_id = pg_temp.id('sprint');
set local session_replication_role = replica;
insert into notification_log (org_id, channel_id, event, subject, status, sent_at) values (pg_temp.id('foreign_org'), pg_temp.id('chat'), 'sprint_report', pg_temp.id('sprint'), 'sent', now() - interval '1 hour');
set local session_replication_role = origin;
select isnt_empty($$select from private.due_notifications('sprint_report', now(), pg_temp.id('org')) where channel_id = pg_temp.id('chat')$$, 'due: a report too, whatever the log of another organization says');
delete from notification_log where org_id in (pg_temp.id('org'), pg_temp.id('foreign_org'));
update sprints set status = 'Active', completed_at = null where sprint_id = pg_temp.id('sprint');
set local session_replication_role = replica;
insert into daily_scrum_updates (daily_scrum_id, project_id, profile_id)
select pg_temp.id('scrum'), pg_temp.id('project'), pg_temp.id(name) from unnest('{manager}'::text[]) name
union all
select pg_temp.id('scrum'), pg_temp.id('foreign_project'), pg_temp.id('scrum_master');
set local session_replication_role = origin;
select isnt_empty($$select from private.due_notifications('scrum_reminder', now(), pg_temp.id('org'))$$, 'reminder: an update of another project answers nothing');
set local session_replication_role = replica;
update daily_scrum_updates set project_id = pg_temp.id('project') where daily_scrum_id = pg_temp.id('scrum');
set local session_replication_role = origin;
select is_empty($$select from private.due_notifications('scrum_reminder', now(), pg_temp.id('org'))$$, 'reminder: the project''s own does');

-- Which channels get what of a project
select results_eq($$
    select private.is_subscribed(c, 'scrum_digest', pg_temp.id('project')), private.is_subscribed(c, 'sprint_report', pg_temp.id('project')), private.is_subscribed(c, 'scrum_digest', pg_temp.id('foreign_project'))
    from (values (true, null::uuid, '{scrum_digest}'), (true, pg_temp.id('project'), '{scrum_digest}'), (false, null, '{scrum_digest}')) as v (is_enabled, project_id, events)
    cross join lateral jsonb_populate_record(null::notification_channels, jsonb_build_object('kind', 'slack', 'is_enabled', v.is_enabled, 'project_id', v.project_id, 'events', v.events)) c$$,
  'values (true, false, true), (true, false, false), (false, false, false)', 'subscribed: if enabled, to its events, of its project or of each');

select * from finish();
rollback;
