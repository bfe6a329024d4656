-- Invitations: made by owners and admins, kept as a hash, accepted once by the address invited.

begin;
\ir personas.psql
select plan(86);

create temporary table tokens (name text, invitation_id uuid, token text, expires_at timestamptz) on commit drop;
grant select, insert on tokens to public;
create function pg_temp.token(name text) returns text
language sql stable as $$ select t.token from tokens t where t.name = $1 $$;
grant execute on function pg_temp.token(text) to public;
-- Who will come: each with an organization of their own, as sign-up made it.
select pg_temp.sign_up(name) from unnest('{newcomer,busy,boss,late}'::text[]) name;
select pg_temp.keep('boss_org', org_id) from profiles where profile_id in (select id from ids where name = 'boss');
select pg_temp.join_by_invitation('subordinate', 'boss_org');
-- And who hasn't signed up yet.
select pg_temp.keep(name) from unnest('{object,string,forged,borrowed,expired}'::text[]) name;

-- Time passes: the record is moved back instead of waiting.
create function pg_temp.a_minute_later() returns void
language sql security definer as $$ update private.invitations_made set made_at = made_at - interval '1 minute' $$;
grant execute on function pg_temp.a_minute_later() to public;

-- Owner invites
select pg_temp.become('owner');
select lives_ok($$insert into tokens select 'first', * from create_invitation('  ' || upper(pg_temp.address('newcomer')) || ' ')$$, 'owner: invites');
select throws_ok($$select create_invitation(pg_temp.address('newcomer'))$$, 'PT429', pg_temp.address('newcomer') || ' was invited less than a minute ago', 'owner: not the same address at once');
select pg_temp.a_minute_later();
select lives_ok($$insert into tokens select 'newcomer', * from create_invitation(pg_temp.address('newcomer'), 'admin')$$, 'owner: invites the same address again');
select results_eq($$select email, org_role, accepted_at, invited_by, org_id, expires_at from invitations where email = pg_temp.address('newcomer')$$,
  $$values (pg_temp.address('newcomer'), 'admin'::org_role, null::timestamptz, pg_temp.id('owner'), pg_temp.id('org'), now() + interval '7 days')$$,
  'owner: the second replaces the first; the address is kept in lower case');
select results_eq($$select i.email, octet_length(i.token_hash) from (select * from invitations) i where i.email = pg_temp.address('newcomer')$$, $$values (pg_temp.address('newcomer'), 32)$$, 'owner: reads all columns; a hash is of no use');
select throws_ok($$select * from create_invitation(pg_temp.address('forged'), 'owner')$$, '22023', 'nobody is invited as owner', 'owner: nobody is invited as owner');
select throws_ok($$select * from create_invitation(pg_temp.address('forged'), null)$$, '22023', 'nobody is invited as owner', 'owner: nor without a role');
select throws_ok($$select * from create_invitation(repeat('x', 308) || '@example.test')$$, '22023', null, 'owner: an address isn''t longer than 320 characters');
select lives_ok($$select * from create_invitation(repeat('x', 307) || '@example.test')$$, 'owner: but as long');
select isnt_empty($$delete from invitations where email like 'xxx%' returning 1$$, 'owner: withdraws an invitation');
select is_empty($$select r.* from unnest('{"null","''owner''","''member''"}'::text[]) as role (name),
    pg_temp.refusal(format('select * from create_invitation(%L, %s)', case role.name when '''member''' then repeat('x', 400) || '@example.test' else pg_temp.address('forged') end, role.name)) r
  where r.code <> '22023' or r.detail <> ''$$, 'owner: what is refused shows no row that would have been');
select throws_ok($$select * from create_invitation('nobody')$$, '22023', null, 'owner: an address has the form of one');
select throws_ok($$select * from create_invitation(null)$$, '22023', null, 'owner: no address is no address');
select throws_ok($$select * from create_invitation(upper(pg_temp.address('member')))$$, 'PT409', null, 'owner: who is in already isn''t invited, whatever the case');
select throws_ok($$insert into invitations (email, org_id, token_hash) values ('x@example.test', pg_temp.id('org'), sha256('x'))$$, '42501', null, 'owner: can''t write an invitation with a hash of their choice');
select throws_ok($$update invitations set expires_at = 'infinity'$$, '42501', null, 'owner: can''t prolong one');
insert into tokens select name, made.* from unnest('{busy,boss,late,object,string,expired,outsider}'::text[]) name, create_invitation(pg_temp.address(name)) made;

