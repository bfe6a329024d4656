-- Opportunities: possible sales to an account, and the history of their stages.

set lock_timeout = '5s';
set statement_timeout = '30s';

create type public.opportunity_stage as enum (
  'Opportunity', 'Discovery', 'Objectives', 'Present Solution', 'Economic Buyer Identified',
  'Economic Buyer Validation', 'Validation Completed', 'Deal Imminent',
  'Closed Won', 'Closed Lost', 'Closed No Decision');
comment on type public.opportunity_stage is 'Stages of a sale, in their order.';
create type public.forecast_category as enum ('Pipeline', 'Upside', 'Expect', 'Commit', 'Closed');
comment on type public.forecast_category is 'How sure the seller is.';

create function private.is_closed(stage public.opportunity_stage) returns boolean
language plpgsql immutable set search_path = '' as $$
begin
  return stage in ('Closed Won', 'Closed Lost', 'Closed No Decision');
end $$;
comment on function private.is_closed(public.opportunity_stage) is 'Whether a sale in this stage is closed.';
grant execute on function private.is_closed(public.opportunity_stage) to authenticated, service_role;

create table public.opportunities (
  opportunity_id    uuid primary key default gen_random_uuid(),
  org_id            uuid not null default private.my_org_id()
                    references public.organizations (org_id) on delete cascade,
  opportunity_name  text not null,
  account_id        uuid not null,
  profile_id        uuid default auth.uid(),
  stage             public.opportunity_stage not null default 'Opportunity',
  forecast_category public.forecast_category not null default 'Pipeline',
  acv               numeric(15,2),
  currency_code     char(3) not null default 'KRW',
  close_date        date,
  description       text,
  created_at        timestamptz not null default now(),
  updated_at        timestamptz not null default now(),
  constraint opportunities_in_org unique (opportunity_id, org_id),
  constraint opportunities_account_in_org foreign key (account_id, org_id)
    references public.accounts (account_id, org_id) on delete cascade,
  constraint opportunities_owner_in_org foreign key (profile_id, org_id)
    references public.profiles (profile_id, org_id) on delete set null (profile_id),
  constraint opportunities_opportunity_name_length check (char_length(btrim(opportunity_name)) between 1 and 200),
  constraint opportunities_acv_not_negative check (acv >= 0 and acv <> 'NaN'),
  constraint opportunities_close_date_in_range check (private.is_calendar_day(close_date)),
  constraint opportunities_currency_code_form check (currency_code ~ '^[A-Z]{3}$'),
  constraint opportunities_description_length check (char_length(description) <= 20000)
);
comment on table public.opportunities is 'A possible sale to an account.';
comment on column public.opportunities.opportunity_id is 'Key.';
comment on column public.opportunities.org_id is 'Organization; filled in by default.';
comment on column public.opportunities.opportunity_name is 'Name of the deal.';
comment on column public.opportunities.account_id is 'Account it would be sold to.';
comment on column public.opportunities.profile_id is
  'Owner of the record; the caller by default, null once that person''s account is deleted.';
comment on column public.opportunities.stage is
  'Stage of the sale; every change is recorded in opportunity_stage_events.';
comment on column public.opportunities.forecast_category is
  'How sure the seller is; a trigger sets Closed exactly when the stage is closed.';
comment on column public.opportunities.acv is
  'Annual contract value in currency_code. Never add up values of different currencies.';
comment on column public.opportunities.currency_code is 'ISO 4217 code of acv.';
comment on column public.opportunities.close_date is 'Day the deal is expected to close, or closed.';
comment on column public.opportunities.description is 'Free text.';
comment on column public.opportunities.created_at is 'When the row was created.';
comment on column public.opportunities.updated_at is 'When the row was last changed; a trigger sets it.';
create index opportunities_org_stage on public.opportunities (org_id, stage);
create index opportunities_account on public.opportunities (account_id, org_id);
create index opportunities_profile on public.opportunities (profile_id, org_id);

create table public.opportunity_stage_events (
  event_id       bigint generated always as identity primary key,
  opportunity_id uuid not null,
  org_id         uuid not null,
  old_stage      public.opportunity_stage,
  new_stage      public.opportunity_stage not null,
  actor          uuid,
  created_at     timestamptz not null default now(),
  constraint opportunity_stage_events_of_opportunity foreign key (opportunity_id, org_id)
    references public.opportunities (opportunity_id, org_id) on delete cascade
);
comment on table public.opportunity_stage_events is
  'Append-only: every stage an opportunity has been in. Written by trigger.';
