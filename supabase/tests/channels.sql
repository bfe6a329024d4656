-- Notification channels: run by owners and admins; where they lead and what signs their messages
-- is read by nobody but the service.

begin;
\ir personas.psql
select plan(78);

select pg_temp.keep(name) from unnest('{mine,of_project,mail}'::text[]) name;
update auth.users set email_confirmed_at = now() where id in (pg_temp.id('member'), pg_temp.id('viewer'), pg_temp.id('outsider'));
update profiles set work_email = 'team@example.test' where profile_id = pg_temp.id('member');
insert into notification_channels (channel_id, org_id, channel_name, kind, target)
values (pg_temp.keep('foreign_channel'), pg_temp.id('foreign_org'), 'Theirs', 'slack', 'https://hooks.example.test/theirs');
create function pg_temp.refused_target(kind public.channel_kind, target text) returns text
language sql as $$
  select concat_ws(' ', code, message) from pg_temp.refusal(format('insert into notification_channels (channel_name, kind, target) values (%L, %L, %L)', 'x', $1, $2))
$$;
grant execute on function pg_temp.refused_target(channel_kind, text) to public;

-- Admin
select pg_temp.become('admin');
select lives_ok($$insert into notification_channels (channel_id, channel_name, kind, target) values (pg_temp.id('mine'), '팀', 'slack', 'https://Hooks.Example.test:8443/services/T0/B0?x=1')$$, 'admin: makes one');
select results_eq($$select org_id, project_id, kind::text, target_hint, events::text, is_enabled, created_by from notification_channels where channel_id = pg_temp.id('mine')$$,
  $$values (pg_temp.id('org'), null::uuid, 'slack', 'hooks.example.test', '{scrum_reminder,scrum_digest,sprint_report}', true, pg_temp.id('admin'))$$, 'admin: of the organization, told of everything, shown by its host');
select lives_ok($$insert into notification_channels (channel_id, project_id, channel_name, kind, target, events) values (pg_temp.id('of_project'), pg_temp.id('project'), 'Delivery', 'webhook', 'http://127.0.0.1:9000/hook', '{sprint_report}')$$, 'admin: makes one of a project, on the own machine');
select lives_ok($$insert into notification_channels (channel_id, channel_name, kind, target) values (pg_temp.id('mail'), 'Mail', 'email', upper(pg_temp.address('member')))$$, 'admin: makes one by mail');
select results_eq($$select target_hint from notification_channels where channel_id = pg_temp.id('mail')$$, $$values ('…@EXAMPLE.TEST')$$, 'admin: sees the mail''s domain');
select is(pg_temp.refused_target('email', target), '22023 target is the address of nobody in the organization', 'email, not to ' || whose)
from (values ('a stranger', 'stranger@example.com'), ('somebody of another organization', pg_temp.address('outsider')),
  ('an address that isn''t confirmed', pg_temp.address('manager')), ('a work_email, which nobody confirms', 'team@example.test'),
  ('whatever looks like one', '%@example.test')) as targets (whose, target);
