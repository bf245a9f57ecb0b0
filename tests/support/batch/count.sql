-- What counts, row by row, and what the windows and the open leads of each rep come to.

create or replace table owned as
with asked as (
    select
        *,
        case when is_breached then due_at
             else greatest(coalesce(ended_at, getvariable('now')), opened_at) end as owned_at
    from clock
),
-- Of several hand-offs at one instant the last one holds.
owner as (
    select life, cycle, from_at, arg_max(team_id, place) as team_id,
        arg_max(coalesce(rep_id, ''), place) as rep_id
    from segment group by life, cycle, from_at
),
opener as (
    select life, cycle, arg_min(team_id, place) as first_team_id,
        arg_min(coalesce(rep_id, ''), place) as first_rep_id
    from segment group by life, cycle
)
select
    a.* , coalesce(is_before and not is_breached, false) as is_first,
    if(is_first, first_team_id, o.team_id) as team_id,
    if(is_first, first_rep_id, o.rep_id) as rep_id
from asked a
asof join owner o on a.life = o.life and a.cycle = o.cycle and a.owned_at >= o.from_at
join opener f on f.life = a.life and f.cycle = a.cycle;

-- Business time from the start to the answer.
create or replace table response as
with it as (
    select o.life, o.cycle, answered_at, s.calendar, s.pos, s.from_pos, s.to_pos
    from owned o asof join segment s
        on o.life = s.life and o.cycle = s.cycle and o.answered_at >= s.from_at
    where o.clock = 'speed' and not is_before
)
select
    i.life, i.cycle,
    pos + least(before + least(greatest(answered_at - opens, 0), closes - opens), to_pos) - from_pos
        as response
from it i asof join span s on i.calendar = s.calendar and i.answered_at >= s.opens;

create or replace table counted as
with made as (
    select d.*, s.team_id, coalesce(s.rep_id, '') as rep_id
    from dialled d join segment s on s.life = d.life and s.cycle = d.cycle
    qualify row_number() over (
        partition by d.life, d.cycle, d.number
        order by s.from_at <= d.occurred_at desc, s.place desc
    ) = 1
),
work as (
    select life, cycle, bool_or(connects) as is_connected from attempt group by life, cycle
),
tries as (select life, cycle, count(*) as attempts from dialled group by life, cycle)
select
    'lead' as what, team_id, rep_id, started_at as instant,
    answered_at is not null as answered,
    answered_at is not null and not is_late as within_target,
    response,
    case when not coalesce(is_connected, false) then coalesce(attempts, 0) end as attempts,
    null as channel
from owned
left join response using (life, cycle)
left join work using (life, cycle)
left join tries using (life, cycle)
where clock = 'speed'
union all
select 'attempt', team_id, rep_id, occurred_at, null, null, null, null, channel from made
union all
select 'breach', team_id, rep_id, started_at, null, null, null, null, null
from owned where is_breached;

create or replace table shown as
select
    c.*,
    case getvariable('privacy')
        when 'team_only' then '*'
        when 'alias' then if(rep_id = '', '', coalesce(alias, 'other'))
        else rep_id
    end as name,
    coalesce(zone, getvariable('zone')) as zone
from counted c left join alias using (team_id, rep_id) left join team using (team_id);

create or replace table windowed as
with placed as (
    select
        *,
        instant // 900000000 as pane,
        getvariable('now') // 900000000 as pane_now,
        timezone(zone, make_timestamptz(instant))::date as day,
        timezone(zone, make_timestamptz(getvariable('now')))::date as today
    from shown
)
select p.*, w.name as win
from placed p join (values ('1h', 0), ('today', 1), ('7d', 7), ('30d', 30)) w(name, days)
    on case when days = 0 then pane between pane_now - 4 and pane_now
            else day between today - days + 1 and today end;

create or replace table of_window as
select
    team_id, name, win,
    count(*) filter (what = 'lead') as leads,
    count(*) filter (answered) as answered,
    count(*) filter (within_target) as within_target,
    coalesce(sum(response), 0)::bigint as response_sum,
    count(*) filter (what = 'attempt') as attempts,
    count(*) filter (what = 'lead' and attempts is not null) as unconnected_leads,
    coalesce(sum(attempts) filter (what = 'lead'), 0)::bigint as unconnected_attempts,
    count(*) filter (what = 'breach') as breaches,
    list(response) filter (response is not null) as responses,
    list(channel) filter (what = 'attempt') as channels
from windowed group by team_id, name, win;

create or replace table open_lead as
with owner as (
    select life, arg_max(team_id, place) as team_id, arg_max(coalesce(rep_id, ''), place) as rep_id
    from segment group by life
),
awake as (
    select life from known group by life
    having max(seen_at) + getvariable('dormant') > getvariable('now')
)
select
    lead_id, team_id, rep_id,
    case when bool_or(is_breached) then 'breached'
         when bool_or(risk_at <= getvariable('now')) then 'at_risk'
         else 'within' end as state,
    min(started_at) filter (clock = 'speed') as waiting_since,
    min(due_at) filter (not is_breached) as next_due_at,
    count(*) filter (is_breached) as open_breaches
from clock semi join awake using (life) join owner using (life)
where ended_at is null
group by all;

create or replace table standing as
select
    team_id,
    case getvariable('privacy')
        when 'team_only' then '*'
        when 'alias' then if(rep_id = '', '', coalesce(alias, 'other'))
        else rep_id
    end as name,
    count(*) as open,
    count(*) filter (state = 'at_risk') as at_risk,
    count(*) filter (state = 'breached') as breached,
    min(waiting_since) filter (waiting_since <= getvariable('now')) as oldest_unanswered_at,
    min(next_due_at) as next_due_at
from open_lead left join alias using (team_id, rep_id)
group by all;
