-- Profiles: made by sign-up, changed by their person; roles by owners and admins.

begin;
\ir personas.psql
select plan(61);

-- Sign-up
select pg_temp.keep(name) from unnest('{bare,string}'::text[]) name;
select results_eq($$select p.org_role, p.username, p.email, p.is_verified, o.org_name, o.timezone, o.locale
  from profiles p join organizations o using (org_id) where profile_id = pg_temp.id('owner')$$,
  $$values ('owner'::org_role, 'owner', pg_temp.address('owner'), false, '한빛', 'Asia/Seoul', 'ko'::org_locale)$$,
  'sign-up: makes a profile, and an organization that it owns');
select results_eq($$select profile_id, org_role from profiles where org_id = pg_temp.id('org') and org_role <> 'owner' order by org_role limit 1$$,
  $$values (pg_temp.id('admin'), 'admin'::org_role)$$, 'sign-up: an invitation gives its organization and its role');
select lives_ok($$insert into auth.users (id, email, raw_user_meta_data)
  values (pg_temp.id('bare'), 'kim.' || left(pg_temp.id('bare')::text, 8) || '@example.test', null)$$, 'sign-up: needs no metadata');
select results_eq($$select p.username, o.org_name, p.full_name from profiles p join organizations o using (org_id) where profile_id = pg_temp.id('bare')$$,
  $$select n, n, null::text from (select 'kim.' || left(pg_temp.id('bare')::text, 8)) as t (n)$$, 'sign-up: the names come from the address then');
select lives_ok($$select pg_temp.sign_up('traveller', '{"timezone": "America/New_York", "locale": "en", "first_name": " Ann ", "last_name": "Lee"}')$$,
  'sign-up: takes zone, locale and names');
select results_eq($$select p.full_name, o.timezone, o.locale, o.working_days from profiles p join organizations o using (org_id) where profile_id = pg_temp.id('traveller')$$,
  $$values ('Ann Lee', 'America/New_York', 'en'::org_locale, '{1,2,3,4,5}'::smallint[])$$, 'sign-up: keeps what it took, with a week from Monday to Friday');
-- What a browser sends is taken as far as it is understood: nobody is kept out by it.
create temporary table settings (sent jsonb, zone text, locale public.org_locale, person uuid) on commit drop;
insert into settings values
  ('{"timezone": "Nowhere/Land"}', 'Asia/Seoul', 'ko'), ('{"timezone": "UTC+9"}', 'Asia/Seoul', 'ko'),
  ('{"timezone": ""}', 'Asia/Seoul', 'ko'), ('{"timezone": null}', 'Asia/Seoul', 'ko'), ('{"timezone": 9}', 'Asia/Seoul', 'ko'),
  ('{"timezone": {"name": "Europe/Paris"}}', 'Asia/Seoul', 'ko'), ('{"timezone": "Europe/Paris "}', 'Asia/Seoul', 'ko'),
  ('{"timezone": "asia/SEOUL"}', 'Asia/Seoul', 'ko'), ('{"timezone": "europe/paris"}', 'Europe/Paris', 'ko'),
  ('{"timezone": "AMERICA/NEW_YORK"}', 'America/New_York', 'ko'), ('{"timezone": "etc/gmt-9"}', 'Etc/GMT-9', 'ko'),
  ('{"locale": "ko"}', 'Asia/Seoul', 'ko'), ('{"locale": "ko-KR"}', 'Asia/Seoul', 'ko'), ('{"locale": "en"}', 'Asia/Seoul', 'en'),
  ('{"locale": "en-US"}', 'Asia/Seoul', 'en'), ('{"locale": "EN_gb"}', 'Asia/Seoul', 'en'), ('{"locale": "fr"}', 'Asia/Seoul', 'ko'),
  ('{"locale": "xx"}', 'Asia/Seoul', 'ko'), ('{"locale": ""}', 'Asia/Seoul', 'ko'), ('{"locale": null}', 'Asia/Seoul', 'ko'),
  ('{"locale": ["en"]}', 'Asia/Seoul', 'ko');
select lives_ok($$update settings set person = pg_temp.sign_up(gen_random_uuid()::text, sent)$$, 'sign-up: no time zone and no locale refuses it');
select results_eq($$select s.sent, o.timezone, o.locale from settings s left join profiles p on p.profile_id = s.person left join organizations o using (org_id) order by 1$$,
  $$select sent, zone, locale from settings order by 1$$, 'sign-up: a zone is found whatever its case, else Seoul''s; a locale by its language, else Korean');
