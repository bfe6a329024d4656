-- Days off: each person's own; owners and admins may enter them for others.

begin;
\ir personas.psql
select plan(23);

-- Member
select pg_temp.become('member');
select lives_ok($$insert into days_off (day_off_id, from_date, to_date) values (pg_temp.id('task'), '2027-01-04', '2027-01-05')$$, 'member: adds a day off, person and organization by default');
select results_eq('select profile_id, org_id from days_off', $$values (pg_temp.id('member'), pg_temp.id('org'))$$, 'member: it is theirs');
select throws_ok($$insert into days_off (profile_id, from_date, to_date) values (pg_temp.id('viewer'), '2027-01-04', '2027-01-05')$$, '42501', null, 'member: can''t add another''s');
select throws_ok($$insert into days_off (from_date, to_date) values ('2027-01-05', '2027-01-04')$$, '23514', null, 'member: the last day isn''t before the first');
select is_empty($$select d.*, r.code from (values ('-infinity', '2027-01-05'), ('2027-01-04', 'infinity'), ('1899-12-31', '2027-01-05'), ('2027-01-04', '2201-01-01'), ('infinity', 'infinity')) d (a, b),
  pg_temp.refusal(format('insert into days_off (from_date, to_date) values (%L, %L)', a, b)) r where r.code <> '23514'$$, 'member: days off are days of a calendar, 1900 to 2200');
select is_empty($$select d.*, r.message from (values ('1900-01-01', '1900-01-01'), ('2200-12-31', '2200-12-31')) d (a, b),
  pg_temp.refusal(format('insert into days_off (from_date, to_date) values (%L, %L); delete from days_off where from_date = %1$L', a, b)) r where r.code <> ''$$, 'member: its first and its last among them');
select isnt_empty($$update days_off set to_date = '2027-01-06' returning 1$$, 'member: changes their own');
select throws_ok($$update days_off set profile_id = pg_temp.id('viewer')$$, '42501', 'day_off_id, profile_id of days_off can''t be changed', 'member: can''t hand it to another');
select throws_ok($$update days_off set org_id = pg_temp.id('foreign_org')$$, '42501', null, 'member: can''t move it to another organization');
select throws_ok($$insert into days_off (org_id, from_date, to_date) values (pg_temp.id('foreign_org'), '2027-01-04', '2027-01-05')$$, '42501', null, 'member: can''t add one in another organization');

-- Viewer
select pg_temp.become('viewer');
select isnt_empty('select from days_off', 'viewer: sees a colleague''s days off');
select is_empty($$update days_off set to_date = '2027-02-01' returning 1$$, 'viewer: can''t change a colleague''s');
select is_empty('delete from days_off returning 1', 'viewer: can''t delete a colleague''s');

-- Admin
select pg_temp.become('admin');
select lives_ok($$insert into days_off (profile_id, from_date, to_date) values (pg_temp.id('viewer'), '2027-01-04', '2027-01-04')$$, 'admin: adds a person''s');
select isnt_empty($$update days_off set to_date = '2027-01-07' where profile_id = pg_temp.id('member') returning 1$$, 'admin: changes a person''s');
select isnt_empty($$delete from days_off where profile_id = pg_temp.id('viewer') returning 1$$, 'admin: deletes a person''s');
select throws_ok($$insert into days_off (profile_id, from_date, to_date) values (pg_temp.id('outsider'), '2027-01-04', '2027-01-04')$$, '23503', null, 'admin: nobody of another organization is off here');

-- Others
select pg_temp.become('stranger');
select isnt_empty('select from days_off', 'stranger: sees them, being of the organization');
select pg_temp.become('outsider');
select is_empty('select from days_off', 'outsider: sees none');
select is_empty('delete from days_off returning 1', 'outsider: deletes none');
select pg_temp.become('anonymous');
select throws_ok('select from days_off', '42501', null, 'anonymous: reads none');

-- Member again
select pg_temp.become('member');
select results_eq('select from_date, to_date from days_off', $$values ('2027-01-04'::date, '2027-01-07'::date)$$, 'member: only the admin has changed it');
select isnt_empty('delete from days_off returning 1', 'member: deletes their own');

select * from finish();
rollback;
