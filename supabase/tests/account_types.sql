-- Account types: what won deals make of an account, and what they take back; never what a person chose.

begin;
\ir personas.psql
select plan(41);

select pg_temp.keep(name) from unnest('{one,other,deal,second_deal}'::text[]) name;
create function pg_temp.type_of(name text) returns text
language sql stable as $$ select concat_ws(' ', a.account_type, case when a.is_customer_by_deal then 'by deal' end) from public.accounts a where a.account_id = pg_temp.id($1) $$;
-- An account of that type, and two open deals of it.
create function pg_temp.begin_anew(type public.account_type default 'Prospect') returns void
language plpgsql as $$
begin
  perform pg_temp.become('owner');
  delete from accounts where account_id in (pg_temp.id('one'), pg_temp.id('other'));
  perform pg_temp.become('postgres');
  perform set_config('session_replication_role', 'replica', true);
  delete from opportunities where opportunity_id in (pg_temp.id('deal'), pg_temp.id('second_deal'));
  delete from accounts where account_id in (pg_temp.id('one'), pg_temp.id('other'));
  delete from ids where name in ('one', 'other', 'deal', 'second_deal');
  perform pg_temp.keep(name) from unnest('{one,other,deal,second_deal}'::text[]) name;
  perform set_config('session_replication_role', 'origin', true);
  perform pg_temp.become('owner');
  insert into accounts (account_id, account_name, account_type) values (pg_temp.id('one'), 'One', $1), (pg_temp.id('other'), 'Other', 'Prospect');
  insert into opportunities (opportunity_id, opportunity_name, account_id)
  values (pg_temp.id('deal'), 'First', pg_temp.id('one')), (pg_temp.id('second_deal'), 'Second', pg_temp.id('one'));
end $$;
create function pg_temp.to_stage(name text, stage public.opportunity_stage) returns void
language sql as $$ update public.opportunities o set stage = $2 where o.opportunity_id = pg_temp.id($1) $$;
grant execute on all functions in schema pg_temp to public;

-- One won deal
select pg_temp.begin_anew();
select is(pg_temp.type_of('one'), 'Prospect', 'open deals: a prospect');
select pg_temp.to_stage('deal', 'Closed Won');
select is(pg_temp.type_of('one'), 'Customer by deal', 'won: a customer');
select pg_temp.to_stage('deal', 'Discovery');
select is(pg_temp.type_of('one'), 'Prospect', 'reopened: a prospect again');
select pg_temp.to_stage('deal', 'Closed Won');
select pg_temp.to_stage('deal', 'Closed Lost');
select is(pg_temp.type_of('one'), 'Prospect', 'won, then lost: a prospect');
select pg_temp.to_stage('deal', 'Closed Won');
select pg_temp.to_stage('deal', 'Closed No Decision');
select is(pg_temp.type_of('one'), 'Prospect', 'won, then no decision: a prospect');
select pg_temp.to_stage('deal', 'Closed Won');
update opportunities set acv = 5, close_date = '2026-12-01' where opportunity_id = pg_temp.id('deal');
select is(pg_temp.type_of('one'), 'Customer by deal', 'something else of a won deal changes: nothing follows');
select isnt_empty($$delete from opportunities where opportunity_id = pg_temp.id('deal') returning 1$$, 'owner: deletes the won deal');
select is(pg_temp.type_of('one'), 'Prospect', 'deleted: a prospect');
insert into opportunities (opportunity_name, account_id, stage) values ('Straight', pg_temp.id('one'), 'Closed Won');
select is(pg_temp.type_of('one'), 'Customer by deal', 'added as a won deal: a customer');

-- Two won deals
select pg_temp.begin_anew();
select pg_temp.to_stage('deal', 'Closed Won');
select pg_temp.to_stage('second_deal', 'Closed Won');
select pg_temp.to_stage('deal', 'Closed Lost');
select is(pg_temp.type_of('one'), 'Customer by deal', 'one of two is lost: still a customer');
delete from opportunities where opportunity_id = pg_temp.id('second_deal');
select is(pg_temp.type_of('one'), 'Prospect', 'the last one is deleted: a prospect');