select is_empty($$select lower(name) from pg_timezone_names group by 1 having count(*) > 1$$, 'sign-up: no two zones differ by case alone');
select throws_ok($$select pg_temp.sign_up('lost', '{"timezone": "Nowhere/Land", "locale": "fr", "invitation_token": "0000"}')$$, 'PT404', null, 'sign-up: an invitation that isn''t one refuses it all the same');
select lives_ok($$insert into auth.users (id, email, raw_user_meta_data) values (pg_temp.id('string'),
  'string.' || pg_temp.id('string') || '@example.test', to_jsonb('{"org_name": "Stringers"}'::text))$$,
  'sign-up: metadata may come as a JSON string');
select results_eq($$select o.org_name from profiles p join organizations o using (org_id) where profile_id = pg_temp.id('string')$$,
  $$values ('Stringers')$$, 'sign-up: and is read all the same');

-- The address follows Auth
update auth.users set email = 'new.' || email, email_confirmed_at = now() where id = pg_temp.id('member');
select results_eq($$select email, is_verified from profiles where profile_id = pg_temp.id('member')$$,
  $$values ('new.' || pg_temp.address('member'), true)$$, 'Auth: a new, confirmed address reaches the profile');
update auth.users set email_confirmed_at = null where id = pg_temp.id('member');
select results_eq($$select is_verified from profiles where profile_id = pg_temp.id('member')$$,
  $$values (false)$$, 'Auth: so does an address that is no longer confirmed');

-- Member, about themselves
select pg_temp.become('member');
select results_eq('select count(*)::int from profiles', 'values (7)', 'member: sees the people of the organization and no others');
select lives_ok($$update profiles set first_name = '길동', last_name = '홍' where profile_id = pg_temp.id('member')$$, 'member: changes their own name');
select results_eq($$select full_name, updated_at from profiles where profile_id = pg_temp.id('member')$$, $$values ('홍길동', now())$$,
  'full_name: in Hangul, family name first and without a space');
update profiles set first_name = 'Gil-dong', last_name = 'Hong' where profile_id = pg_temp.id('member');
select results_eq($$select full_name from profiles where profile_id = pg_temp.id('member')$$, $$values ('Gil-dong Hong')$$, 'full_name: else "first last"');
update profiles set first_name = 'Minji', last_name = '김' where profile_id = pg_temp.id('member');
select results_eq($$select full_name from profiles where profile_id = pg_temp.id('member')$$, $$values ('Minji 김')$$, 'full_name: the first name decides');
update profiles set first_name = ' ', last_name = '김' where profile_id = pg_temp.id('member');
select results_eq($$select full_name from profiles where profile_id = pg_temp.id('member')$$, $$values ('김')$$, 'full_name: a blank first name counts as missing');
update profiles set first_name = ' 길동 ', last_name = null where profile_id = pg_temp.id('member');
select results_eq($$select full_name from profiles where profile_id = pg_temp.id('member')$$, $$values ('길동')$$, 'full_name: no last name');
update profiles set first_name = null, last_name = '' where profile_id = pg_temp.id('member');
select results_eq($$select full_name from profiles where profile_id = pg_temp.id('member')$$, $$values (null::text)$$, 'full_name: none at all');
select throws_ok($$update profiles set full_name = 'x'$$, '428C9', null, 'member: can''t write full_name');
select throws_ok($$update profiles set is_verified = true where profile_id = pg_temp.id('member')$$, '42501', null, 'member: can''t verify themselves');
select throws_ok($$update profiles set email = 'x@example.test' where profile_id = pg_temp.id('member')$$, '42501', null, 'member: can''t change their sign-in address here');
select throws_ok($$update profiles set org_id = pg_temp.id('foreign_org') where profile_id = pg_temp.id('member')$$, '42501', null, 'member: can''t move to another organization');
select throws_ok($$update profiles set profile_id = gen_random_uuid() where profile_id = pg_temp.id('member')$$, '42501', 'profile_id of profiles can''t be changed', 'member: can''t change the key');
select throws_ok($$update profiles set org_role = 'admin' where profile_id = pg_temp.id('member')$$, '42501', 'only an owner or admin of the organization changes roles', 'member: can''t promote themselves');
select throws_ok($$update profiles set username = 'VIEWER' where profile_id = pg_temp.id('member')$$, '23505', null, 'member: a user name is unique whatever the case');
select throws_ok($$update profiles set username = ' ' where profile_id = pg_temp.id('member')$$, '23514', null, 'member: a user name isn''t blank');
select throws_ok($$update profiles set work_email = 'nobody' where profile_id = pg_temp.id('member')$$, '23514', null, 'member: a work address has the form of one');
select is_empty($$update profiles set job_role = 'x' where profile_id = pg_temp.id('viewer') returning 1$$, 'member: can''t change another''s profile');
select throws_ok($$insert into profiles (profile_id, org_id, username, email) values (gen_random_uuid(), pg_temp.id('org'), 'x', 'x@example.test')$$, '42501', null, 'member: can''t make a profile');
select throws_ok($$delete from profiles where profile_id = pg_temp.id('member')$$, '42501', null, 'member: can''t delete a profile');

