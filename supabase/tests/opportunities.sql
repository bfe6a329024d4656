-- Opportunities: stages with a history, the forecast category that follows, and the account won.

begin;
\ir personas.psql
select plan(56);

select pg_temp.keep(name) from unnest('{second_account,third_account,moved}'::text[]) name;

-- Member, who owns the opportunity
select pg_temp.become('member');
select results_eq('select opportunity_id from opportunities', $$values (pg_temp.id('opportunity'))$$, 'member: sees the organization''s');
select lives_ok($$insert into opportunities (opportunity_name, account_id, acv) values ('Pilot', pg_temp.id('account'), 1000)$$, 'member: adds one');
select results_eq($$select org_id, profile_id, stage, forecast_category, currency_code::text from opportunities where opportunity_name = 'Pilot'$$,
  $$values (pg_temp.id('org'), pg_temp.id('member'), 'Opportunity'::opportunity_stage, 'Pipeline'::forecast_category, 'KRW')$$, 'member: with the defaults');
select results_eq($$select e.old_stage, e.new_stage, e.actor, e.org_id from opportunity_stage_events e join opportunities o using (opportunity_id) where opportunity_name = 'Pilot'$$,
  $$values (null::opportunity_stage, 'Opportunity'::opportunity_stage, pg_temp.id('member'), pg_temp.id('org'))$$, 'history: begins with the first stage');
select lives_ok($$update opportunities set stage = 'Discovery' where opportunity_name = 'Pilot'$$, 'member: moves their own on');
select lives_ok($$update opportunities set acv = 2000, stage = 'Discovery' where opportunity_name = 'Pilot'$$, 'member: changes something else');
select results_eq($$select e.old_stage, e.new_stage, e.actor from opportunity_stage_events e join opportunities o using (opportunity_id) where opportunity_name = 'Pilot' order by event_id offset 1$$,
  $$values ('Opportunity'::opportunity_stage, 'Discovery'::opportunity_stage, pg_temp.id('member'))$$, 'history: has each change of stage, and nothing else');
select throws_ok($$insert into opportunity_stage_events (opportunity_id, org_id, new_stage) values (pg_temp.id('opportunity'), pg_temp.id('org'), 'Closed Won')$$, '42501', null, 'history: the member can''t add to it');
select throws_ok('update opportunity_stage_events set actor = null', '42501', null, 'history: can''t change it');
select throws_ok('delete from opportunity_stage_events', '42501', null, 'history: can''t delete from it');
select throws_ok($$update opportunities set acv = -1$$, '23514', null, 'member: a value isn''t negative');
select throws_ok($$update opportunities set acv = 'NaN'$$, '23514', null, 'member: a value is a number');
select throws_ok($$update opportunities set acv = 'Infinity'$$, '22003', null, 'member: a finite one');
select is_empty($$select day, r.code from unnest('{infinity,-infinity,1899-12-31,2201-01-01}'::text[]) day,
  pg_temp.refusal(format('update opportunities set close_date = %L', day)) r where r.code <> '23514'$$, 'member: it closes on a day of a calendar, 1900 to 2200');
select is_empty($$select day, r.message from unnest('{1900-01-01,2200-12-31}'::text[]) day,
  pg_temp.refusal(format('update opportunities set close_date = %L', day)) r where r.code <> ''$$, 'member: its first and its last among them');
select throws_ok($$update opportunities set currency_code = 'krw'$$, '23514', null, 'member: a currency is three capitals');
select throws_ok($$insert into opportunities (opportunity_name, account_id) values ('x', pg_temp.id('foreign_account'))$$, '23503', null, 'member: its account is of the organization');
select throws_ok($$update opportunities set account_id = pg_temp.id('foreign_account')$$, '23503', null, 'member: and stays so');
select throws_ok($$insert into opportunities (org_id, opportunity_name, account_id) values (pg_temp.id('foreign_org'), 'x', pg_temp.id('foreign_account'))$$, '42501', null, 'member: can''t add one to another organization');
select throws_ok($$update opportunities set org_id = pg_temp.id('foreign_org')$$, '42501', 'opportunity_id, org_id of opportunities can''t be changed', 'member: can''t move one there');
select is_empty('delete from opportunities returning 1', 'member: deletes none');

-- The forecast category
select lives_ok($$update opportunities set forecast_category = 'Commit' where opportunity_name = 'Pilot'$$, 'forecast: an open deal has any open category');
select lives_ok($$update opportunities set stage = 'Closed Lost' where opportunity_name = 'Pilot'$$, 'forecast: the deal is lost');
select results_eq($$select forecast_category from opportunities where opportunity_name = 'Pilot'$$, $$values ('Closed'::forecast_category)$$, 'forecast: is Closed then');
select results_eq($$select account_type from accounts$$, $$values ('Prospect'::account_type)$$, 'a lost deal makes no customer');
update opportunities set forecast_category = 'Upside' where opportunity_name = 'Pilot';
select results_eq($$select forecast_category from opportunities where opportunity_name = 'Pilot'$$, $$values ('Closed'::forecast_category)$$, 'forecast: a closed deal can''t have another');
update opportunities set stage = 'Objectives' where opportunity_name = 'Pilot';
select results_eq($$select forecast_category from opportunities where opportunity_name = 'Pilot'$$, $$values ('Pipeline'::forecast_category)$$, 'forecast: a reopened deal starts over');
update opportunities set forecast_category = 'Closed' where opportunity_name = 'Pilot';
select results_eq($$select forecast_category from opportunities where opportunity_name = 'Pilot'$$, $$values ('Pipeline'::forecast_category)$$, 'forecast: an open deal can''t be Closed');
update opportunities set stage = 'Closed No Decision', forecast_category = 'Commit' where opportunity_name = 'Pilot';
select results_eq($$select forecast_category from opportunities where opportunity_name = 'Pilot'$$, $$values ('Closed'::forecast_category)$$, 'forecast: no decision is closed too');