-- Moved
select pg_temp.begin_anew();
select pg_temp.to_stage('deal', 'Closed Won');
update opportunities set account_id = pg_temp.id('other') where opportunity_id = pg_temp.id('deal');
select is(pg_temp.type_of('one') || ', ' || pg_temp.type_of('other'), 'Prospect, Customer by deal', 'moved: the one is a prospect, the other a customer');
update opportunities set account_id = pg_temp.id('one'), stage = 'Discovery' where opportunity_id = pg_temp.id('deal');
select is(pg_temp.type_of('one') || ', ' || pg_temp.type_of('other'), 'Prospect, Prospect', 'moved back and reopened at once: both prospects');
select pg_temp.to_stage('second_deal', 'Closed Won');
update opportunities set account_id = pg_temp.id('other') where opportunity_id = pg_temp.id('deal');
select is(pg_temp.type_of('one') || ', ' || pg_temp.type_of('other'), 'Customer by deal, Prospect', 'an open deal is moved: nothing follows');

-- By one statement
select pg_temp.begin_anew();
update opportunities set stage = 'Closed Won' where account_id = pg_temp.id('one');
select is(pg_temp.type_of('one'), 'Customer by deal', 'all are won at once: a customer');
update opportunities set stage = 'Closed Lost' where account_id = pg_temp.id('one');
select is(pg_temp.type_of('one'), 'Prospect', 'all are lost at once: a prospect');
select pg_temp.to_stage('deal', 'Closed Won');
update opportunities set stage = case opportunity_id when pg_temp.id('deal') then 'Closed Lost' else 'Closed Won' end::opportunity_stage where account_id = pg_temp.id('one');
select is(pg_temp.type_of('one'), 'Customer by deal', 'one is lost and the other won at once: a customer');
update opportunities set stage = 'Closed Won' where account_id = pg_temp.id('one');
delete from opportunities where account_id = pg_temp.id('one');
select is(pg_temp.type_of('one'), 'Prospect', 'all are deleted at once: a prospect');
insert into opportunities (opportunity_id, opportunity_name, account_id, stage)
select gen_random_uuid(), 'Won ' || n, case n when 1 then pg_temp.id('one') else pg_temp.id('other') end, 'Closed Won' from generate_series(1, 2) n;
select is(pg_temp.type_of('one') || ', ' || pg_temp.type_of('other'), 'Customer by deal, Customer by deal', 'added at once to two: both customers');
update opportunities set account_id = case account_id when pg_temp.id('one') then pg_temp.id('other') else pg_temp.id('one') end
where account_id in (pg_temp.id('one'), pg_temp.id('other'));
select is(pg_temp.type_of('one') || ', ' || pg_temp.type_of('other'), 'Customer by deal, Customer by deal', 'exchanged: both customers');