-- Admin
select pg_temp.become('admin');
select isnt_empty($$update profiles set org_role = 'admin' where profile_id = pg_temp.id('viewer') returning 1$$, 'admin: makes a member admin');
select isnt_empty($$update profiles set org_role = 'member' where profile_id = pg_temp.id('viewer') returning 1$$, 'admin: and member again');
select throws_ok($$update profiles set org_role = 'owner' where profile_id = pg_temp.id('member')$$, '42501', 'only an owner makes or unmakes an owner', 'admin: can''t make an owner');
select throws_ok($$update profiles set org_role = 'owner' where profile_id = pg_temp.id('admin')$$, '42501', 'only an owner makes or unmakes an owner', 'admin: can''t make themselves owner');
select throws_ok($$update profiles set org_role = 'member' where profile_id = pg_temp.id('owner')$$, '42501', 'only an owner makes or unmakes an owner', 'admin: can''t demote the owner');
select throws_ok($$update profiles set first_name = 'x' where profile_id = pg_temp.id('member')$$, '42501', 'a person''s own details are changed by that person', 'admin: can''t rename another');
select is_empty($$update profiles set org_role = 'member' where profile_id = pg_temp.id('outsider') returning 1$$, 'admin: can''t touch another organization''s people');

-- Owner
select pg_temp.become('owner');
select throws_ok($$update profiles set org_role = 'member' where profile_id = pg_temp.id('owner')$$, 'PT409', 'the last owner can''t leave or be demoted while others remain', 'owner: the last one can''t step down');
select throws_ok($$update profiles set job_role = 'x' where profile_id = pg_temp.id('member')$$, '42501', 'a person''s own details are changed by that person', 'owner: can''t describe another');
select isnt_empty($$update profiles set org_role = 'owner' where profile_id = pg_temp.id('admin') returning 1$$, 'owner: makes a second owner');
select throws_ok($$update profiles set org_role = 'member' where org_role = 'owner'$$, null, null, 'owner: two owners can''t be demoted in one statement');
select isnt_empty($$update profiles set org_role = 'admin' where profile_id = pg_temp.id('admin') returning 1$$, 'owner: unmakes the other owner');
select isnt_empty($$update profiles set org_role = 'owner' where profile_id = pg_temp.id('admin') returning 1$$, 'owner: makes them owner again');
select isnt_empty($$update profiles set org_role = 'member' where profile_id = pg_temp.id('owner') returning 1$$, 'owner: steps down once another is there');
select throws_ok($$update profiles set org_role = 'owner' where profile_id = pg_temp.id('owner')$$, '42501', null, 'owner: and can''t come back by themselves');
select pg_temp.become('admin');
select isnt_empty($$update profiles set org_role = 'owner' where profile_id = pg_temp.id('owner') returning 1$$, 'second owner: brings them back');

-- The service
select pg_temp.become('service');
select throws_ok($$update profiles set org_id = pg_temp.id('foreign_org') where profile_id = pg_temp.id('member')$$, '42501', 'org_id of profiles can''t be changed', 'service: can''t move a person either');
select throws_ok($$update profiles set org_role = 'member' where org_id = pg_temp.id('org') and org_role = 'owner'$$, 'PT409', null, 'service: two owners can''t be demoted in one statement');
select throws_ok($$delete from profiles where org_id = pg_temp.id('org') and org_role = 'owner'$$, 'PT409', null, 'service: two owners can''t be deleted in one statement');
select isnt_empty($$delete from profiles where profile_id = pg_temp.id('admin') returning 1$$, 'service: deletes one of two owners');
select throws_ok($$delete from profiles where profile_id = pg_temp.id('owner')$$, 'PT409', null, 'service: the last owner can''t be deleted while others remain');
select pg_temp.become('postgres');
select throws_ok($$delete from auth.users where id = pg_temp.id('owner')$$, 'PT409', null, 'Auth: the last owner''s user can''t be deleted either');

-- Others
select pg_temp.become('stranger');
select results_eq($$select count(*)::int from profiles where org_id = pg_temp.id('org')$$, 'values (6)', 'stranger: sees the organization''s people');
select pg_temp.become('outsider');
select results_eq('select profile_id from profiles', $$values (pg_temp.id('outsider'))$$, 'outsider: sees nobody of the other organization');
select pg_temp.become('anonymous');
select throws_ok('select from profiles', '42501', null, 'anonymous: reads no profile');

-- The organization as a whole
select pg_temp.become('service');
select lives_ok($$delete from organizations where org_id = pg_temp.id('org')$$, 'service: an organization can go with all its people');
select is_empty($$select from profiles where org_id = pg_temp.id('org')$$, 'service: nobody of it is left');

select * from finish();
rollback;
