-- Accounts: the customers, prospects and partners of an organization.

set lock_timeout = '5s';
set statement_timeout = '30s';

create type public.account_type as enum ('Prospect', 'Customer', 'Partner');
comment on type public.account_type is 'What an account is to the organization.';

create table public.accounts (
  account_id   uuid primary key default gen_random_uuid(),
  org_id       uuid not null default private.my_org_id() references public.organizations (org_id) on delete cascade,
  account_name text not null,
  profile_id   uuid default auth.uid(),
  account_type public.account_type not null default 'Prospect',
  created_at   timestamptz not null default now(),
  updated_at   timestamptz not null default now(),
  constraint accounts_account_name_in_org unique (org_id, account_name),
  constraint accounts_in_org unique (account_id, org_id),
  constraint accounts_owner_in_org foreign key (profile_id, org_id)
    references public.profiles (profile_id, org_id) on delete set null (profile_id),
  constraint accounts_account_name_length check (char_length(btrim(account_name)) between 1 and 200)
);
comment on table public.accounts is 'A company or person that the organization sells to or works with.';
comment on column public.accounts.account_id is 'Key.';
comment on column public.accounts.org_id is 'Organization; filled in by default.';
comment on column public.accounts.account_name is 'Name, unique in the organization.';
comment on column public.accounts.profile_id is
  'Owner of the record; the caller by default, null once that person''s account is deleted.';
comment on column public.accounts.account_type is 'A Prospect becomes a Customer when its first opportunity is won.';
comment on column public.accounts.created_at is 'When the row was created.';
comment on column public.accounts.updated_at is 'When the row was last changed; a trigger sets it.';
create index accounts_profile on public.accounts (profile_id, org_id);

alter table public.accounts enable row level security;
create policy "Accounts are visible to the organization" on public.accounts
  for select to authenticated
  using (org_id = (select private.my_org_id()));
create policy "Accounts are added by the organization" on public.accounts
  for insert to authenticated
  with check (org_id = (select private.my_org_id()));
-- The check names no owner: the owner of a record may hand it to a colleague.
create policy "Accounts are changed by their owner and by admins" on public.accounts
  for update to authenticated
  using (org_id = (select private.my_org_id())
         and (profile_id = (select auth.uid()) or (select private.is_org_admin())))
  with check (org_id = (select private.my_org_id()));
create policy "Accounts are deleted by admins" on public.accounts
  for delete to authenticated
  using (org_id = (select private.my_org_id()) and (select private.is_org_admin()));

create trigger accounts_touch before update on public.accounts
  for each row execute function private.touch_updated_at();
create trigger accounts_keep_key before update on public.accounts
  for each row when ((old.account_id, old.org_id) is distinct from (new.account_id, new.org_id))
  execute function private.refuse_change('account_id, org_id', 'A record stays in its organization.');

grant select, delete on public.accounts to authenticated;
grant
  insert (account_id, org_id, account_name, profile_id, account_type),
  update (account_id, org_id, account_name, profile_id, account_type)
  on public.accounts to authenticated;
grant select, insert, update, delete on public.accounts to service_role;