-- Admin
select pg_temp.become('admin');
select lives_ok($$insert into tokens select 'withdrawn', * from create_invitation('withdrawn@example.test')$$, 'admin: invites');
select isnt_empty($$select * from invitations where email = 'withdrawn@example.test' and token_hash is not null$$, 'admin: reads them as the owner does');
select throws_ok($$insert into invitations (email, org_id, token_hash) values ('x@example.test', pg_temp.id('org'), sha256('x'))$$, '42501', null, 'admin: can''t write one with a hash of their choice either');
select isnt_empty($$delete from invitations where email = 'withdrawn@example.test' returning 1$$, 'admin: withdraws an invitation');

-- Those who may not
select pg_temp.become('member');
select throws_ok($$select * from create_invitation('x@example.test')$$, '42501', 'only an owner or admin of the organization invites', 'member: can''t invite');
select throws_ok($$select * from private.create_invitation('x@example.test', 'member')$$, '42501', null, 'member: nor by the function behind');
select throws_ok($$select private.redeem_invitation('x', 'x@example.test')$$, '42501', null, 'member: can''t redeem for another address');
select is_empty('select * from invitations', 'member: sees none');
select is_empty('delete from invitations returning 1', 'member: withdraws none');
select pg_temp.become('outsider');
select is_empty('select * from invitations', 'outsider: sees none of another organization');
select pg_temp.become('anonymous');
select throws_ok($$select * from create_invitation('x@example.test')$$, '42501', null, 'anonymous: can''t invite');
select throws_ok($$select accept_invitation('x')$$, '42501', null, 'anonymous: can''t accept');
select throws_ok('select * from invitations', '42501', null, 'anonymous: reads none');

-- What is stored
select pg_temp.become('postgres');
select results_eq($$select token_hash from invitations where email = pg_temp.address('newcomer')$$,
  $$select sha256(convert_to(pg_temp.token('newcomer'), 'UTF8'))$$, 'stored: the SHA-256 of the token');
select is_empty($$select from invitations i, tokens t where to_jsonb(i)::text like '%' || t.token || '%'$$, 'stored: the token itself nowhere');
select throws_ok($$insert into invitations (email, org_id, org_role, token_hash) values ('x@example.test', pg_temp.id('org'), 'owner', sha256('x'))$$, '23514', null, 'stored: an invitation as owner can''t exist');
select throws_ok($$insert into invitations (email, org_id, token_hash) values ('X@example.test', pg_temp.id('org'), sha256('x'))$$, '23514', null, 'stored: nor an address with capitals');
select ok(length(pg_temp.token('newcomer')) = 64 and pg_temp.token('newcomer') <> pg_temp.token('first'), 'stored: tokens are 256 random bits');
update invitations set expires_at = now() where email in (pg_temp.address('late'), pg_temp.address('expired'));

-- Accepting
select pg_temp.become('newcomer');
insert into days_off (from_date, to_date) values ('2027-01-04', '2027-01-05');
select throws_ok($$select accept_invitation('0000')$$, 'PT404', null, 'newcomer: an unknown token is refused');
select throws_ok($$select accept_invitation(null)$$, 'PT404', null, 'newcomer: no token is refused');
select throws_ok($$select accept_invitation(pg_temp.token('first'))$$, 'PT404', null, 'newcomer: a replaced token is refused');
select throws_ok($$select accept_invitation(pg_temp.token('withdrawn'))$$, 'PT404', null, 'newcomer: a withdrawn one too');
select throws_ok($$select accept_invitation(pg_temp.token('busy'))$$, 'PT404', null, 'newcomer: another address''s token is refused the same way');
select results_eq($$select profile_id, org_id, org_role from accept_invitation(pg_temp.token('newcomer'))$$,
  $$values (pg_temp.id('newcomer'), pg_temp.id('org'), 'admin'::org_role)$$, 'newcomer: joins with the role invited as');