select matches((pg_temp.refusal($$insert into notification_channels (channel_name, kind, target) values ('x', 'email', 'stranger@example.com')$$)).hint, 'confirmed sign-in address', 'email: and it says to whom');
select is(pg_temp.refused_target('email', pg_temp.address('viewer')), '', 'email, to anybody of the organization');
select throws_ok($$update notification_channels set target = pg_temp.address('manager') where channel_id = pg_temp.id('mail')$$, '22023', null, 'admin: nor to a stranger by a change');
select throws_ok($$insert into notification_channels (org_id, channel_name, kind, target) values (pg_temp.id('foreign_org'), 'x', 'email', pg_temp.address('outsider'))$$, '22023', null, 'admin: nor by another organization''s people');
select throws_ok($$insert into notification_channels (project_id, channel_name, kind, target) values (pg_temp.id('foreign_project'), 'x', 'slack', 'https://a.test')$$, '23503', null, 'admin: none of another organization''s project');
select throws_ok($$insert into notification_channels (org_id, channel_name, kind, target) values (pg_temp.id('foreign_org'), 'x', 'slack', 'https://a.test')$$, '42501', null, 'admin: none in another organization');
select throws_ok($$insert into notification_channels (channel_name, kind, target) values (' ', 'slack', 'https://a.test')$$, '23514', null, 'admin: it has a name');
select throws_ok($$insert into notification_channels (channel_name, kind, target) values (repeat('x', 101), 'slack', 'https://a.test')$$, '23514', null, 'admin: of 100 characters at most');
select throws_ok($$insert into notification_channels (channel_name, kind, target, events) values ('x', 'slack', 'https://a.test', '{}')$$, '23514', null, 'admin: told of something');
select throws_ok($$insert into notification_channels (channel_name, kind, target, events) values ('x', 'slack', 'https://a.test', '{sprint_report,sprint_report}')$$, '23514', null, 'admin: of nothing twice');
select throws_ok($$insert into notification_channels (channel_name, kind, target, events) values ('x', 'slack', 'https://a.test', '{null,sprint_report}')$$, '23514', null, 'admin: of nothing that is nothing');
select throws_ok($$insert into notification_channels (channel_name, kind, target, events) values ('x', 'slack', 'https://a.test', '{sprint_end}')$$, '22P02', null, 'admin: of an event there is');
select throws_ok($$insert into notification_channels (channel_name, kind, target) values ('x', 'slack', 'https://a.test/' || repeat('x', 2000))$$, '23514', null, 'admin: the target isn''t endless');
select is(pg_temp.refused_target('slack', target), '22023 target is no https address', 'slack, not to ' || target)
from unnest(array['http://hooks.slack.com/x', 'hooks.slack.com', 'https://', 'https://user:pw@hooks.slack.com/x', 'https://good.test\@bad.test/', 'ftp://a.test/x',
  'https://a.test/ b', 'http://127.0.0.1.evil.test/', 'http://localhost.evil.test/', 'javascript:alert(1)', 'https://한글.test/', 'file:///etc/passwd']) target;
select is(pg_temp.refused_target('email', target), '22023 target is no e-mail address', 'email, not to ' || target)
from unnest(array['https://a.test', 'a@b.test, c@d.test', '<a@b.test>', 'a@b@c.test', 'a b@c.test', '@b.test']) target;
select is(pg_temp.refused_target('webhook', 'http://[::1]:9000/'), '', 'webhook, to the own machine by its other name');
select throws_ok($$update notification_channels set kind = 'email' where channel_id = pg_temp.id('mine')$$, '22023', null, 'admin: another kind takes another target');
select isnt_empty($$update notification_channels set target = 'https://hooks.example.test/other', is_enabled = false, events = '{scrum_digest}', project_id = pg_temp.id('project') where channel_id = pg_temp.id('mine') returning target_hint$$, 'admin: changes it');
select throws_ok($$update notification_channels set org_id = pg_temp.id('foreign_org') where channel_id = pg_temp.id('mine')$$, '42501', null, 'admin: it stays in its organization');
select throws_ok($$update notification_channels set created_by = pg_temp.id('member') where channel_id = pg_temp.id('mine')$$, '42501', null, 'admin: it stays theirs');

-- The secrets
select throws_ok('select target from notification_channels', '42501', null, 'admin: reads no target');
select throws_ok('select signing_secret from notification_channels', '42501', null, 'admin: reads no secret');
select throws_ok('select * from notification_channels', '42501', null, 'admin: nor everything');
select throws_ok($$select from notification_channels where target like 'https://hooks%'$$, '42501', null, 'admin: can''t guess at it');
select throws_ok($$select from notification_channels order by signing_secret$$, '42501', null, 'admin: nor sort by it');
select throws_ok($$insert into notification_channels (channel_name, kind, target) values ('x', 'slack', 'https://a.test') returning target$$, '42501', null, 'admin: not even what they have written');
select throws_ok($$update notification_channels set channel_name = target$$, '42501', null, 'admin: can''t copy it');
select throws_ok($$insert into notification_channels (channel_name, kind, target, signing_secret) values ('x', 'slack', 'https://a.test', 'whsec_' || repeat('A', 43) || '=')$$, '42501', null, 'admin: chooses no secret');
select throws_ok($$update notification_channels set signing_secret = 'whsec_' || repeat('A', 43) || '='$$, '42501', null, 'admin: changes none');
select throws_ok($$select json_agg(c) from notification_channels c$$, '42501', null, 'admin: nor by the whole row');
select is_empty($$select from pg_roles r cross join unnest('{target,signing_secret}'::text[]) secret
  where r.rolname in ('anon', 'authenticated', 'authenticator') and has_column_privilege(r.oid, 'public.notification_channels', secret, 'select')$$, 'nobody but the service is granted a secret');
