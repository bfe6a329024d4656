-- Account types: a won deal makes a Prospect a Customer; without its last won deal it is a Prospect again.
--
-- Prospect -> Customer: a deal of the account is won, or a won deal is moved to it.
-- Customer -> Prospect: its last won deal is reopened, lost, deleted or moved to another account; only if a won deal
-- made it a Customer. A type that a person chose stays: is_customer_by_deal tells them apart.

set lock_timeout = '5s';
set statement_timeout = '30s';

alter table public.accounts add column is_customer_by_deal boolean not null default false;
comment on column public.accounts.is_customer_by_deal is
  'Whether a won deal made the account a Customer: then it becomes a Prospect again with its last won deal gone. False '
  'once a person changes account_type, which no deal takes back. Written by triggers.';
comment on column public.accounts.account_type is
  'A Prospect becomes a Customer when a deal of it is won, and a Prospect again when its last won deal is reopened, '
  'lost, deleted or moved to another account. A Customer or Partner that a person made it stays one.';

-- Until now nobody kept how an account became a Customer: one with a won deal most likely did by it. The rows aren't
-- stamped as changed, since what they say is as old as before.
alter table public.accounts disable trigger accounts_touch;
update public.accounts a set is_customer_by_deal = true
where a.account_type = 'Customer' and exists (
  select from public.opportunities o
  where o.account_id = a.account_id and o.org_id = a.org_id and o.stage = 'Closed Won');
alter table public.accounts enable trigger accounts_touch;

create function private.keep_chosen_type() returns trigger
language plpgsql set search_path = '' as $$
begin
  new.is_customer_by_deal := false;
  return new;
end $$;
comment on function private.keep_chosen_type() is
  'Trigger: an account whose type a person writes isn''t a Customer by a deal. A deal writes the type together with '
  'is_customer_by_deal (private.match_account_types), so the trigger''s condition leaves that alone.';

create trigger accounts_keep_chosen_type before update on public.accounts
  for each row when (old.account_type is distinct from new.account_type
    and old.is_customer_by_deal is not distinct from new.is_customer_by_deal)
  execute function private.keep_chosen_type();

create or replace function private.record_stage_change() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  insert into public.opportunity_stage_events (opportunity_id, org_id, old_stage, new_stage, actor)
  values (new.opportunity_id, new.org_id, case tg_op when 'UPDATE' then old.stage end, new.stage, auth.uid());
  return null;
end $$;
comment on function private.record_stage_change() is
  'Trigger: records the stage. Definer: nobody may write the history.';

drop trigger opportunities_record_stage on public.opportunities;
create trigger opportunities_record_stage after update on public.opportunities
  for each row when (old.stage is distinct from new.stage)
  execute function private.record_stage_change();

create function private.match_account_type(account uuid, org uuid, gained boolean) returns void
language plpgsql set search_path = '' as $$
begin
  -- With the lock two that each take back one of the last two won deals wait for each other: the second sees that none
  -- is left.
  perform from public.accounts a where a.account_id = account and a.org_id = org for no key update;
  if gained then
    update public.accounts a set account_type = 'Customer', is_customer_by_deal = true
    where a.account_id = account and a.org_id = org and a.account_type = 'Prospect';
  else
    update public.accounts a set account_type = 'Prospect', is_customer_by_deal = false
    where a.account_id = account and a.org_id = org and a.is_customer_by_deal
      and not exists (
        select from public.opportunities o
        where o.account_id = a.account_id and o.org_id = a.org_id and o.stage = 'Closed Won');
  end if;
end $$;
comment on function private.match_account_type(uuid, uuid, boolean) is
  'Makes a Prospect that gained a won deal a Customer, or a Customer by a deal that has none left a Prospect. Runs '
  'with its caller''s rights: only definer functions call it.';

create function private.match_account_types() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  -- In the order of the keys: two statements that change deals of the same accounts wait for each other, instead of
  -- one of them failing with a deadlock.
  if tg_op = 'INSERT' then
    perform private.match_account_type(c.account_id, c.org_id, true)
    from (
      select distinct n.account_id, n.org_id from new_rows n where n.stage = 'Closed Won'
      order by n.account_id offset 0) c;
  elsif tg_op = 'DELETE' then
    perform private.match_account_type(c.account_id, c.org_id, false)
    from (
      select distinct o.account_id, o.org_id from old_rows o where o.stage = 'Closed Won'
      order by o.account_id offset 0) c;
  else
    perform private.match_account_type(c.account_id, c.org_id, c.gained)
    from (
      select d.account_id, d.org_id, bool_or(d.gained) as gained
      from (
        select n.account_id, n.org_id, true as gained
        from new_rows n join old_rows o on o.opportunity_id = n.opportunity_id
        where n.stage = 'Closed Won' and (o.stage <> 'Closed Won' or o.account_id <> n.account_id)
        union all
        select o.account_id, o.org_id, false
        from old_rows o join new_rows n on n.opportunity_id = o.opportunity_id
        where o.stage = 'Closed Won' and (n.stage <> 'Closed Won' or n.account_id <> o.account_id)) d
      group by d.account_id, d.org_id
      order by d.account_id offset 0) c;
  end if;
  return null;
end $$;
comment on function private.match_account_types() is
  'Trigger: settles the type of each account that gained or lost a won deal by a statement. Definer: the seller '
  'needn''t own the account.';

create trigger opportunities_match_types_of_new after insert on public.opportunities
  referencing new table as new_rows
  for each statement execute function private.match_account_types();
create trigger opportunities_match_types_of_changed after update on public.opportunities
  referencing old table as old_rows new table as new_rows
  for each statement execute function private.match_account_types();
create trigger opportunities_match_types_of_deleted after delete on public.opportunities
  referencing old table as old_rows
  for each statement execute function private.match_account_types();
