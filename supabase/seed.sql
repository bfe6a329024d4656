-- Demo data: 물결소프트 in Seoul, a team in the middle of its fourth sprint, and Harbor Labs
-- in Los Angeles, which must see nothing of it. Everybody's password is mysingle-demo;
-- start with demo@mysingle.test. For development only: never seed a production database.
--
-- Every date is relative to the day of seeding, in working days of the organization. Keys are
-- fixed: 5eed000K-0000-4000-8000-<number>, K being 1 organization, 2 person, 3 account,
-- 4 opportunity, 5 project, 6 sprint, 7 task; keys of other rows derive from these.
--
-- One statement, so one transaction whatever sends the file, and no effect at all when the
-- organization is there already. A story below is written as a line; it becomes task_events,
-- and the tasks and snapshots are what these events add up to.

do $seed$
declare
  right_now    constant timestamptz := now();
  demo_org     constant uuid := '5eed0001-0000-4000-8000-000000000001';
  one_password text;
  mark         record;
begin
  if exists (select from public.organizations o where o.org_id = demo_org) then
    return;
  end if;

  create or replace function pg_temp.seed_id(kind int, number int) returns uuid
  language sql immutable strict as $$
    select format('5eed000%s-0000-4000-8000-%s', kind, lpad(number::text, 12, '0'))::uuid
  $$;
  -- A key (in the form of a version 4 UUID) and a number from 0 to n - 1, the same every time.
  create or replace function pg_temp.derived_id(variadic parts text[]) returns uuid
  language sql immutable as $$
    select overlay(overlay(md5(array_to_string(parts, ':')) placing '4' from 13) placing '8' from 17)::uuid
  $$;
  create or replace function pg_temp.pick(key text, n int) returns int
  language sql immutable as $$
    select ('x' || left(md5(key), 7))::bit(28)::int % n
  $$;

  -- Organizations, people, calendar ------------------------------------------------------

  create temp table org on commit drop as
  select v.*, pg_temp.seed_id(1, v.number) as id, (right_now at time zone v.timezone)::date as today
  from (values
    ('mulgyeol', 1, '물결소프트', '소프트웨어 개발사', 'Asia/Seoul', 'ko'),
    ('harbor', 2, 'Harbor Labs', 'Research studio', 'America/Los_Angeles', 'en')
  ) as v (code, number, name, type, timezone, locale);

  create temp table person on commit drop as
  select v.*, pg_temp.seed_id(2, v.number) as id, o.id as org_id,
    (o.today - 330 + v.joined_after + time '09:40') at time zone o.timezone as joined_at
  from (values
    ('seoyeon', 1, 'mulgyeol', 'owner', 'demo@mysingle.test', '서연', '김', '대표, 스크럼 마스터', 'ko', 0),
    ('dohyun', 2, 'mulgyeol', 'admin', 'dohyun@mysingle.test', '도현', '이', '프로젝트 매니저', 'ko', 1),
    ('jiwoo', 3, 'mulgyeol', 'member', 'jiwoo@mysingle.test', '지우', '박', '백엔드 개발자', 'ko', 1),
    ('emily', 4, 'mulgyeol', 'member', 'emily@mysingle.test', 'Emily', 'Carter', 'Frontend developer', 'en', 60),
    ('haeun', 5, 'mulgyeol', 'member', 'haeun@mysingle.test', '하은', '최', '디자이너', 'ko', 14),
    ('woojin', 6, 'mulgyeol', 'member', 'woojin@mysingle.test', '우진', '정', 'QA 엔지니어', 'ko', 75),
    ('daniel', 7, 'mulgyeol', 'member', 'daniel@mysingle.test', 'Daniel', 'Kim', 'Account executive', 'en', 30),
    ('maya', 8, 'harbor', 'owner', 'maya@harborlabs.test', 'Maya', 'Chen', 'Founder', 'en', 0),
    ('jordan', 9, 'harbor', 'admin', 'jordan@harborlabs.test', 'Jordan', 'Reyes', 'Backend engineer', 'en', 2),
    ('priya', 10, 'harbor', 'member', 'priya@harborlabs.test', 'Priya', 'Nair', 'Product engineer', 'en', 45)
  ) as v (code, number, org, org_role, email, first_name, last_name, job_role, lang, joined_after)
  join org o on o.code = v.org;

  if exists (select from auth.users u join person p on lower(u.email) = p.email) then
    raise notice 'demo data left out: somebody has signed up with one of its addresses';
    return;
  end if;

  insert into public.organizations (org_id, org_name, org_type, timezone, locale, created_at, updated_at)
  select o.id, o.name, o.type, o.timezone, o.locale::public.org_locale, at, at
  from org o cross join lateral (select (o.today - 330 + time '09:12') at time zone o.timezone as at) made;

  -- Only those on days that would be worked otherwise.
  insert into public.org_holidays (org_id, holiday_date, name, created_at, updated_at)
  select o.id, v.day::date, v.name, g.created_at, g.created_at
  from (values
    ('mulgyeol', '2026-01-01', '신정'), ('mulgyeol', '2026-02-16', '설날 연휴'),
    ('mulgyeol', '2026-02-17', '설날'), ('mulgyeol', '2026-02-18', '설날 연휴'),
    ('mulgyeol', '2026-03-02', '삼일절 대체공휴일'), ('mulgyeol', '2026-05-01', '노동절'),
    ('mulgyeol', '2026-05-05', '어린이날'), ('mulgyeol', '2026-05-25', '부처님오신날 대체공휴일'),
    ('mulgyeol', '2026-06-03', '전국동시지방선거'), ('mulgyeol', '2026-07-17', '제헌절'),
    ('mulgyeol', '2026-08-17', '광복절 대체공휴일'), ('mulgyeol', '2026-09-24', '추석 연휴'),
    ('mulgyeol', '2026-09-25', '추석'), ('mulgyeol', '2026-10-05', '개천절 대체공휴일'),
    ('mulgyeol', '2026-10-09', '한글날'), ('mulgyeol', '2026-12-25', '성탄절'),
    ('mulgyeol', '2027-01-01', '신정'), ('mulgyeol', '2027-02-08', '설날 연휴'),
    ('mulgyeol', '2027-02-09', '설날 대체공휴일'), ('mulgyeol', '2027-03-01', '삼일절'),
    ('mulgyeol', '2027-05-05', '어린이날'), ('mulgyeol', '2027-05-13', '부처님오신날'),
    ('mulgyeol', '2027-08-16', '광복절 대체공휴일'), ('mulgyeol', '2027-09-14', '추석 연휴'),
    ('mulgyeol', '2027-09-15', '추석'), ('mulgyeol', '2027-09-16', '추석 연휴'),
    ('mulgyeol', '2027-10-04', '개천절 대체공휴일'), ('mulgyeol', '2027-10-11', '한글날 대체공휴일'),
    ('mulgyeol', '2027-12-27', '성탄절 대체공휴일'),
    ('harbor', '2026-11-26', 'Thanksgiving'), ('harbor', '2026-11-27', 'Day after Thanksgiving'),
    ('harbor', '2026-12-25', 'Christmas Day'), ('harbor', '2027-01-01', 'New Year''s Day'),
    ('harbor', '2027-01-18', 'Martin Luther King Jr. Day'), ('harbor', '2027-02-15', 'Presidents'' Day'),
    ('harbor', '2027-05-31', 'Memorial Day'), ('harbor', '2027-06-18', 'Juneteenth (observed)'),
    ('harbor', '2027-07-05', 'Independence Day (observed)'), ('harbor', '2027-09-06', 'Labor Day'),
    ('harbor', '2027-11-25', 'Thanksgiving'), ('harbor', '2027-11-26', 'Day after Thanksgiving'),
    ('harbor', '2027-12-24', 'Christmas Day (observed)')
  ) as v (org, day, name)
  join org o on o.code = v.org
  join public.organizations g on g.org_id = o.id;

  -- Working days by number: -1 is the last one before today, 0 is today or, on a day off, the next.
  create temp table calendar on commit drop as
  select o.code as org, d.day::date as day, o.timezone,
    (row_number() over (partition by o.code order by d.day)
     - count(*) filter (where d.day < o.today) over (partition by o.code) - 1)::int as n
  from org o
  cross join lateral generate_series(o.today - 150, o.today + 60, interval '1 day') as d (day)
  where private.is_working_day(o.id, d.day::date);

  -- Sign-in, profiles, days off ---------------------------------------------------------

  -- From here on no trigger runs, so that a sign-up makes no organization of its own, the
  -- past can be written with its own times, and closed sprints can be filled. Supabase lets
  -- its role postgres set this (as SET, not as set_config). Foreign keys are not checked
  -- either: the seed's test does that.
  set local session_replication_role = replica;

  -- GoTrue and other Auth servers have slightly different tables: insert what is there. GoTrue
  -- can't read nulls in the token columns. Hashed once: bcrypt is slow on purpose.
  one_password := extensions.crypt('mysingle-demo', extensions.gen_salt('bf', 10));
  for mark in
    select 'users' as name, jsonb_agg(jsonb_build_object(
      'instance_id', '00000000-0000-0000-0000-000000000000', 'id', p.id,
      'aud', 'authenticated', 'role', 'authenticated', 'email', p.email, 'encrypted_password', one_password,
      'email_confirmed_at', p.joined_at, 'confirmation_token', '', 'recovery_token', '',
      'email_change', '', 'email_change_token_new', '', 'email_change_token_current', '',
      'email_change_confirm_status', 0, 'phone_change', '', 'phone_change_token', '', 'reauthentication_token', '',
      'raw_app_meta_data', '{"provider": "email", "providers": ["email"]}'::jsonb,
      'raw_user_meta_data', jsonb_build_object('sub', p.id, 'email', p.email, 'email_verified', true,
        'phone_verified', false, 'first_name', p.first_name, 'last_name', p.last_name),
      'is_super_admin', false, 'is_sso_user', false, 'is_anonymous', false,
      'created_at', p.joined_at, 'updated_at', p.joined_at)) as rows
    from person p
    union all
    select 'identities', jsonb_agg(jsonb_build_object(
      'id', pg_temp.derived_id('identity', p.id::text), 'user_id', p.id, 'provider', 'email', 'provider_id', p.id,
      'identity_data', jsonb_build_object('sub', p.id, 'email', p.email, 'email_verified', true, 'phone_verified', false),
      'last_sign_in_at', p.joined_at, 'created_at', p.joined_at, 'updated_at', p.joined_at))
    from person p
  loop
    execute (
      select format('insert into auth.%1$I (%2$s) select %2$s from jsonb_populate_recordset(null::auth.%1$I, $1)',
                    mark.name, string_agg(quote_ident(c.column_name), ', '))
      from information_schema.columns c
      where c.table_schema = 'auth' and c.table_name = mark.name
        and c.is_generated = 'NEVER' and mark.rows -> 0 ? c.column_name::text)
    using mark.rows;
  end loop;

  insert into public.profiles (profile_id, org_id, org_role, username, email, first_name, last_name, job_role, work_email, is_verified, created_at, updated_at)
  select p.id, p.org_id, p.org_role::public.org_role, p.code, p.email, p.first_name, p.last_name, p.job_role,
    case p.code when 'daniel' then 'sales@mulgyeol.example' end, true, p.joined_at, p.joined_at
  from person p;

  create temp table leave on commit drop as
  select v.person, v.first, v.last, p.id as profile_id, p.org_id, f.day as from_date, t.day as to_date,
    (f.day - 9 + time '11:20') at time zone f.timezone as asked_at
  from (values
    ('emily', -30, -30), ('haeun', -18, -17), ('woojin', -1, 1), ('jiwoo', 7, 9), ('priya', -2, -2)
  ) as v (person, first, last)
  join person p on p.code = v.person
  join calendar f on f.org = p.org and f.n = v.first
  join calendar t on t.org = p.org and t.n = v.last;

  insert into public.days_off (day_off_id, profile_id, org_id, from_date, to_date, created_at, updated_at)
  select pg_temp.derived_id('day off', l.profile_id::text, l.first::text), l.profile_id, l.org_id, l.from_date, l.to_date,
    least(l.asked_at, right_now), least(l.asked_at, right_now)
  from leave l;

  -- One open invitation and one that has run out. Nobody knows their tokens.
  insert into public.invitations (invitation_id, org_id, email, org_role, token_hash, expires_at, invited_by, created_at, updated_at)
  select pg_temp.derived_id('invitation', v.email, p.id::text), p.org_id, v.email, 'member',
    extensions.gen_random_bytes(32), sent.at + interval '7 days', p.id, sent.at, sent.at
  from (values
    ('yuna.han@mysingle.test', 'seoyeon', 2), ('minsu.oh@mysingle.test', 'dohyun', 40)
  ) as v (email, by_whom, days_ago)
  join person p on p.code = v.by_whom
  cross join lateral (select right_now - v.days_ago * interval '1 day' as at) sent;

  -- Accounts, opportunities and their stages --------------------------------------------

  create temp table account on commit drop as
  select v.*, pg_temp.seed_id(3, v.number) as id, p.id as profile_id, p.org, p.org_id
  from (values
    ('haeon', 1, '해온물산', 'Customer', 'daniel', 170), ('pacific', 2, 'Pacific Freight Inc.', 'Customer', 'daniel', 150),
    ('cheongram', 3, '청람제약', 'Prospect', 'daniel', 120), ('nuri', 4, '누리로지스', 'Prospect', 'dohyun', 60),
    ('bluebird', 5, 'Bluebird Retail', 'Prospect', 'daniel', 115), ('garam', 6, '가람데이터', 'Partner', 'seoyeon', 180),
    ('solbit', 7, '솔빛교육', 'Prospect', 'seoyeon', 140), ('northgate', 8, 'Northgate Foods', 'Customer', 'daniel', 262),
    ('meridian', 9, 'Port of Meridian', 'Customer', 'maya', 90), ('coastal', 10, 'Coastal Pilots Association', 'Prospect', 'jordan', 35)
  ) as v (code, number, name, type, owner, days_ago)
  join person p on p.code = v.owner;

  insert into public.accounts (account_id, org_id, account_name, profile_id, account_type, created_at, updated_at)
  select a.id, a.org_id, a.name, a.profile_id, a.type::public.account_type, made.at, made.at
  from account a join org o on o.code = a.org
  cross join lateral (select (o.today - a.days_ago + time '10:05') at time zone o.timezone as at) made;

  -- An opportunity went through every stage up to `reached`, then closed or not, from the
  -- first to the last day (days ago).
  create temp table opportunity on commit drop as
  select v.*, pg_temp.seed_id(4, v.number) as id, a.id as account_id, a.org, a.org_id, a.profile_id
  from (values
    (1, '해온물산 고객 포털 구축', 'haeon', 'Deal Imminent', 'Closed Won', 'Closed', 180000000, 'KRW', 165, 96, -96, '거래처가 직접 주문하고 정산을 확인하는 포털. 4개월 구축.'),
    (2, 'Freight EDI integration', 'pacific', 'Deal Imminent', 'Closed Won', 'Closed', 64000, 'USD', 140, 34, -34, 'Exchange purchase orders and ship notices over AS2.'),
    (3, '고객 포털 유지보수 연간 계약', 'haeon', 'Deal Imminent', null, 'Commit', 48000000, 'KRW', 45, 3, 12, '구축이 끝나는 달부터 12개월. 월 2회 배포 포함.'),
    (4, '품질 문서 관리 시스템', 'cheongram', 'Economic Buyer Validation', null, 'Expect', 95000000, 'KRW', 75, 8, 40, 'GMP 문서의 개정과 승인 이력 관리.'),
    (5, '배차 최적화 컨설팅', 'nuri', 'Discovery', null, 'Pipeline', 30000000, 'KRW', 30, 16, 75, null),
    (6, 'Store inventory dashboard', 'bluebird', 'Present Solution', null, 'Upside', 42000, 'USD', 52, 6, 55, 'Demo given to the operations team; they asked for a pilot in three stores.'),
    (7, '데이터 분석 공동 제안', 'garam', 'Objectives', null, 'Pipeline', 25000000, 'KRW', 40, 11, 90, '공공 데이터 과제에 함께 제안.'),
    (8, '학습 관리 포털', 'solbit', 'Economic Buyer Identified', 'Closed Lost', 'Closed', 70000000, 'KRW', 130, 58, -58, '예산이 다음 학년도로 밀리면서 기존 업체와 재계약.'),
    (9, 'Warehouse scanner app', 'pacific', 'Economic Buyer Identified', null, 'Upside', 38000, 'USD', 28, 2, 48, 'Follow-up to the EDI work.'),
    (10, '임상 자료 수집 화면', 'cheongram', 'Objectives', 'Closed No Decision', 'Closed', 55000000, 'KRW', 118, 64, -64, '담당 조직이 바뀌어 보류.'),
    (11, '모바일 주문 앱', 'haeon', 'Validation Completed', null, 'Commit', 120000000, 'KRW', 50, 5, 30, '포털과 같은 계정으로 쓰는 현장 주문 앱.'),
    (12, '정기 배송 알림 서비스', 'nuri', 'Opportunity', null, 'Pipeline', null, 'KRW', 4, 4, 100, null),
    (13, 'Supplier portal', 'northgate', 'Deal Imminent', 'Closed Won', 'Closed', 51500, 'USD', 260, 190, -190, null),
    (14, 'Loyalty program pilot', 'bluebird', 'Discovery', 'Closed Lost', 'Closed', 15000, 'USD', 110, 85, -85, 'Went with a point-of-sale vendor.'),
    (15, 'Berth planning tool', 'meridian', 'Deal Imminent', 'Closed Won', 'Closed', 90000, 'USD', 85, 45, -45, null),
    (16, 'Pilot roster', 'coastal', 'Discovery', null, 'Pipeline', 12000, 'USD', 30, 9, 60, null)
  ) as v (number, name, account, reached, closed, forecast, acv, currency, first_ago, last_ago, close_in, description)
  join account a on a.code = v.account;

  create temp table stage_change on commit drop as
  select w.id, w.org_id, w.profile_id, w.stage,
    (w.day - greatest(extract(isodow from w.day)::int - 5, 0)
     + make_time(8 + w.step, pg_temp.pick(w.id || w.stage::text, 60), 0)) at time zone w.timezone as at
  from (
    select p.id, p.org_id, p.profile_id, p.stage, p.step, o.timezone,
      -- Evenly from the first day to the last; weekends fall back to Friday, hours rise with the step.
      o.today - p.first_ago + ((p.first_ago - p.last_ago) * (p.step - 1) / greatest(p.steps - 1, 1))::int as day
    from (
      select q.*, s.stage, row_number() over w::int as step, count(*) over (partition by q.id)::int as steps
      from opportunity q
      join unnest(enum_range(null::public.opportunity_stage)) as s (stage)
        on s.stage <= q.reached::public.opportunity_stage or s.stage = q.closed::public.opportunity_stage
      window w as (partition by q.id order by s.stage)
    ) p join org o on o.code = p.org
  ) w;

  insert into public.opportunities (opportunity_id, org_id, opportunity_name, account_id, profile_id, stage, forecast_category,
    acv, currency_code, close_date, description, created_at, updated_at)
  select q.id, q.org_id, q.name, q.account_id, q.profile_id, coalesce(q.closed, q.reached)::public.opportunity_stage,
    q.forecast::public.forecast_category, q.acv, q.currency, o.today + q.close_in, q.description, c.first_at, c.last_at
  from opportunity q join org o on o.code = q.org
  join (select id, min(at) as first_at, max(at) as last_at from stage_change group by id) c on c.id = q.id;

  insert into public.opportunity_stage_events (opportunity_id, org_id, old_stage, new_stage, actor, created_at)
  select c.id, c.org_id, lag(c.stage) over (partition by c.id order by c.at), c.stage, c.profile_id, c.at
  from stage_change c order by c.at;

  -- Projects, members, sprints ----------------------------------------------------------

  create temp table project on commit drop as
  select v.*, pg_temp.seed_id(5, v.number) as id, l.id as lead_id, m.id as master_id, l.org, l.org_id,
    (c.day + time '10:20') at time zone c.timezone as made_at
  from (values
    ('portal', 1, '해온물산 고객 포털', 'haeon', 1, 'dohyun', 'seoyeon', -45, '거래처가 직접 주문하고, 배송을 추적하고, 정산 내역을 확인하는 포털.'),
    ('edi', 2, 'Pacific Freight EDI 연동', 'pacific', 2, 'daniel', 'jiwoo', -14, 'Purchase orders and ship notices between our customers and Pacific Freight.'),
    ('berths', 3, 'Berth planner', 'meridian', 15, 'maya', 'jordan', -20, 'Which vessel may lie at which berth, tide by tide.')
  ) as v (code, number, name, account, opportunity, lead, master, made_on, description)
  join person l on l.code = v.lead
  join person m on m.code = v.master
  join calendar c on c.org = l.org and c.n = v.made_on;

  insert into public.projects (project_id, org_id, project_name, account_id, opportunity_id, profile_id, description, created_at, updated_at)
  select p.id, p.org_id, p.name, a.id, q.id, p.lead_id, p.description, p.made_at, p.made_at
  from project p join account a on a.code = p.account join opportunity q on q.number = p.opportunity;

  create temp table member on commit drop as
  select v.project, v.person, v.role, p.id as profile_id, p.org, p.org_id, j.id as project_id, p.lang,
    j.made_at + v.place * interval '7 minutes' as joined_at
  from (values
    ('portal', 'dohyun', 'manager', 0), ('portal', 'seoyeon', 'scrum_master', 1), ('portal', 'jiwoo', 'member', 2),
    ('portal', 'emily', 'member', 3), ('portal', 'haeun', 'member', 4), ('portal', 'woojin', 'member', 5), ('portal', 'daniel', 'viewer', 6),
    ('edi', 'daniel', 'manager', 0), ('edi', 'jiwoo', 'scrum_master', 1), ('edi', 'emily', 'member', 2), ('edi', 'haeun', 'viewer', 3),
    ('berths', 'maya', 'manager', 0), ('berths', 'jordan', 'scrum_master', 1), ('berths', 'priya', 'member', 2)
  ) as v (project, person, role, place)
  join person p on p.code = v.person
  join project j on j.code = v.project;

  insert into public.project_members (project_id, profile_id, org_id, role, joined_at, created_at, updated_at)
  select m.project_id, m.profile_id, m.org_id, m.role::public.project_role, m.joined_at, m.joined_at, m.joined_at
  from member m;

  -- From working day `first` to `last`; started at 9:20, closed at 17:59. What isn't done by
  -- then goes to the sprint `carry_to`, or to the backlog.
  create temp table sprint on commit drop as
  select v.*, pg_temp.seed_id(6, v.number) as id, p.id as project_id, p.org, f.day as start_date, l.day as end_date,
    case when v.status <> 'Planned' then (f.day + time '09:20') at time zone f.timezone end as started_at,
    case when v.status = 'Completed' then (l.day + time '17:59') at time zone l.timezone end as completed_at,
    (c.day + time '10:40') at time zone c.timezone as made_at
  from (values
    ('s1', 1, 'portal', -35, -26, 'Completed', 's2', '1차: 로그인과 계정', '거래처 담당자가 스스로 로그인하고 계정을 관리한다.'),
    ('s2', 2, 'portal', -25, -16, 'Completed', null, '2차: 상품과 주문', '거래처별 단가로 상품을 찾아 주문까지 마친다.'),
    ('s3', 3, 'portal', -15, -6, 'Completed', 's4', '3차: 결제와 정산', '주문을 결제하고 거래 명세서와 세금계산서를 받는다.'),
    ('s4', 4, 'portal', -5, 4, 'Active', null, '4차: 배송 추적과 알림', '주문한 물건이 어디 있는지 묻지 않아도 알 수 있다.'),
    ('s5', 5, 'portal', 5, 14, 'Planned', null, '5차: 관리자 통계', '관리자가 거래처별 매출과 정산 현황을 한눈에 본다.'),
    ('n1', 6, 'edi', 3, 12, 'Planned', null, 'EDI 1: ship notices', 'The first purchase order comes in and its ship notice goes out.'),
    ('h1', 7, 'berths', -5, 4, 'Active', null, 'Sprint 1: tides and drafts', 'A planner sees at a glance which berths are deep enough today.')
  ) as v (code, number, project, first, last, status, carry_to, name, goal)
  join project p on p.code = v.project
  join calendar f on f.org = p.org and f.n = v.first
  join calendar l on l.org = p.org and l.n = v.last
  join calendar c on c.org = p.org and c.n = least(v.first, 0) - 8;

  insert into public.sprints (sprint_id, project_id, sprint_name, goal, start_date, end_date, status, started_at, completed_at, created_at, updated_at)
  select s.id, s.project_id, s.name, s.goal, s.start_date, s.end_date, s.status::public.sprint_status,
    s.started_at, s.completed_at, s.made_at, coalesce(s.completed_at, s.started_at, s.made_at)
  from sprint s;

  -- Stories -----------------------------------------------------------------------------
  -- number, sprint, name, priority, points, assignee, creator, timeline. A step of the timeline
  -- is "day:hour verb", day 1 being the first working day of that sprint. Verbs:
  --   new, idea     made in the sprint, in the backlog
  --   sched go review block hold done cancel    the status from then on
  --   =8 @jiwoo >s3 >backlog delete             points, assignee, sprint, gone
  -- What is left over when a sprint closes is carried over without a step.

  create temp table story on commit drop as
  select v.number, v.base, v.name, v.priority, v.points::numeric(5,1) as points, v.assignee, v.creator, v.timeline,
    pg_temp.seed_id(7, v.number) as id
  from (values
    (101, 's1', '이메일 로그인 API', 'High', 5, 'jiwoo', 'dohyun', '0:15 new, 1:10 go, 3:17 review, 4:13 done'),
    (102, 's1', '비밀번호 재설정 메일 발송', 'Medium', 3, 'jiwoo', 'dohyun', '-1:16 new, 1:10 sched, 4:11 go, 5:17 review, 6:14 done'),
    (103, 's1', '로그인 시도 제한과 계정 잠금', 'Medium', 2, 'jiwoo', 'jiwoo', '0:17 new, 1:11 sched, 6:11 go, 7:12 review, 7:17 done'),
    (104, 's1', '세션 만료 시간 설정', 'Low', 1, 'jiwoo', 'jiwoo', '0:14 new, 1:12 sched, 7:13 go, 7:17 review, 8:12 done'),
    (105, 's1', '사업자등록번호 조회 연동', 'High', 3, 'jiwoo', 'dohyun', '4:13 new, 5:10 go, 6:11 block, 12:11 go, 13:14 review, 13:17 done'),
    (106, 's1', 'Sign-in screen', 'High', 3, 'emily', 'dohyun', '0:16 new, 1:10 go, 2:16 review, 3:13 done'),
    (107, 's1', 'Password reset screens', 'Medium', 3, 'emily', 'emily', '0:15 new, 1:11 sched, 3:10 go, 5:14 review, 5:17 done, 7:11 go, 8:10 review, 8:15 done'),
    (108, 's1', 'Form validation messages in Korean and English', 'Medium', 2, 'emily', 'emily', '-1:14 new, 1:10 sched, 2:17 go, 4:11 review, 4:13 done'),
    (109, 's1', 'Responsive layout for the sign-in flow', 'Low', 1, 'emily', 'emily', '0:15 new, 1:11 sched, 4:12 go, 4:16 review, 5:12 done'),
    (110, 's1', 'Account settings page', 'Medium', 5, 'emily', 'dohyun', '0:16 new, 1:12 sched, 9:13 go, 11:13 review, 12:14 done'),
    (111, 's1', '포털 디자인 시스템: 색과 글꼴', 'High', 5, 'haeun', 'haeun', '-1:17 new, 1:10 go, 3:17 review, 4:15 done'),
    (112, 's1', '로그인 화면 시안', 'High', 2, 'haeun', 'dohyun', '0:14 new, 1:11 sched, 4:11 go, 5:12 review, 5:14 done'),
    (113, 's1', '계정 설정 화면 시안', 'Medium', 3, 'haeun', 'dohyun', '0:15 new, 1:12 sched, 5:13 go, 7:12 review, 7:15 done'),
    (114, 's1', '오류 화면 그림', 'Low', 2, 'haeun', 'haeun', '-1:16 new, 1:10 sched, 7:13 go, 8:14 review, 9:11 done'),
    (115, 's1', '스테이징 배포 자동화', 'High', 3, 'woojin', 'woojin', '0:14 new, 1:10 go, 3:14 =5, 4:15 review, 5:11 done'),
    (116, 's1', '로그인 시험 시나리오 작성', 'Medium', 2, 'woojin', 'dohyun', '-1:14 new, 1:12 sched, 5:12 go, 6:14 review, 6:16 done'),
    (117, 's1', '접속 기록 수집', 'Medium', 3, 'woojin', 'woojin', '-1:15 new, 1:12 sched, 6:17 go, 8:16 review, 9:11 done'),
    (118, 's1', '로그인 회귀 시험', 'Medium', 3, 'woojin', 'woojin', '0:16 new, 1:12 sched, 9:14 go, 11:14 review, 12:10 done'),
    (119, 's1', '해온물산 계정 이관 목록 확정', 'High', 2, 'dohyun', 'dohyun', '-1:11 new, 1:14 go, 3:11 review, 4:10 done'),
    (120, 's1', '개인정보 처리방침 문구 검토', 'Medium', 1, 'dohyun', 'seoyeon', '0:11 new, 1:11 sched, 5:10 go, 5:16 done'),
    (121, 's1', '1차 시연 자료 준비', 'Medium', 1, 'seoyeon', 'seoyeon', '0:14 new, 1:11 sched, 9:10 go, 10:11 done'),
    (122, 's1', '소셜 로그인 검토', 'Low', 2, 'jiwoo', 'dohyun', '0:13 new, 3:14 cancel'),
    (123, 's1', '다국어 기초 작업', 'Low', 5, 'emily', 'emily', '-1:16 new, 5:11 >backlog'),
    (124, 's1', '휴면 계정 안내 문구', 'Low', null, 'haeun', 'dohyun', '2:13 new, 8:10 go, 8:16 done'),
    (201, 's2', '상품 목록 API와 검색', 'High', 5, 'jiwoo', 'dohyun', '-1:15 new, 1:10 go, 3:17 review, 4:13 done'),
    (202, 's2', '거래처별 단가표 조회 API', 'High', 5, 'jiwoo', 'dohyun', '-1:14 new, 1:11 sched, 4:11 go, 5:15 =8, 7:17 review, 8:13 done'),
    (203, 's2', '주문 생성 트랜잭션', 'Urgent', 3, 'jiwoo', 'jiwoo', '0:14 new, 1:11 sched, 8:10 go, 9:16 review, 10:12 done'),
    (204, 's2', '주문 번호 체계', 'Medium', 1, 'jiwoo', 'dohyun', '0:15 new, 1:11 sched, 3:11 go, 3:16 done'),
    (205, 's2', '대량 주문 엑셀 올리기', 'Medium', 5, 'jiwoo', 'dohyun', '5:14 new, 9:17 go, 11:15 >s3, 15:11 review, 16:11 done'),
    (206, 's2', 'Product list with filters', 'High', 5, 'emily', 'dohyun', '0:16 new, 1:10 go, 3:17 review, 4:14 done'),
    (207, 's2', 'Cart page', 'High', 5, 'emily', 'dohyun', '0:16 new, 1:12 sched, 4:14 go, 7:10 review, 7:15 done, 8:11 go, 9:10 review, 9:15 done'),
    (208, 's2', 'Order confirmation screen', 'Medium', 3, 'emily', 'emily', '0:16 new, 1:12 sched, 8:16 go, 10:11 review, 10:16 done'),
    (209, 's2', 'Empty and loading states', 'Low', 1, 'emily', 'emily', '0:17 new, 1:12 sched, 7:11 go, 7:16 review, 8:14 done'),
    (210, 's2', '상품 목록 시안', 'High', 3, 'haeun', 'dohyun', '-1:16 new, 1:10 go, 2:16 review, 3:13 done'),
    (211, 's2', '장바구니와 주문 화면 시안', 'High', 5, 'haeun', 'dohyun', '0:17 new, 1:11 sched, 2:17 go, 5:17 review, 6:15 done'),
    (212, 's2', '아이콘 묶음 정리', 'Low', 1, 'haeun', 'haeun', '0:14 new, 1:12 sched, 6:11 go, 6:15 review, 6:17 done'),
    (213, 's2', '모바일 주문 화면 시안', 'Medium', 2, 'haeun', 'haeun', '0:14 new, 1:10 sched, 7:14 go, 10:11 review, 10:14 done'),
    (214, 's2', '상품 자료 이관 스크립트', 'High', 5, 'woojin', 'dohyun', '-1:17 new, 1:13 sched, 3:10 go, 5:16 block, 6:15 go, 7:14 review, 8:11 done'),
    (215, 's2', '주문 시험 시나리오 작성', 'Medium', 2, 'woojin', 'woojin', '0:14 new, 1:12 sched, 2:10 go, 2:16 review, 3:11 done'),
    (216, 's2', '이미지 올리기 용량 제한', 'Low', 2, 'woojin', 'woojin', '-1:15 new, 1:12 sched, 7:15 go, 8:15 review, 9:10 done'),
    (217, 's2', '주문 API 부하 시험', 'Medium', 3, 'woojin', 'jiwoo', '0:16 new, 1:12 sched, 9:11 go, 10:10 review, 10:18 >s3, 11:14 done'),
    (218, 's2', '단가표 예외 규칙 정리', 'High', 2, 'dohyun', 'dohyun', '-2:14 new, 1:10 go, 2:15 review, 3:11 done'),
    (219, 's2', '이관 자료 검수', 'Medium', 2, 'dohyun', 'woojin', '0:15 new, 1:13 sched, 8:13 go, 9:14 review, 9:17 done'),
    (220, 's2', '고객사 중간 점검 회의 준비', 'Medium', 1, 'seoyeon', 'seoyeon', '0:11 new, 1:11 sched, 4:14 go, 5:11 done'),
    (221, 's2', '재주문 추천 검토', 'Low', 3, 'emily', 'seoyeon', '0:12 new, 4:15 cancel'),
    (222, 's2', '주문 이력 내려받기', 'Low', 3, 'emily', 'dohyun', '3:14 new, 6:11 >backlog'),
    (223, 's2', '상품 비교 기능 (중복 등록)', 'Low', 2, 'emily', 'dohyun', '-1:13 new, 4:10 delete'),
    (224, 's2', '운영 인증서 갱신', 'High', null, 'woojin', 'woojin', '5:11 new, 6:10 go, 6:14 done'),
    (301, 's3', '결제 대행사 연동', 'Urgent', 8, 'jiwoo', 'dohyun', '-1:14 new, 1:10 go, 3:11 block, 4:14 go, 6:15 review, 7:11 done'),
    (302, 's3', '환불 처리', 'High', 3, 'jiwoo', 'dohyun', '0:14 new, 1:11 sched, 7:13 go, 8:16 review, 9:11 done'),
    (303, 's3', '결제 실패 재시도', 'Medium', 3, 'jiwoo', 'jiwoo', '0:15 new, 1:11 sched, 3:13 go, 4:11 review, 4:13 done'),
    (304, 's3', '세금계산서 발행 API', 'High', 5, 'jiwoo', 'dohyun', '0:15 new, 1:11 sched, 9:14 go, 12:15 review, 13:10 done'),
    (305, 's3', '부가세 반올림 오류 수정', 'Urgent', 2, 'jiwoo', 'woojin', '6:11 new, 7:15 go, 8:10 review, 8:14 done'),
    (306, 's3', 'Checkout page', 'High', 5, 'emily', 'dohyun', '-1:16 new, 1:10 go, 3:17 review, 4:14 done'),
    (307, 's3', 'Payment result screens', 'Medium', 3, 'emily', 'emily', '0:17 new, 1:11 sched, 4:11 go, 5:17 review, 6:15 done'),
    (308, 's3', 'Invoice list', 'Medium', 3, 'emily', 'dohyun', '0:16 new, 1:12 sched, 6:14 go, 8:11 review, 8:16 done'),
    (309, 's3', 'Fix: cart total rounds differently from the server', 'High', 1, 'emily', 'woojin', '6:12 new, 8:13 go, 9:10 review, 9:13 done'),
    (310, 's3', 'Saved payment methods', 'Low', 3, 'emily', 'emily', '0:17 new, 1:12 sched, 9:15 go, 12:11 hold'),
    (311, 's3', '결제 화면 시안', 'High', 3, 'haeun', 'dohyun', '0:17 new, 1:10 go, 2:16 review, 3:14 done'),
    (312, 's3', '거래 명세서 양식', 'Medium', 3, 'haeun', 'dohyun', '-1:14 new, 1:10 sched, 2:17 go, 4:16 review, 5:11 done'),
    (313, 's3', '접근성 점검표', 'Low', 2, 'haeun', 'haeun', '0:15 new, 1:11 sched, 4:17 go, 6:11 review, 6:14 done'),
    (314, 's3', '결제 모의 서버 구성', 'High', 3, 'woojin', 'woojin', '0:16 new, 1:10 go, 2:16 review, 3:13 done'),
    (315, 's3', '정산 배치 검증', 'High', 3, 'woojin', 'dohyun', '-1:17 new, 1:10 sched, 2:17 go, 4:16 review, 5:14 done'),
    (316, 's3', '대량 주문 검사 규칙', 'Medium', 2, 'woojin', 'woojin', '0:14 new, 1:11 sched, 4:17 go, 6:11 review, 6:13 done'),
    (317, 's3', '결제 회귀 시험', 'High', 3, 'woojin', 'woojin', '0:16 new, 1:13 sched, 8:14 go, 11:16 review, 12:11 done'),
    (318, 's3', '결제 대행사 계약 조건 확인', 'High', 1, 'dohyun', 'seoyeon', '-1:11 new, 1:10 go, 2:15 done'),
    (319, 's3', '정산 주기 합의', 'Medium', 2, 'dohyun', 'dohyun', '0:11 new, 1:13 sched, 3:10 go, 3:14 hold, 6:10 go, 6:16 done'),
    (320, 's3', '회고 개선 사항 반영', 'Medium', 1, 'seoyeon', 'seoyeon', '0:14 new, 1:11 sched, 2:14 go, 3:11 done'),
    (321, 's3', '간편결제 추가', 'Low', 3, 'jiwoo', 'dohyun', '0:12 new, 5:14 cancel'),
    (322, 's3', '포인트 결제', 'Low', 5, 'jiwoo', 'dohyun', '2:14 new, 4:16 =8, 5:15 >backlog'),
    (323, 's3', '카드사 심사 서류', 'High', null, 'dohyun', 'dohyun', '2:11 new, 4:10 go, 5:10 block, 9:11 go, 9:16 done'),
    (401, 's4', '택배사 배송 조회 API 연동', 'High', 8, 'jiwoo', 'dohyun', '-1:14 new, 1:10 go, 4:16 block'),
    (402, 's4', '알림 발송 대기열', 'High', 3, 'jiwoo', 'jiwoo', '0:14 new, 1:11 sched, 2:15 =5, 5:10 go'),
    (403, 's4', '배송 상태 웹훅 수신', 'Medium', 5, 'jiwoo', 'dohyun', '0:15 new, 1:11 sched'),
    (404, 's4', '주문 취소 때 재고 복원 오류', 'Urgent', 2, 'jiwoo', 'woojin', '4:11 new, 4:13 go, 5:13 review, 5:16 done'),
    (405, 's4', '푸시 알림 지원 조사', 'Low', null, 'jiwoo', 'seoyeon', '0:16 new, 2:13 go, 3:16 hold'),
    (406, 's4', 'Order detail: tracking link', 'High', 2, 'emily', 'dohyun', '0:14 new, 1:10 go, 2:11 review, 2:15 done, 4:11 go, 4:16 review, 5:11 done'),
    (407, 's4', 'Shipment timeline component', 'High', 5, 'emily', 'dohyun', '0:14 new, 1:12 sched, 2:13 go, 5:15 review'),
    (408, 's4', 'Notification settings page', 'Medium', 3, 'emily', 'emily', '0:16 new, 1:12 sched, 5:16 go'),
    (409, 's4', 'Toast messages for order events', 'Low', 2, 'emily', 'emily', '0:17 new'),
    (410, 's4', '도서산간 추가 배송비 표시', 'Medium', 3, 'emily', 'dohyun', '3:14 new, 3:16 sched'),
    (411, 's4', '배송 추적 화면 시안', 'High', 3, 'haeun', 'dohyun', '-1:15 new, 1:10 go, 2:15 review, 3:11 done'),
    (412, 's4', '알림톡 문안과 양식', 'High', 2, 'haeun', 'dohyun', '0:15 new, 1:11 sched, 3:13 go, 4:15 review, 6:11 done'),
    (413, 's4', '이메일 알림 양식', 'Medium', 3, 'haeun', 'haeun', '0:15 new, 1:11 sched, 4:16 go'),
    (414, 's4', '모바일 배송 화면 시안', 'Medium', 3, 'haeun', 'haeun', '0:16 new, 1:11 sched, 6:13 go'),
    (415, 's4', '배송 조회 부하 시험 계획', 'Medium', 2, 'woojin', 'woojin', '0:14 new, 1:13 sched, 2:14 go, 3:13 review, 4:10 done'),
    (416, 's4', '배송 자료 표본 수집', 'Medium', 2, 'woojin', 'jiwoo', '0:15 new, 1:13 sched, 3:14 go, 4:14 review'),
    (417, 's4', '알림 중복 발송 방지 시험', 'High', 3, 'woojin', 'woojin', '0:16 new, 1:13 sched'),
    (418, 's4', '알림톡 발신 프로필 등록', 'Urgent', 2, 'dohyun', 'dohyun', '-1:11 new, 1:10 go, 2:16 block'),
    (419, 's4', '배송 예외 상황 정책 정리', 'High', 2, 'dohyun', 'dohyun', '-1:13 new, 1:11 sched, 3:10 go, 4:11 review, 5:10 done'),
    (420, 's4', '알림 수신 동의 문구 확정', 'Medium', 1, 'seoyeon', 'dohyun', '0:11 new, 1:13 go, 2:14 review, 3:10 done'),
    (421, 's4', '2차 시연 준비', 'Medium', 1, 'seoyeon', 'seoyeon', '0:14 new, 1:11 sched'),
    (422, 's4', '문자 알림 대체 발송', 'Low', 3, 'jiwoo', 'dohyun', '0:12 new, 3:15 cancel'),
    (423, 's4', '반품 수거 신청 화면', 'Low', 5, 'emily', 'dohyun', '0:13 new, 4:14 >backlog'),
    (424, 's4', '배송사 장애 대응 절차', 'Medium', null, 'woojin', 'seoyeon', '4:15 new'),
    (425, 's4', '배송 완료 만족도 조사', 'Low', null, null, 'seoyeon', '2:16 new'),
    (501, 's5', '거래처별 매출 통계 API', 'High', 5, 'jiwoo', 'dohyun', '-7:14 new'),
    (502, 's5', 'Sales dashboard', 'High', 8, 'emily', 'dohyun', '-7:15 new, -6:14 =5'),
    (503, 's5', '통계 화면 시안', 'High', 3, 'haeun', 'haeun', '-7:16 new'),
    (504, 's5', '정산 자료 내려받기', 'Medium', 3, null, 'dohyun', '-6:11 new'),
    (505, 's5', 'Compare chart libraries', 'Medium', 2, 'emily', 'emily', '-6:13 new'),
    (506, 's5', '통계 수치 대조 시험', 'Medium', null, 'woojin', 'woojin', '-8:13 new'),
    (507, 's5', '관리자 권한 나누기', 'High', 5, null, 'seoyeon', '-21:14 idea, -6:15 >s5, -6:16 @jiwoo'),
    (601, 's4', '영문 상품 설명 관리', 'Low', 5, null, 'seoyeon', '-12:14 idea'),
    (602, 's4', '재고 알림 신청', 'Medium', 3, null, 'dohyun', '-20:11 idea, -6:14 =5'),
    (603, 's4', '주문서 PDF 양식 개선', 'Low', 2, 'haeun', 'haeun', '-3:15 idea'),
    (604, 's4', 'Install prompt for the mobile web app', 'Low', 2, 'emily', 'emily', '-16:16 idea'),
    (605, 's4', '거래처별 배송지 여러 곳 저장', 'Medium', 5, null, 'dohyun', '-8:13 idea'),
    (606, 's4', '주문 화면 어두운 색 모드', 'Low', null, null, 'emily', '1:15 idea'),
    (607, 's4', '1:1 문의 게시판', 'Medium', null, null, 'seoyeon', '3:11 idea'),
    (701, 'n1', 'Map EDI 850 purchase orders', 'High', 5, 'jiwoo', 'daniel', '-9:14 new'),
    (702, 'n1', 'AS2 endpoint and certificates', 'High', 8, 'jiwoo', 'jiwoo', '-9:15 new, -8:11 =5'),
    (703, 'n1', 'Send 856 advance ship notices', 'Medium', 5, null, 'daniel', '-9:16 new'),
    (704, 'n1', 'Collect sample documents from Pacific Freight', 'High', 1, 'daniel', 'daniel', '-8:13 new, -7:10 sched'),
    (705, 'n1', 'EDI 시험 문서 검증기', 'Medium', 3, 'emily', 'jiwoo', '-8:15 new'),
    (706, 'n1', '오류 문서 다시 처리하는 화면', 'Low', 3, null, 'daniel', '-7:14 idea'),
    (707, 'n1', 'Partner onboarding guide', 'Low', 2, 'daniel', 'daniel', '-6:14 idea'),
    (901, 'h1', 'Hourly tide import from NOAA', 'High', 5, 'jordan', 'maya', '-1:14 new, 1:10 go, 3:15 review, 4:11 done'),
    (902, 'h1', 'Berth calendar view', 'High', 5, 'priya', 'maya', '0:14 new, 1:11 go, 5:14 review'),
    (903, 'h1', 'Draft limits per berth', 'Medium', 3, 'jordan', 'jordan', '0:15 new, 1:12 sched, 4:13 go'),
    (904, 'h1', 'Alert when a vessel exceeds its draft', 'High', 3, 'priya', 'maya', '0:16 new, 1:12 sched'),
    (905, 'h1', 'Pilot sign-off form', 'Medium', 2, 'maya', 'maya', '0:15 new, 1:11 sched, 2:13 go, 3:10 block'),
    (906, 'h1', 'Metric and imperial units', 'Low', 2, 'priya', 'priya', '0:16 new, 1:12 sched, 2:10 go, 2:16 review, 3:11 done, 5:10 go'),
    (907, 'h1', 'Retry failed imports', 'Urgent', 2, 'jordan', 'jordan', '4:10 new, 5:11 go'),
    (908, 'h1', 'Dark mode', 'Low', 3, 'priya', 'priya', '0:13 new, 3:14 cancel'),
    (909, 'h1', 'Port authority data agreement', 'Medium', null, 'maya', 'maya', '0:10 new')
  ) as v (number, base, name, priority, points, assignee, creator, timeline);

  create temp table description on commit drop as
  select * from (values
    (105, '국세청 사업자등록 상태 조회 API로 가입할 때 휴업·폐업 여부를 확인한다.'),
    (205, '거래처가 쓰는 엑셀 양식을 그대로 올려 주문 여러 건을 한 번에 만든다. 한 줄이라도 틀리면 전체를 되돌리고 틀린 줄을 알려 준다.'),
    (304, '월 마감 뒤 거래처별로 발행한다. 수정 세금계산서는 다음 차수에서 다룬다.'),
    (401, E'운송장 번호로 배송 단계를 가져온다.\n\n- 10분마다 조회, 배송 완료면 멈춘다\n- 시험 서버는 하루 100건까지만 응답한다'),
    (402, '주문·결제·배송 알림을 한 대기열로 모아 보낸다. 실패하면 세 번까지 다시 보낸다.'),
    (404, '주문을 취소하면 예약 재고가 두 번 더해진다. 일부만 취소할 때 늘 다시 일어난다.'),
    (406, 'Opens the carrier''s tracking page in a new tab. Reopened: the link was missing for orders with two parcels.'),
    (407, 'Five steps: ordered, packed, picked up, out for delivery, delivered. Must read well with a screen reader.'),
    (412, '카카오 심사 기준에 맞춰 광고 문구를 빼고, 변수는 여섯 개 이하로.'),
    (418, '심사에 영업일 기준 5일 정도 걸린다. 심사가 끝나야 문안을 등록할 수 있다.'),
    (901, 'Station 9414290. Store the raw feed beside the parsed rows.'),
    (906, 'Reopened: printed schedules still show feet.')
  ) as v (number, body);

  create temp table relation on commit drop as
  select * from (values
    (107, 102), (207, 203), (305, 304), (309, 207), (404, 203), (406, 401), (412, 418), (417, 402), (907, 901)
  ) as v (number, related);

  -- What happened. `place` orders what shares a moment.
  create temp table history (
    number int, kind public.task_event_kind, new_value text, at timestamptz, place int
  ) on commit drop;

  insert into history (number, kind, new_value, at, place)
  select t.number, e.kind::public.task_event_kind, e.value,
    (c.day + make_time(step.hour, 3 + pg_temp.pick(t.number || step.words, 54), pg_temp.pick(step.words || t.number, 60))) at time zone c.timezone,
    step.place * 10 + e.place
  from story t
  join sprint b on b.code = t.base
  cross join lateral (
    select s.place::int, s.words, split_part(s.words, ' ', 2) as verb,
      split_part(s.words, ':', 1)::int as day, split_part(split_part(s.words, ' ', 1), ':', 2)::int as hour
    from string_to_table(t.timeline, ', ') with ordinality as s (words, place)) step
  join calendar c on c.org = b.org and c.n = b.first + step.day - 1
  left join person a on a.code = t.assignee
  cross join lateral (
    select v.* from (values
      (0, 'created', 'Planned'), (1, 'points', t.points::text),
      (2, 'sprint', case step.verb when 'new' then b.id::text end), (3, 'assignee', a.id::text)) as v (place, kind, value)
    where step.verb in ('new', 'idea') and v.value is not null
    union all
    select 4, 'points', substr(step.verb, 2)::numeric(5,1)::text where step.verb like '=%'
    union all
    select 4, 'assignee', (select x.id::text from person x where x.code = substr(step.verb, 2)) where step.verb like '@%'
    union all
    select 4, 'sprint', (select x.id::text from sprint x where x.code = substr(step.verb, 2)) where step.verb like '>%'
    union all
    select 4, 'deleted', null where step.verb = 'delete'
    union all
    -- A verb that is none fails here: no status has its name.
    select 4, 'status', case step.verb
        when 'sched' then 'Scheduled' when 'go' then 'In Progress' when 'review' then 'In Review' when 'block' then 'Blocked'
        when 'hold' then 'On Hold' when 'done' then 'Completed' when 'cancel' then 'Cancelled'
        else step.verb end::public.task_status::text
    where step.verb not in ('new', 'idea', 'delete') and step.verb !~ '^[=@>]'
  ) e;
  -- Today's steps that are still to come haven't happened.
  delete from history where at > right_now;
  create index on history (number, at);
  analyze history;

  create or replace function pg_temp.tasks_at(moment timestamptz)
  returns table (number int, status text, points numeric, sprint_id uuid, assigned_to uuid, made_at timestamptz, changed_at timestamptz)
  language sql stable as $$
    select h.number,
      (array_agg(h.new_value order by h.at desc, h.place desc) filter (where h.kind in ('created', 'status')))[1],
      (array_agg(h.new_value order by h.at desc, h.place desc) filter (where h.kind = 'points'))[1]::numeric,
      (array_agg(h.new_value order by h.at desc, h.place desc) filter (where h.kind = 'sprint'))[1]::uuid,
      (array_agg(h.new_value order by h.at desc, h.place desc) filter (where h.kind = 'assignee'))[1]::uuid,
      min(h.at), max(h.at)
    from history h where h.at <= tasks_at.moment
    group by h.number having not bool_or(h.kind = 'deleted')
  $$;

  -- Time goes by from start to close of each sprint, and to now: the tasks are set to what
  -- they were at that moment, and frozen by the function that the product itself uses.
  for mark in
    select 'start' as what, s.started_at as at, s.id, s.project_id, null::jsonb as carried_over, false as is_last
    from sprint s where s.started_at is not null
    union all
    select 'close', s.completed_at, s.id, s.project_id,
      jsonb_build_object('carried_over_to', case when n.id is not null then jsonb_build_object('sprint_id', n.id, 'sprint_name', n.name) end), false
    from sprint s left join sprint n on n.code = s.carry_to where s.completed_at is not null
    union all
    select 'now', right_now, null, null, null, true
    order by at
  loop
    delete from public.tasks t using project p where t.project_id = p.id;
    insert into public.tasks (task_id, project_id, sprint_id, task_name, description, assigned_to, priority, status, story_points,
      estimated_time, actual_time, due_date, related_task_id, board_rank, created_by, created_at, updated_at)
    select s.id, b.project_id, t.sprint_id, s.name, d.body, t.assigned_to, s.priority::public.task_priority, t.status::public.task_status, t.points,
      effort.minutes,
      case when t.status = 'Completed' then (effort.minutes * (80 + pg_temp.pick(s.name, 60)) / 100 / 10) * 10 end,
      case when s.priority in ('High', 'Urgent') or pg_temp.pick('due' || s.number, 3) = 0 then due.day end,
      pg_temp.seed_id(7, r.related), s.number * 1024, maker.id, t.made_at, t.changed_at
    from pg_temp.tasks_at(mark.at) t
    join story s on s.number = t.number
    join sprint b on b.code = s.base
    join person maker on maker.code = s.creator
    left join description d on d.number = s.number
    left join relation r on r.number = s.number
    left join sprint n on n.id = t.sprint_id
    left join calendar due on due.org = n.org and due.n = n.first + 3 + pg_temp.pick('day' || s.number, 7)
    cross join lateral (select (t.points * (120 + pg_temp.pick(s.name, 4) * 30))::int as minutes) effort;
    continue when mark.is_last;

    insert into public.sprint_snapshots (snapshot_id, project_id, sprint_id, moment, figures, taken_at, created_at)
    select pg_temp.derived_id('snapshot', mark.id::text, mark.what), mark.project_id, mark.id, mark.what::public.snapshot_moment,
      private.sprint_figures(mark.id) || coalesce(mark.carried_over, '{}'), mark.at, mark.at;
    insert into history (number, kind, new_value, at, place)
    select s.number, 'sprint', mark.carried_over #>> '{carried_over_to,sprint_id}', mark.at + interval '40 milliseconds', 0
    from public.tasks t join story s on s.id = t.task_id
    where mark.what = 'close' and t.sprint_id = mark.id and t.status not in ('Completed', 'Cancelled');
  end loop;

  insert into public.task_events (project_id, task_id, kind, old_value, new_value, actor, at, sprint_id, status, story_points, assigned_to, created_at)
  select b.project_id, s.id, h.kind,
    case h.kind when 'deleted' then s.name
      else lag(h.new_value) over (partition by h.number, case h.kind when 'created' then 'status' else h.kind end order by h.at, h.place) end,
    h.new_value,
    case
      when h.place between 10 and 13 or h.kind = 'deleted' then maker.id
      when h.kind = 'sprint' then p.master_id
      when h.kind = 'assignee' or h.new_value = 'Cancelled' then p.lead_id
      else coalesce(since.assigned_to, maker.id) end,
    h.at, since.sprint_id, since.status, since.points, since.assigned_to, h.at
  from history h
  join story s on s.number = h.number
  join sprint b on b.code = s.base
  join project p on p.id = b.project_id
  join person maker on maker.code = s.creator
  cross join lateral (
    select (array_agg(x.new_value order by x.at desc, x.place desc) filter (where x.kind in ('created', 'status')))[1]::public.task_status as status,
      (array_agg(x.new_value order by x.at desc, x.place desc) filter (where x.kind = 'points'))[1]::numeric as points,
      (array_agg(x.new_value order by x.at desc, x.place desc) filter (where x.kind = 'sprint'))[1]::uuid as sprint_id,
      (array_agg(x.new_value order by x.at desc, x.place desc) filter (where x.kind = 'assignee'))[1]::uuid as assigned_to
    from history x where x.number = h.number and x.at <= h.at) since
  order by h.at, h.number, h.place;

  -- Daily scrums ------------------------------------------------------------------------
  -- Opened at 9:25 on each working day of a sprint that ran; members post by 10:00.

  create temp table scrum on commit drop as
  select pg_temp.derived_id('scrum', s.id::text, c.day::text) as id, s.id as sprint_id, s.project_id, s.project, s.code as sprint,
    c.day, c.n, c.timezone, c.n - s.first + 1 as sprint_day, moment.at as opened_at,
    (before.day + time '09:25') at time zone before.timezone as since
  from sprint s
  join calendar c on c.org = s.org and c.n between s.first and s.last
  join calendar before on before.org = s.org and before.n = c.n - 1
  cross join lateral (select (c.day + time '09:25') at time zone c.timezone as at) moment
  where s.status <> 'Planned' and moment.at <= right_now;

  -- Hour null: raised in that day's scrum. Until null: still open.
  create temp table hindrance on commit drop as
  select v.*, pg_temp.derived_id('impediment', s.id::text, v.person, v.day::text) as id, s.id as sprint_id, s.project_id, p.id as raised_by,
    r.id as resolved_by, (c.day + make_time(v.hour, 12, 0)) at time zone c.timezone as at,
    (u.day + make_time(v.until_hour, 48, 0)) at time zone u.timezone as resolved_at
  from (values
    ('s1', 3, null, 'emily', null, 'Staging is down every evening while it redeploys.', 5, 11, 'woojin'),
    ('s1', 6, 11, 'jiwoo', 105, '사업자등록 조회 API의 사용 승인이 아직 나지 않았습니다.', 12, 10, 'seoyeon'),
    ('s1', 7, null, 'haeun', 113, '해온물산 로고 원본 파일을 받지 못했습니다.', 8, 14, 'dohyun'),
    ('s2', 3, null, 'jiwoo', 202, '거래처별 할인율 규칙이 문서마다 다릅니다.', 3, 15, 'dohyun'),
    ('s2', 5, 16, 'woojin', 214, '기존 상품 자료에 중복 코드가 1,200건 있어 이관이 멈췄습니다.', 6, 14, 'dohyun'),
    ('s2', 9, null, 'emily', 208, 'Design review of the order confirmation waits until Haeun is back.', 10, 10, 'emily'),
    ('s3', 3, 11, 'jiwoo', 301, '결제 대행사 시험 계정이 발급되지 않았습니다.', 4, 13, 'seoyeon'),
    ('s3', 5, 10, 'dohyun', 323, '카드사 심사에 통신판매업 신고증 사본이 더 필요합니다.', 9, 10, 'dohyun'),
    ('s3', 7, null, 'emily', 307, 'The mock payment server answers 500 for cancelled payments.', 7, 16, 'woojin'),
    ('s4', 2, 16, 'dohyun', 418, '알림톡 발신 프로필 심사가 영업일 기준 5일 걸린다고 합니다.', null, null, null),
    ('s4', 3, null, 'emily', 407, 'There is no sample data for partially shipped orders.', 4, 15, 'woojin'),
    ('s4', 4, 16, 'jiwoo', 401, '택배사 시험 서버가 하루 100건까지만 응답합니다. 한도 증설을 요청했습니다.', null, null, null),
    ('s4', 5, null, 'haeun', 413, '이메일 머리글에 쓸 해온물산 상표 사용 지침이 필요합니다.', null, null, null),
    ('h1', 3, 10, 'maya', 905, 'The pilots have not agreed on the wording of the form.', null, null, null),
    ('h1', 4, null, 'jordan', 901, 'NOAA limits how often our staging address may ask.', 5, 14, 'maya')
  ) as v (sprint, day, hour, person, task, body, until_day, until_hour, resolver)
  join sprint s on s.code = v.sprint
  join person p on p.code = v.person
  join calendar c on c.org = s.org and c.n = s.first + v.day - 1
  left join person r on r.code = v.resolver
  left join calendar u on u.org = s.org and u.n = s.first + v.until_day - 1;

  -- Expected: members who aren't viewers or away. About one in eight forgets; today the scrum
  -- master and Emily haven't posted yet.
  create temp table attendance on commit drop as
  select d.id as scrum_id, m.profile_id, m.person, m.lang, d.project_id, d.sprint_id, d.since, d.opened_at,
    pg_temp.derived_id('update', d.id::text, m.profile_id::text) as id, posted.at,
    posted.at <= right_now and (d.n < 0 or m.person not in ('seoyeon', 'emily', 'maya'))
      and (exists (select from hindrance i where i.sprint = d.sprint and i.day = d.sprint_day and i.person = m.person and i.hour is null)
           or pg_temp.pick(m.person || d.id, 8) > 0) as posted
  from scrum d
  join member m on m.project = d.project and m.role <> 'viewer'
  cross join lateral (select d.opened_at + (120 + pg_temp.pick(m.person || d.id, 1900)) * interval '1 second' as at) posted
  where not exists (select from leave l where l.person = m.person and d.day between l.from_date and l.to_date);

  -- What each worked on since the scrum before, and the one or two things to do next.
  create temp table mention on commit drop as
  select a.scrum_id, a.profile_id, e.task_id, 'did' as intent, (array_agg(e.new_value order by e.event_id desc))[1] as status, max(e.event_id) as place
  from attendance a
  join public.task_events e on e.actor = a.profile_id and e.project_id = a.project_id and e.kind = 'status'
    and e.at > a.since and e.at <= a.opened_at and e.new_value not in ('Scheduled', 'Cancelled')
  where a.posted
  group by a.scrum_id, a.profile_id, e.task_id;

  insert into mention
  select w.scrum_id, w.profile_id, w.task_id, w.intent, w.status, w.number
  from (
    select a.scrum_id, a.profile_id, s.id as task_id, s.number, t.status, x.intent,
      row_number() over (partition by a.scrum_id, a.profile_id, x.intent
        order by array_position('{In Progress,Scheduled,In Review,Planned}', t.status), s.number) as nth
    from scrum d
    cross join lateral pg_temp.tasks_at(d.opened_at) t
    join story s on s.number = t.number
    join attendance a on a.scrum_id = d.id and a.profile_id = t.assigned_to and a.posted
    join (values ('did'), ('will do')) as x (intent)
      on x.intent = 'will do' and t.status in ('In Progress', 'Scheduled', 'In Review', 'Planned')
      or x.intent = 'did' and t.status = 'In Progress' and t.changed_at <= d.since
    where t.sprint_id = d.sprint_id
  ) w
  where w.nth <= 2
    and not exists (select from mention m where (m.scrum_id, m.profile_id, m.task_id, m.intent) = (w.scrum_id, w.profile_id, w.task_id, w.intent));

  insert into public.daily_scrums (daily_scrum_id, project_id, sprint_id, scrum_date, summary, created_at, updated_at)
  select d.id, d.project_id, d.sprint_id, d.day,
    case when summed.up then format(words.pattern, present.posted, present.expected, coalesce(done.names, '–'), stuck.n) end,
    d.opened_at, case when summed.up then d.opened_at + interval '55 minutes' else d.opened_at end
  from scrum d
  join sprint s on s.id = d.sprint_id
  join org o on o.code = s.org
  cross join lateral (select d.n < 0 and pg_temp.pick(d.id::text, 6) > 0 as up) summed
  cross join lateral (select count(*) filter (where a.posted) as posted, count(*) as expected from attendance a where a.scrum_id = d.id) present
  cross join lateral (
    select string_agg(t.name, ', ' order by e.event_id) as names
    from public.task_events e join story t on t.id = e.task_id
    where e.project_id = d.project_id and e.kind = 'status' and e.new_value = 'Completed' and e.at > d.since and e.at <= d.opened_at) done
  cross join lateral (
    select count(*) as n from hindrance i
    where i.project_id = d.project_id and coalesce(i.at, d.opened_at) <= d.opened_at + interval '55 minutes'
      and (i.at is not null or (i.sprint = d.sprint and i.day <= d.sprint_day))
      and coalesce(i.resolved_at > d.opened_at, true)) stuck
  cross join lateral (
    select case o.locale
      when 'ko' then E'**참석** %s/%s명\n**끝낸 일** %s\n**열린 장애물** %s건'
      else E'**Updates** %s of %s\n**Finished** %s\n**Open impediments** %s' end as pattern) words;

  -- How a task is named, by language, intent and status; the last lines are for who has none.
  create temp table wording on commit drop as
  select * from (values
    ('ko', 'did', 'In Progress', '「%s」 진행'), ('ko', 'did', 'In Review', '「%s」 검토 요청'),
    ('ko', 'did', 'Blocked', '「%s」 막힘'), ('ko', 'did', 'On Hold', '「%s」 보류'), ('ko', 'did', 'Completed', '「%s」 끝냄'),
    ('ko', 'will do', 'In Progress', '「%s」 이어서'), ('ko', 'will do', 'In Review', '「%s」 검토 의견 반영'),
    ('ko', 'will do', 'Scheduled', '「%s」 시작'), ('ko', 'will do', 'Planned', '「%s」 시작'),
    ('en', 'did', 'In Progress', 'Worked on “%s”'), ('en', 'did', 'In Review', 'Asked for review of “%s”'),
    ('en', 'did', 'Blocked', 'Got stuck on “%s”'), ('en', 'did', 'On Hold', 'Put “%s” on hold'), ('en', 'did', 'Completed', 'Finished “%s”'),
    ('en', 'will do', 'In Progress', 'Continue “%s”'), ('en', 'will do', 'In Review', 'Answer the review of “%s”'),
    ('en', 'will do', 'Scheduled', 'Start “%s”'), ('en', 'will do', 'Planned', 'Start “%s”'),
    ('ko', 'did', '0', '백로그를 정리하고 고객사 문의에 답함'), ('ko', 'did', '1', '동료의 변경 사항을 검토함'), ('ko', 'did', '2', '고객사 주간 회의에 참석함'),
    ('ko', 'will do', '0', '막힌 일 풀기와 동료 지원'), ('ko', 'will do', '1', '다음 차수에 할 일 다듬기'), ('ko', 'will do', '2', '고객사와 일정 조율'),
    ('en', 'did', '0', 'Reviewed pull requests'), ('en', 'did', '1', 'Answered questions from the customer'), ('en', 'did', '2', 'Cleaned up the backlog'),
    ('en', 'will do', '0', 'Help where review is waiting'), ('en', 'will do', '1', 'Prepare the next sprint'), ('en', 'will do', '2', 'Call with the customer')
  ) as v (lang, intent, status, pattern);

  insert into public.daily_scrum_updates (update_id, project_id, daily_scrum_id, profile_id, yesterday_work, today_work, created_at, updated_at)
  select a.id, a.project_id, a.scrum_id, a.profile_id, coalesce(said.did, unsaid.did), coalesce(said.will_do, unsaid.will_do), a.at, a.at
  from attendance a
  cross join lateral (
    select string_agg(format(w.pattern, s.name), E'\n' order by m.place) filter (where m.intent = 'did') as did,
      string_agg(format(w.pattern, s.name), E'\n' order by m.place) filter (where m.intent = 'will do') as will_do
    from mention m
    join story s on s.id = m.task_id
    join wording w on w.lang = a.lang and w.intent = m.intent and w.status = m.status
    where m.scrum_id = a.scrum_id and m.profile_id = a.profile_id) said
  cross join lateral (
    select max(w.pattern) filter (where w.intent = 'did') as did, max(w.pattern) filter (where w.intent = 'will do') as will_do
    from wording w
    where w.lang = a.lang and w.status = pg_temp.pick(w.intent || a.id, 3)::text) unsaid
  where a.posted;

  insert into public.daily_scrum_tasks (daily_scrum_id, task_id, profile_id, intent, project_id, created_at)
  select m.scrum_id, m.task_id, m.profile_id, m.intent::public.scrum_task_intent, a.project_id, a.at
  from mention m join attendance a on a.scrum_id = m.scrum_id and a.profile_id = m.profile_id;

  insert into public.impediments (impediment_id, project_id, sprint_id, task_id, update_id, raised_by, description, raised_at,
    resolved_at, resolved_by, created_at, updated_at)
  select i.id, i.project_id, i.sprint_id, t.id, a.id, i.raised_by, i.body, since.at, resolved.at,
    case when resolved.at is not null then i.resolved_by end, since.at, coalesce(resolved.at, since.at)
  from hindrance i
  left join story t on t.number = i.task
  left join scrum d on d.sprint = i.sprint and d.sprint_day = i.day and i.hour is null
  left join attendance a on a.scrum_id = d.id and a.profile_id = i.raised_by
  cross join lateral (select coalesce(i.at, a.at) as at) since
  cross join lateral (select case when i.resolved_at <= right_now then i.resolved_at end as at) resolved
  where since.at <= right_now;

  -- The reports that the closed sprints froze, from the events that are there only now.
  update public.sprint_snapshots f
  set figures = case f.moment when 'start' then f.figures - 'report'
    else f.figures || jsonb_build_object('report', private.live_sprint_report(f.sprint_id, f.taken_at)) end
  where f.sprint_id in (select sprint.id from sprint);
  -- And what else complete_sprint freezes.
  for mark in select sprint.id from sprint where sprint.completed_at is not null loop
    perform private.freeze_calendar(mark.id);
    perform private.freeze_views(mark.id);
  end loop;

  set local session_replication_role = origin;
  drop function pg_temp.seed_id, pg_temp.derived_id, pg_temp.pick, pg_temp.tasks_at;
end
$seed$;
