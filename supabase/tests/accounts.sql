-- Accounts: the organization's; changed by their owner, deleted by owners and admins.

begin;
\ir personas.psql
select plan(27);

-- Member, who owns the account
select pg_temp.become('member');
select results_eq('select account_id from accounts', $$values (pg_temp.id('account'))$$, 'member: sees the organization''s accounts');
select lives_ok($$insert into accounts (account_name) values ('Beta')$$, 'member: adds one');
select results_eq($$select org_id, profile_id, account_type from accounts where account_name = 'Beta'$$,
  $$values (pg_temp.id('org'), pg_temp.id('member'), 'Prospect'::account_type)$$, 'member: it is a prospect of theirs');
select isnt_empty($$update accounts set account_type = 'Partner' where account_name = 'Beta' returning 1$$, 'member: changes their own');
select throws_ok($$update accounts set account_name = 'Acme' where account_name = 'Beta'$$, '23505', null, 'member: a name is unique in the organization');
select throws_ok($$insert into accounts (account_name) values (' ')$$, '23514', null, 'member: a name isn''t blank');
select is_empty('delete from accounts returning 1', 'member: deletes none, not even their own');
select throws_ok($$insert into accounts (org_id, account_name) values (pg_temp.id('foreign_org'), 'x')$$, '42501', null, 'member: can''t add one to another organization');
select throws_ok($$insert into accounts (account_name, profile_id) values ('x', pg_temp.id('outsider'))$$, '23503', null, 'member: its owner is of the organization');
select throws_ok($$update accounts set org_id = pg_temp.id('foreign_org') where account_name = 'Beta'$$, '42501', 'account_id, org_id of accounts can''t be changed', 'member: can''t move it to another organization');
select throws_ok($$update accounts set account_id = gen_random_uuid() where account_name = 'Beta'$$, '42501', null, 'member: can''t change its key');
select isnt_empty($$update accounts set profile_id = pg_temp.id('viewer') where account_name = 'Beta' returning 1$$, 'member: hands it to a colleague');
select is_empty($$update accounts set account_type = 'Customer' where account_name = 'Beta' returning 1$$, 'member: and can''t change it any more');

-- Viewer of a project, member of the organization
select pg_temp.become('viewer');
select isnt_empty($$update accounts set account_name = 'Gamma' where account_name = 'Beta' returning 1$$, 'viewer: changes what was handed over');
select is_empty($$update accounts set account_name = 'x' where account_name = 'Acme' returning 1$$, 'viewer: can''t change a colleague''s');

-- Admin, owner
select pg_temp.become('admin');
select isnt_empty($$update accounts set account_type = 'Customer' where account_name = 'Gamma' returning 1$$, 'admin: changes any');
select pg_temp.become('owner');
select isnt_empty($$delete from accounts where account_name = 'Gamma' returning 1$$, 'owner: deletes any');

-- Stranger, outsider, anonymous
select pg_temp.become('stranger');
select isnt_empty('select from accounts', 'stranger: sees them, being of the organization');
select lives_ok($$insert into accounts (account_name) values ('Delta')$$, 'stranger: adds one');
select pg_temp.become('outsider');
select results_eq('select account_id from accounts', $$values (pg_temp.id('foreign_account'))$$, 'outsider: sees their own organization''s alone');
select lives_ok($$insert into accounts (account_name) values ('Delta')$$, 'outsider: names are unique in an organization, not across');
select is_empty($$update accounts set account_name = 'x' where account_id = pg_temp.id('account') returning 1$$, 'outsider: changes none of the other');
select is_empty($$delete from accounts where account_id = pg_temp.id('account') returning 1$$, 'outsider: deletes none of the other');
select pg_temp.become('anonymous');
select throws_ok('select from accounts', '42501', null, 'anonymous: reads none');
select throws_ok($$insert into accounts (account_name) values ('x')$$, '42501', null, 'anonymous: adds none');

-- The service keeps to the border too
select pg_temp.become('service');
select throws_ok($$update accounts set org_id = pg_temp.id('foreign_org') where account_id = pg_temp.id('account')$$, '42501', null, 'service: a record stays in its organization');
select pg_temp.become('owner');
select results_eq($$select account_name, account_type from accounts where account_id = pg_temp.id('account')$$, $$values ('Acme', 'Prospect'::account_type)$$, 'owner: finds it unchanged');

select * from finish();
rollback;
