-- An invitation is good while who made it may invite.

begin;
\ir personas.psql
select plan(8);

create temporary table made (name text, token text) on commit drop;
grant select, insert on made to public;
select pg_temp.sign_up(name) from unnest('{friend,other}'::text[]) name;
select pg_temp.keep('alias');

-- Admin, who is demoted
select pg_temp.become('admin');
insert into made select 'friend', token from create_invitation(pg_temp.address('friend'), 'admin');
insert into made select 'alias', token from create_invitation(pg_temp.address('alias'), 'admin');
select pg_temp.become('owner');
update profiles set org_role = 'member' where profile_id = pg_temp.id('admin');
select pg_temp.become('friend');
select throws_ok($$select accept_invitation((select token from made where name = 'friend'))$$, 'PT410', 'who invited may not invite any more', 'friend: the invitation of a member who was an admin is refused');
select is_empty($$select from projects$$, 'friend: sees nothing of the organization');
select pg_temp.become('postgres');
select throws_ok($$insert into auth.users (id, email, raw_user_meta_data) values (pg_temp.id('alias'), pg_temp.address('alias'),
  jsonb_build_object('invitation_token', (select token from made where name = 'alias')))$$, 'PT410', null, 'alias: a sign-up with it, too');
update profiles set org_role = 'admin' where profile_id = pg_temp.id('admin');
select pg_temp.become('friend');
select lives_ok($$select accept_invitation((select token from made where name = 'friend'))$$, 'friend: it is good again once they are admin again');

-- Admin, who goes
select pg_temp.become('admin');
select lives_ok($$insert into made select 'other', token from create_invitation(pg_temp.address('other'), 'admin')$$, 'admin: invites');
select lives_ok('select delete_my_account()', 'admin: goes');
select pg_temp.become('other');
select throws_ok($$select accept_invitation((select token from made where name = 'other'))$$, 'PT404', null, 'other: the invitation went with them');
select pg_temp.become('owner');
select is_empty($$select from invitations where email in (pg_temp.address('other'), pg_temp.address('alias'))$$, 'owner: it isn''t on the list any more');

select * from finish();
rollback;