-- Viewer: wins a deal on an account that isn't theirs
select pg_temp.become('viewer');
select is_empty($$update opportunities set acv = 1 returning 1$$, 'viewer: can''t change a colleague''s');
select lives_ok($$insert into opportunities (opportunity_name, account_id) values ('Mine', pg_temp.id('account'))$$, 'viewer: adds one, being of the organization');
select lives_ok($$update opportunities set stage = 'Closed Won' where opportunity_name = 'Mine'$$, 'viewer: wins it');
select results_eq($$select account_type, profile_id from accounts where account_id = pg_temp.id('account')$$,
  $$values ('Customer'::account_type, pg_temp.id('member'))$$, 'a deal won makes a prospect a customer, whoever owns the account');

-- Owner
select pg_temp.become('owner');
select isnt_empty($$update opportunities set acv = 5 where opportunity_name = 'Mine' returning 1$$, 'owner: changes any');
insert into accounts (account_id, account_name, account_type) values (pg_temp.id('sprint'), 'Partner', 'Partner'), (pg_temp.id('task'), 'Direct', 'Prospect');
select lives_ok($$insert into opportunities (opportunity_name, account_id, stage) values ('Joint', pg_temp.id('sprint'), 'Closed Won'), ('Straight', pg_temp.id('task'), 'Closed Won')$$, 'owner: adds deals that are won already');
select results_eq($$select account_type from accounts where account_name in ('Partner', 'Direct') order by 1$$, $$values ('Customer'::account_type), ('Partner')$$, 'a prospect is a customer at once, a partner stays a partner');
select throws_ok('delete from opportunity_stage_events', '42501', null, 'owner: can''t delete history either');

-- A deal that turns out to be another account's
insert into accounts (account_id, account_name) values (pg_temp.id('second_account'), 'Second'), (pg_temp.id('third_account'), 'Third');
insert into opportunities (opportunity_id, opportunity_name, account_id) values (pg_temp.id('moved'), 'Moved', pg_temp.id('third_account'));
select lives_ok($$update opportunities set account_id = pg_temp.id('second_account') where opportunity_id = pg_temp.id('moved')$$, 'owner: moves an open deal to another account');
select results_eq($$select account_type from accounts where account_id in (pg_temp.id('second_account'), pg_temp.id('third_account'))$$, $$values ('Prospect'::account_type), ('Prospect')$$, 'moved: an open deal makes no customer');
select lives_ok($$update opportunities set account_id = pg_temp.id('third_account'), stage = 'Closed Won' where opportunity_id = pg_temp.id('moved')$$, 'owner: moves it back and wins it at once');
select results_eq($$select account_name, account_type from accounts where account_id in (pg_temp.id('second_account'), pg_temp.id('third_account')) order by 1$$, $$values ('Second', 'Prospect'::account_type), ('Third', 'Customer')$$, 'moved: the account it is won for is the customer');
select lives_ok($$update opportunities set account_id = pg_temp.id('second_account') where opportunity_id = pg_temp.id('moved')$$, 'owner: moves the won deal to the other account');
select results_eq($$select account_name, account_type from accounts where account_id in (pg_temp.id('second_account'), pg_temp.id('third_account')) order by 1$$, $$values ('Second', 'Customer'::account_type), ('Third', 'Prospect')$$, 'moved: a won deal makes that account a customer, and the one it left a prospect');
select results_eq($$select old_stage, new_stage from opportunity_stage_events where opportunity_id = pg_temp.id('moved') order by event_id$$,
  $$values (null::opportunity_stage, 'Opportunity'::opportunity_stage), ('Opportunity', 'Closed Won')$$, 'moved: which is no change of stage');

-- Admin
select pg_temp.become('admin');
select isnt_empty($$delete from opportunities where opportunity_name = 'Pilot' returning 1$$, 'admin: deletes any');
select isnt_empty($$delete from accounts where account_name = 'Direct' returning 1$$, 'admin: deletes an account');
select is_empty($$select from opportunities where opportunity_name = 'Straight'$$, 'admin: its deals are gone with it');

-- Service, outsider, anonymous
select pg_temp.become('service');
select throws_ok($$insert into opportunity_stage_events (opportunity_id, org_id, new_stage) values (pg_temp.id('opportunity'), pg_temp.id('org'), 'Closed Won')$$, '42501', null, 'service: writes no history');
select lives_ok($$update opportunities set stage = 'Discovery' where opportunity_id = pg_temp.id('opportunity')$$, 'service: moves a deal on');
select results_eq($$select actor from opportunity_stage_events where opportunity_id = pg_temp.id('opportunity') order by event_id desc limit 1$$, 'values (null::uuid)', 'service: is nobody in the history');
select pg_temp.become('outsider');
select results_eq('select opportunity_id from opportunities', $$values (pg_temp.id('foreign_opportunity'))$$, 'outsider: sees their own organization''s alone');
select results_eq('select distinct opportunity_id from opportunity_stage_events', $$values (pg_temp.id('foreign_opportunity'))$$, 'outsider: and its history alone');
select is_empty($$update opportunities set acv = 1 where opportunity_id = pg_temp.id('opportunity') returning 1$$, 'outsider: changes none of the other');
select is_empty($$delete from opportunities where opportunity_id = pg_temp.id('opportunity') returning 1$$, 'outsider: deletes none of the other');
select pg_temp.become('anonymous');
select throws_ok('select from opportunities', '42501', null, 'anonymous: reads none');
select throws_ok('select from opportunity_stage_events', '42501', null, 'anonymous: reads no history');

select * from finish();
rollback;