select throws_ok($$select accept_invitation(pg_temp.token('newcomer'))$$, 'PT409', 'the invitation has been used', 'newcomer: it works once');
select results_eq('select org_id from organizations', $$values (pg_temp.id('org'))$$, 'newcomer: sees the new organization');
select results_eq('select org_id from days_off', $$values (pg_temp.id('org'))$$, 'newcomer: their days off have come along');
select pg_temp.become('late');
select throws_ok($$select accept_invitation(pg_temp.token('late'))$$, 'PT410', 'the invitation has expired', 'late: an expired token is refused');
select pg_temp.become('busy');
select lives_ok($$insert into accounts (account_name) values ('Customer')$$, 'busy: has a customer already');
select throws_ok($$select accept_invitation(pg_temp.token('busy'))$$, 'PT409', null, 'busy: what one has written isn''t left behind');
select isnt_empty($$delete from accounts where account_name = 'Customer' returning 1$$, 'busy: clears it away');
select lives_ok($$select accept_invitation(pg_temp.token('busy'))$$, 'busy: and joins; the refusal hadn''t used the token up');
select pg_temp.become('boss');
select throws_ok($$select accept_invitation(pg_temp.token('boss'))$$, 'PT409', null, 'boss: an owner doesn''t leave people without one');
select pg_temp.become('subordinate');
select throws_ok($$select accept_invitation(pg_temp.token('boss'))$$, 'PT404', null, 'subordinate: can''t take the boss''s');
select pg_temp.become('outsider');
select throws_ok($$select accept_invitation(pg_temp.token('outsider'))$$, 'PT409', null, 'outsider: nor one who has projects');
select pg_temp.become('postgres');
select is_empty($$select from organizations o where not exists (select from profiles p where p.org_id = o.org_id)
  and o.created_at = now()$$, 'accepting: leaves no empty organization');
select isnt_empty($$select from invitations where email = pg_temp.address('newcomer') and accepted_at = now()$$, 'accepting: is noted with its time');
select isnt_empty($$select from invitations where email = pg_temp.address('boss') and accepted_at is null$$, 'accepting: a refusal isn''t');

-- Joining at sign-up
select lives_ok($$insert into auth.users (id, email, raw_user_meta_data) values (pg_temp.id('object'), pg_temp.address('object'),
  jsonb_build_object('invitation_token', pg_temp.token('object'), 'username', 'Member'))$$, 'sign-up: with a token in the metadata');
select results_eq($$select org_id, org_role, username from profiles where profile_id = pg_temp.id('object')$$,
  $$values (pg_temp.id('org'), 'member'::org_role, 'Member-2')$$, 'sign-up: joins, with a user name nobody has');
select lives_ok($$insert into auth.users (id, email, raw_user_meta_data) values (pg_temp.id('string'), upper(pg_temp.address('string')),
  to_jsonb(jsonb_build_object('invitation_token', pg_temp.token('string'), 'username', 'member')::text))$$, 'sign-up: metadata as a JSON string, address in capitals');
select results_eq($$select org_id, username from profiles where profile_id = pg_temp.id('string')$$,
  $$values (pg_temp.id('org'), 'member-3')$$, 'sign-up: joins all the same');
select throws_ok($$insert into auth.users (id, email, raw_user_meta_data) values (pg_temp.id('forged'), pg_temp.address('forged'),
  '{"invitation_token": "0000"}')$$, 'PT404', null, 'sign-up: an unknown token refuses it');
select throws_ok($$insert into auth.users (id, email, raw_user_meta_data) values (pg_temp.id('borrowed'), pg_temp.address('borrowed'),
  jsonb_build_object('invitation_token', pg_temp.token('boss')))$$, 'PT404', null, 'sign-up: another address''s token refuses it');
select throws_ok($$insert into auth.users (id, email, raw_user_meta_data) values (pg_temp.id('borrowed'), pg_temp.address('object') || 'x',
  jsonb_build_object('invitation_token', pg_temp.token('object')))$$, 'PT404', null, 'sign-up: so does a used token from elsewhere');
select throws_ok($$insert into auth.users (id, email, raw_user_meta_data) values (pg_temp.id('expired'), pg_temp.address('expired'),
  jsonb_build_object('invitation_token', pg_temp.token('expired')))$$, 'PT410', null, 'sign-up: an expired token refuses it');
select is_empty($$select from auth.users where id in (pg_temp.id('forged'), pg_temp.id('borrowed'), pg_temp.id('expired'))$$, 'sign-up: no user is left of those refused');
select lives_ok($$insert into auth.users (id, email, raw_user_meta_data) values (pg_temp.id('forged'), pg_temp.address('forged'),
  jsonb_build_object('invitation_token', '', 'org_role', 'owner', 'org_id', pg_temp.id('org')))$$, 'sign-up: an empty token is none');
select results_ne($$select org_id from profiles where profile_id = pg_temp.id('forged')$$, $$values (pg_temp.id('org'))$$, 'sign-up: metadata can''t name an organization');

-- Who has left can be invited again
delete from auth.users where id = pg_temp.id('object');
select pg_temp.become('owner');
select pg_temp.a_minute_later();
select lives_ok($$select * from create_invitation(pg_temp.address('object'))$$, 'owner: invites a person who had joined and left');