-- What a person chose
select pg_temp.begin_anew();
select lives_ok($$update accounts set account_type = 'Customer' where account_id = pg_temp.id('one')$$, 'owner: makes it a customer');
select is(pg_temp.type_of('one'), 'Customer', 'chosen: by no deal');
select pg_temp.to_stage('deal', 'Closed Won');
select pg_temp.to_stage('deal', 'Closed Lost');
select is(pg_temp.type_of('one'), 'Customer', 'chosen: a deal that is won and lost changes nothing');
update accounts set account_type = 'Prospect' where account_id = pg_temp.id('one');
select pg_temp.to_stage('deal', 'Closed Won');
select is(pg_temp.type_of('one'), 'Customer by deal', 'a prospect by choice: the next won deal makes it a customer');
update accounts set account_type = 'Partner' where account_id = pg_temp.id('one');
select is(pg_temp.type_of('one'), 'Partner', 'a customer by a deal, chosen to be a partner: by no deal');
select pg_temp.to_stage('deal', 'Discovery');
select is(pg_temp.type_of('one'), 'Partner', 'a partner stays one when its won deal is reopened');
update accounts set account_type = 'Customer' where account_id = pg_temp.id('one');
select pg_temp.to_stage('deal', 'Closed Won');
select pg_temp.to_stage('deal', 'Discovery');
select is(pg_temp.type_of('one'), 'Customer', 'and a customer by choice after that one, too');
select pg_temp.begin_anew();
select pg_temp.to_stage('deal', 'Closed Won');
select pg_temp.to_stage('second_deal', 'Closed Won');
update accounts set account_type = 'Prospect' where account_id = pg_temp.id('one');
select pg_temp.to_stage('deal', 'Discovery');
select is(pg_temp.type_of('one'), 'Prospect', 'a prospect by choice: stays one while a deal remains won');
update accounts set account_type = 'Prospect' where account_id = pg_temp.id('one');
update opportunities set stage = case opportunity_id when pg_temp.id('deal') then 'Closed Won' else 'Discovery' end::opportunity_stage where account_id = pg_temp.id('one');
select is(pg_temp.type_of('one'), 'Customer by deal', 'a prospect by choice: one is lost and the other won at once, so a customer');
select pg_temp.begin_anew('Partner');
select pg_temp.to_stage('deal', 'Closed Won');
select is(pg_temp.type_of('one'), 'Partner', 'a partner wins: a partner');
select throws_ok($$update accounts set is_customer_by_deal = true$$, '42501', null, 'owner: doesn''t write how it became a customer');
select throws_ok($$insert into accounts (account_name, is_customer_by_deal) values ('x', true)$$, '42501', null, 'owner: nor of a new one');

-- Whoever changes the deal
select pg_temp.begin_anew();
select pg_temp.become('postgres');
update opportunities set profile_id = pg_temp.id('viewer') where opportunity_id = pg_temp.id('deal');
select pg_temp.become('viewer');
select pg_temp.to_stage('deal', 'Closed Won');
select is(pg_temp.type_of('one'), 'Customer by deal', 'the seller needn''t own the account to win');
select pg_temp.to_stage('deal', 'Closed Lost');
select is(pg_temp.type_of('one'), 'Prospect', 'nor to lose');
select results_eq($$select new_stage::text from opportunity_stage_events where opportunity_id = pg_temp.id('deal') order by event_id$$, $$values ('Opportunity'), ('Closed Won'), ('Closed Lost')$$, 'the history has each stage once');
select pg_temp.become('service');
select pg_temp.to_stage('deal', 'Closed Won');
select is(pg_temp.type_of('one'), 'Customer by deal', 'service: the same');

-- The account goes
select pg_temp.become('owner');
select isnt_empty($$delete from accounts where account_id = pg_temp.id('one') returning 1$$, 'owner: deletes the account with its won deal');

-- A won deal of another organization that names the account's key, as no foreign key would let it
select pg_temp.begin_anew();
select pg_temp.become('postgres');
set local session_replication_role = replica;
update opportunities set account_id = pg_temp.id('one'), stage = 'Closed Won' where opportunity_id = pg_temp.id('foreign_opportunity');
set local session_replication_role = origin;
select private.match_account_type(pg_temp.id('one'), pg_temp.id('foreign_org'), true);
select is(pg_temp.type_of('one'), 'Prospect', 'won by another organization: nothing to this one');
select pg_temp.to_stage('deal', 'Closed Won');
select private.match_account_type(pg_temp.id('one'), pg_temp.id('foreign_org'), false);
select is(pg_temp.type_of('one'), 'Customer by deal', 'lost by another organization: nothing to this one');
set local session_replication_role = replica;
update opportunities set stage = 'Discovery' where opportunity_id = pg_temp.id('deal');
set local session_replication_role = origin;
select private.match_account_type(pg_temp.id('one'), pg_temp.id('foreign_org'), false);
select is(pg_temp.type_of('one'), 'Customer by deal', 'lost by another organization: even without a won deal of its own');
select pg_temp.to_stage('deal', 'Closed Won');
select pg_temp.to_stage('deal', 'Discovery');
select is(pg_temp.type_of('one'), 'Prospect', 'nor does its deal keep this one a customer');

select * from finish();
rollback;