comment on column public.opportunity_stage_events.event_id is 'Key; grows, so it gives the order within one moment.';
comment on column public.opportunity_stage_events.opportunity_id is 'Opportunity that changed.';
comment on column public.opportunity_stage_events.org_id is 'Its organization.';
comment on column public.opportunity_stage_events.old_stage is 'Stage before; null when the opportunity was created.';
comment on column public.opportunity_stage_events.new_stage is 'Stage from then on.';
comment on column public.opportunity_stage_events.actor is
  'Who changed it; null for the system. Stays after that person''s account is deleted.';
comment on column public.opportunity_stage_events.created_at is 'When it changed.';
create index opportunity_stage_events_opportunity on public.opportunity_stage_events (opportunity_id, org_id, event_id);
create index opportunity_stage_events_org on public.opportunity_stage_events (org_id, created_at);

alter table public.opportunities enable row level security;
create policy "Opportunities are visible to the organization" on public.opportunities
  for select to authenticated
  using (org_id = (select private.my_org_id()));
create policy "Opportunities are added by the organization" on public.opportunities
  for insert to authenticated
  with check (org_id = (select private.my_org_id()));
create policy "Opportunities are changed by their owner and by admins" on public.opportunities
  for update to authenticated
  using (org_id = (select private.my_org_id())
         and (profile_id = (select auth.uid()) or (select private.is_org_admin())))
  with check (org_id = (select private.my_org_id()));
create policy "Opportunities are deleted by admins" on public.opportunities
  for delete to authenticated
  using (org_id = (select private.my_org_id()) and (select private.is_org_admin()));

alter table public.opportunity_stage_events enable row level security;
create policy "Stage history is visible to the organization" on public.opportunity_stage_events
  for select to authenticated
  using (org_id = (select private.my_org_id()));

create function private.match_forecast_category() returns trigger
language plpgsql set search_path = '' as $$
begin
  if private.is_closed(new.stage) then
    new.forecast_category := 'Closed';
  elsif new.forecast_category = 'Closed' then
    new.forecast_category := 'Pipeline';
  end if;
  return new;
end $$;
comment on function private.match_forecast_category() is
  'Trigger: the forecast category is Closed exactly when the stage is closed; a reopened deal returns to Pipeline.';

create function private.record_stage_change() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  if tg_op = 'INSERT' or old.stage is distinct from new.stage then
    insert into public.opportunity_stage_events (opportunity_id, org_id, old_stage, new_stage, actor)
    values (new.opportunity_id, new.org_id, case tg_op when 'UPDATE' then old.stage end, new.stage, auth.uid());
  end if;
  if new.stage = 'Closed Won' then
    update public.accounts a set account_type = 'Customer'
    where a.account_id = new.account_id and a.account_type = 'Prospect';
  end if;
  return null;
end $$;
comment on function private.record_stage_change() is
  'Trigger: records the stage, and turns a Prospect into a Customer when a deal is won. Definer: nobody may write the '
  'history, and the seller needn''t own the account.';

create trigger opportunities_match_forecast before insert or update on public.opportunities
  for each row execute function private.match_forecast_category();
create trigger opportunities_record_creation after insert on public.opportunities
  for each row execute function private.record_stage_change();
create trigger opportunities_record_stage after update on public.opportunities
  for each row when (old.stage is distinct from new.stage or old.account_id is distinct from new.account_id)
  execute function private.record_stage_change();
create trigger opportunities_touch before update on public.opportunities
  for each row execute function private.touch_updated_at();
create trigger opportunities_keep_key before update on public.opportunities
  for each row when ((old.opportunity_id, old.org_id) is distinct from (new.opportunity_id, new.org_id))
  execute function private.refuse_change('opportunity_id, org_id', 'A record stays in its organization.');

grant select, delete on public.opportunities to authenticated;
grant
  insert (
    opportunity_id, org_id, opportunity_name, account_id, profile_id, stage, forecast_category, acv,
    currency_code, close_date, description),
  update (
    opportunity_id, org_id, opportunity_name, account_id, profile_id, stage, forecast_category, acv,
    currency_code, close_date, description)
  on public.opportunities to authenticated;
grant select, insert, update, delete on public.opportunities to service_role;
grant select on public.opportunity_stage_events to authenticated, service_role;