-- How many
select pg_temp.become('postgres');
delete from private.invitations_made where org_id = pg_temp.id('org');
delete from invitations where org_id = pg_temp.id('org');
create function pg_temp.invites(numbers int4range) returns text
language sql as $$
  select string_agg(distinct r.code, ' ') from generate_series(lower($1), upper($1) - 1) n,
    pg_temp.refusal(format('select create_invitation(%L)', 'guest' || n || '@example.test')) r
$$;
create function pg_temp.refused(address text) returns text
language sql as $$ select concat_ws(': ', r.code, r.message, r.hint) from pg_temp.refusal(format('select create_invitation(%L)', $1)) r $$;
create function pg_temp.moment(at timestamptz) returns text
language sql as $$ select ($1 + interval '1 second')::timestamptz(0)::text $$;
grant execute on all functions in schema pg_temp to public;
select pg_temp.become('owner');
select is(pg_temp.invites('[1,18]'), '', 'owner: invites many');
select isnt_empty('delete from invitations returning 1', 'owner: and withdraws them');
select is(pg_temp.refused('guest1@example.test'), 'PT429: guest1@example.test was invited less than a minute ago: Invite this address again from ' || pg_temp.moment(now() + interval '1 minute') || ' on.', 'owner: withdrawn, it was mailed all the same');
select is(pg_temp.refused(' Guest1@EXAMPLE.test'), pg_temp.refused('guest1@example.test'), 'owner: however it is written');
select is_empty('select from invitations', 'owner: what is refused leaves nothing');
select pg_temp.a_minute_later();
select is(pg_temp.refused('guest1@example.test'), '', 'owner: a minute later it can be again');
select pg_temp.become('admin');
select is(pg_temp.refused('guest1@example.test'), 'PT429: guest1@example.test was invited less than a minute ago: Invite this address again from ' || pg_temp.moment(now() + interval '1 minute') || ' on.', 'admin: counts as the owner does');
select is(pg_temp.refused('guest20@example.test'), '', 'admin: invites the twentieth');
select is(pg_temp.refused('guest21@example.test'), 'PT429: 20 invitations were made in the last hour, which is as many as can be: Invite again from ' || pg_temp.moment(now() + interval '59 minutes') || ' on.', 'admin: and no other in an hour');
select throws_ok($$select create_invitation(pg_temp.address('member'))$$, 'PT409', null, 'admin: what is wrong otherwise is said first');
select pg_temp.become('outsider');
select is(pg_temp.refused('guest1@example.test'), '', 'outsider: another organization counts for itself');
select pg_temp.become('postgres');
update private.invitations_made set made_at = now() - interval '1 hour' where org_id = pg_temp.id('org') and made_at < now();
select pg_temp.become('owner');
select is(pg_temp.invites('[22,39]'), '', 'owner: as many again once the hour is over');
select is(pg_temp.refused('guest40@example.test'), 'PT429: 20 invitations were made in the last hour, which is as many as can be: Invite again from ' || pg_temp.moment(now() + interval '1 hour') || ' on.', 'owner: and no more');
select pg_temp.become('postgres');
select results_eq($$select count(*)::int from private.invitations_made where org_id = pg_temp.id('org')$$, 'values (20)', 'what is older than an hour is gone');
delete from private.invitations_made where org_id = pg_temp.id('org');
select pg_temp.become('service');
select lives_ok($$insert into invitations (org_id, email, token_hash, expires_at) select pg_temp.id('org'), 'open' || n || '@example.test', sha256(n::text::bytea), now() + n * interval '1 minute' from generate_series(1, 29) n$$, 'service: writes as many as it likes');
select pg_temp.become('owner');
select is(pg_temp.refused('guest50@example.test'), '', 'owner: the fiftieth open one');
select is(pg_temp.refused('guest51@example.test'), 'PT429: 50 invitations are open, which is as many as can be: Withdraw one that is no longer wanted, or invite again from ' || pg_temp.moment(now() + interval '1 minute') || ' on, when the next one expires.', 'owner: and no other');
select is(pg_temp.refused('open1@example.test'), '', 'owner: but renews one that is open');
select pg_temp.become('postgres');
update invitations set expires_at = now() where email = 'open2@example.test' and org_id = pg_temp.id('org');
update invitations set accepted_at = now() where email = 'open3@example.test' and org_id = pg_temp.id('org');
select pg_temp.become('owner');
select is(pg_temp.invites('[51,52]'), '', 'owner: what has expired or been accepted isn''t open');
select throws_ok('select from private.invitations_made', '42501', null, 'owner: doesn''t see the record');

select * from finish();
rollback;
