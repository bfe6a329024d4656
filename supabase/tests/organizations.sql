-- Organizations and their holidays: read by their people, changed by owners and admins.

begin;
\ir personas.psql
select plan(42);

-- Owner
select pg_temp.become('owner');
select results_eq('select org_id from organizations', $$values (pg_temp.id('org'))$$, 'owner: sees the own organization and no other');
select isnt_empty($$update organizations set org_name = '한빛소프트', working_days = '{1,2,3,4}', locale = 'en' where org_id = pg_temp.id('org') returning 1$$,
  'owner: changes the organization');
select results_eq($$select org_name, updated_at from organizations$$, $$values ('한빛소프트'::text, now())$$, 'owner: the change is there, with its time');
select is_empty($$update organizations set org_name = 'x' where org_id = pg_temp.id('foreign_org') returning 1$$, 'owner: can''t change another organization');
select throws_ok($$insert into organizations (org_name) values ('x')$$, '42501', null, 'owner: can''t make an organization');
select throws_ok($$delete from organizations$$, '42501', null, 'owner: can''t delete the organization');
select throws_ok($$update organizations set org_id = gen_random_uuid()$$, '42501', 'org_id of organizations can''t be changed', 'owner: can''t change its key');
select throws_ok($$update organizations set timezone = 'Mars/Olympus'$$, '22023', null, 'owner: an unknown time zone is refused');
select throws_ok($$update organizations set timezone = 'UTC+9'$$, '22023', null, 'owner: a POSIX time zone is refused, it would count westward');
select lives_ok($$update organizations set timezone = 'America/New_York'$$, 'owner: an IANA time zone is taken');
select throws_ok($$update organizations set working_days = '{0}'$$, '23514', null, 'owner: weekday 0 doesn''t exist');
select throws_ok($$update organizations set working_days = '{}'$$, '23514', null, 'owner: a week without working days is refused');
select results_eq('select reminder_time, digest_time from organizations', $$values (time '10:00', time '11:00')$$, 'owner: reminded at ten, told at eleven');
select lives_ok($$update organizations set reminder_time = '00:00', digest_time = '23:59:59'$$, 'owner: at other times of the day');
select throws_ok($$update organizations set reminder_time = '24:00'$$, '23514', null, 'owner: at a time that clocks show');
select results_eq('select scrum_cutoff_time from organizations', $$values (null::time)$$, 'owner: an update counts until the reminder of the next working day');
select isnt_empty($$update organizations set scrum_cutoff_time = '08:30' where org_id = pg_temp.id('org') returning 1$$, 'owner: or until another time');
select throws_ok($$update organizations set scrum_cutoff_time = '24:00'$$, '23514', null, 'owner: which clocks show');
select throws_ok($$update organizations set digest_time = null$$, '23502', null, 'owner: at some time');
select throws_ok($$update organizations set org_name = '  '$$, '23514', null, 'owner: a blank name is refused');
select lives_ok($$insert into org_holidays (holiday_date, name) values ('2027-02-06', '설날')$$, 'owner: adds a holiday, org_id by default');
select is_empty($$select day, r.code from unnest('{infinity,-infinity,1899-12-31,2201-01-01}'::text[]) day,
  pg_temp.refusal(format('insert into org_holidays (holiday_date, name) values (%L, ''x'')', day)) r where r.code <> '23514'$$, 'owner: a holiday is a day of a calendar, 1900 to 2200');
select is_empty($$select day, r.message from unnest('{1900-01-01,2200-12-31}'::text[]) day,
  pg_temp.refusal(format('insert into org_holidays (holiday_date, name) values (%L, ''x''); delete from org_holidays where holiday_date = %1$L', day)) r where r.code <> ''$$, 'owner: its first and its last among them');
select throws_ok($$insert into org_holidays (org_id, holiday_date, name) values (pg_temp.id('foreign_org'), '2027-01-01', 'New Year')$$,
  '42501', null, 'owner: can''t add a holiday to another organization');
select throws_ok($$update org_holidays set org_id = pg_temp.id('foreign_org')$$, '42501', 'org_id of org_holidays can''t be changed', 'owner: can''t move a holiday');
select throws_ok($$insert into org_holidays (holiday_date, name) values ('2027-02-06', 'again')$$, '23505', null, 'owner: one holiday a day');

-- Admin
select pg_temp.become('admin');
select isnt_empty($$update organizations set org_type = 'studio' returning 1$$, 'admin: changes the organization');
select isnt_empty($$update org_holidays set name = 'Seollal' returning 1$$, 'admin: changes a holiday');
select isnt_empty($$delete from org_holidays returning 1$$, 'admin: deletes a holiday');
select lives_ok($$insert into org_holidays (holiday_date, name) values ('2027-03-01', '삼일절')$$, 'admin: adds a holiday');

-- Member
select pg_temp.become('member');
select results_eq('select org_id from organizations', $$values (pg_temp.id('org'))$$, 'member: sees the own organization and no other');
select is_empty($$update organizations set org_name = 'x' returning 1$$, 'member: can''t change the organization');
select results_eq('select name from org_holidays', $$values ('삼일절'::text)$$, 'member: sees the holidays');
select throws_ok($$insert into org_holidays (holiday_date, name) values ('2027-05-05', 'x')$$, '42501', null, 'member: can''t add a holiday');
select is_empty($$update org_holidays set name = 'x' returning 1$$, 'member: can''t change a holiday');
select is_empty($$delete from org_holidays returning 1$$, 'member: can''t delete a holiday');

-- The other organization's owner
select pg_temp.become('outsider');
select is_empty($$select from organizations where org_id = pg_temp.id('org')$$, 'outsider: doesn''t see the organization');
select is_empty($$select from org_holidays$$, 'outsider: sees none of its holidays');
select is_empty($$delete from org_holidays returning 1$$, 'outsider: deletes none of them');

-- Anonymous
select pg_temp.become('anonymous');
select throws_ok('select from organizations', '42501', null, 'anonymous: reads no organization');
select throws_ok('select from org_holidays', '42501', null, 'anonymous: reads no holiday');

-- What the refused ones left
select pg_temp.become('owner');
select results_eq('select org_name, (select name from org_holidays) from organizations', $$values ('한빛소프트'::text, '삼일절'::text)$$,
  'owner: finds everything unchanged by those who may not');

select * from finish();
rollback;