select matches(rotate_channel_secret(pg_temp.id('mine')), '^whsec_[A-Za-z0-9+/]{43}=$', 'admin: makes a new secret and sees it once');
create temporary table shown on commit drop as select rotate_channel_secret(pg_temp.id('mine')) as secret;
select throws_ok($$select rotate_channel_secret(pg_temp.id('foreign_channel'))$$, 'PT404', null, 'admin: none of another organization''s channel');
select throws_ok($$select rotate_channel_secret(null)$$, 'PT404', null, 'admin: none of no channel');

-- Owner, and the others
select pg_temp.become('owner');
select results_eq('select count(*)::int from notification_channels', 'values (5)', 'owner: sees all of the organization');
select isnt_empty($$delete from notification_channels where channel_id = pg_temp.id('mail') returning channel_id$$, 'owner: deletes any');
select pg_temp.become('manager');
select is_empty('select channel_id from notification_channels', 'manager: sees none');
select throws_ok($$insert into notification_channels (channel_name, kind, target) values ('x', 'slack', 'https://a.test')$$, '42501', null, 'manager: makes none');
select is_empty($$update notification_channels set is_enabled = true returning channel_id$$, 'manager: changes none');
select throws_ok($$select rotate_channel_secret(pg_temp.id('mine'))$$, 'PT404', null, 'manager: rotates none');
select pg_temp.become('outsider');
select results_eq('select channel_id from notification_channels', $$values (pg_temp.id('foreign_channel'))$$, 'outsider: sees their own alone');
select pg_temp.become('anonymous');
select throws_ok('select channel_id from notification_channels', '42501', null, 'anonymous: reads none');

-- The service
select pg_temp.become('service');
select results_eq($$select target from notification_channels where channel_id = pg_temp.id('mine')$$, $$values ('https://hooks.example.test/other')$$, 'service: reads the target');
select matches((select signing_secret from notification_channels where channel_id = pg_temp.id('of_project')), '^whsec_[A-Za-z0-9+/]{43}=$', 'service: and the secret, made by itself');
select throws_ok($$insert into notification_channels (org_id, channel_name, kind, target) values (pg_temp.id('org'), 'x', 'slack', 'https://hooks.example.test/x')$$, '42501', null, 'service: makes none');
select throws_ok($$update notification_channels set channel_name = '' where channel_id = pg_temp.id('mine')$$, '42501', null, 'service: changes none, whose error would tell the row');
select pg_temp.become('postgres');
select results_eq($$select signing_secret from notification_channels where channel_id = pg_temp.id('mine')$$, 'select secret from shown', 'the secret shown last is the one in use');

-- What a channel depends on goes
delete from project_members where profile_id = pg_temp.id('admin');
delete from auth.users where id = pg_temp.id('admin');
select results_eq($$select created_by from notification_channels where channel_id = pg_temp.id('mine')$$, 'values (null::uuid)', 'whoever made it has gone: it stays');
select pg_temp.become('owner');
select lives_ok($$insert into notification_channels (channel_name, kind, target) select 'More', 'slack', 'https://hooks.example.test/' || n
  from generate_series(1, 50 - (select count(*) from notification_channels)) n$$, 'owner: makes fifty');
select throws_ok($$insert into notification_channels (channel_name, kind, target) values ('One more', 'slack', 'https://hooks.example.test/x')$$,
  'PT409', 'there are 50 channels already', 'owner: and no more');
select pg_temp.become('outsider');
select throws_ok($$insert into notification_channels (org_id, channel_name, kind, target) values (pg_temp.id('org'), 'x', 'slack', 'https://hooks.example.test/x')$$,
  '42501', null, 'outsider: isn''t told how many another organization has');
select pg_temp.become('postgres');
delete from projects where project_id = pg_temp.id('project');
select is_empty($$select from notification_channels where channel_id = pg_temp.id('of_project')$$, 'its project deleted: it goes too');

select * from finish();
rollback;
