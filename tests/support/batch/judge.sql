-- Every clock as it stands at getvariable('now'), from the facts seen by then.

-- A lead that nothing was told of for so long that it left begins anew.
create or replace table known as
with gap as (
    select *, seen_at - lag(seen_at) over told >= getvariable('dormant') as is_new
    from fact where seen_at <= getvariable('now')
    window told as (partition by lead_id order by seen_at, event_id)
)
select *, lead_id || '/' || sum(coalesce(is_new, false)::int) over (
    partition by lead_id order by seen_at, event_id
) as life
from gap;

-- Hand-offs and closes in order; of closes that follow one another the first holds.
create or replace table course as
with ordered as (
    select *, row_number() over (
        partition by life order by occurred_at, type = 'lead-closed', event_id
    ) as place
    from known where type in ('handed-off', 'lead-closed')
),
closed as (
    select *, lag(type) over (partition by life order by place) as before
    from ordered
    qualify type = 'handed-off' or before is distinct from 'lead-closed'
),
opened as (
    select *, lag(type) over it as follows, lag(occurred_at) over it as since
    from closed window it as (partition by life order by place)
)
select
    *,
    type = 'handed-off' and follows = 'lead-closed' as is_reopening,
    sum(coalesce(
        type = 'handed-off' and follows = 'lead-closed'
        and occurred_at - since > getvariable('false_close'), false
    )::int) over (partition by life order by place) as cycle
from opened;

create or replace table cycle as
with it as (
    select
        life, lead_id, cycle,
        min(occurred_at) filter (type = 'handed-off') as opened_at,
        case when arg_max(type, place) = 'lead-closed' then max(occurred_at) end as closed_at,
        arg_max(outcome, place) as closed_as
    from course group by life, lead_id, cycle
)
select *, lag(closed_at) over (partition by life order by cycle) as after_at
from it qualify opened_at is not null;

-- Who owned the lead in which order, and until when in business (a close stops it, if the
-- lead was handed off again soon after).
create or replace table segment as
with owned as (
    select
        life, cycle, place, occurred_at as from_at, team_id, rep_id,
        coalesce(calendar, getvariable('calendar')) as calendar,
        lead(occurred_at) over it as next_at,
        case when lead(is_reopening) over it then lead(since) over it end as stopped_at
    from course left join team using (team_id)
    where type = 'handed-off'
    window it as (partition by life, cycle order by place)
),
bounded as (
    select
        * exclude (next_at, stopped_at),
        coalesce(next_at, getvariable('end')) as to_at,
        coalesce(stopped_at, next_at, getvariable('end')) as runs_to
    from owned
),
begun as (
    select b.*, before + least(greatest(from_at - opens, 0), closes - opens) as from_pos
    from bounded b asof join span s on b.calendar = s.calendar and b.from_at >= s.opens
),
ended as (
    select b.*, before + least(greatest(runs_to - opens, 0), closes - opens) as to_pos
    from begun b asof join span s on b.calendar = s.calendar and b.runs_to >= s.opens
),
opening as (
    select e.*, greatest(from_at, opens) as opens_at
    from ended e asof join span s on e.calendar = s.calendar and e.from_at < s.closes
)
select
    * exclude (opens_at),
    case when opens_at < to_at then opens_at end as start_at,
    coalesce(sum(to_pos - from_pos) over (
        partition by life, cycle order by place rows between unbounded preceding and 1 preceding
    ), 0) as pos
from opening;

-- One row for each promise on each cycle, with its start, its due and the instant of risk.
create or replace table promise as
with started as (
    select c.*, min(start_at) as started_at
    from cycle c join segment using (life, cycle) group by all
),
wanted as (
    select s.*, clock, length, least_attempts, length * 3 // 4 as risk from started s, commitment
),
reached as (
    select w.*, what, s.calendar, s.from_pos + (goal - s.pos) as goal_pos
    from (
        select *, 'due' as what, length as goal from wanted
        union all select *, 'risk', risk from wanted
    ) w
    join segment s on s.life = w.life and s.cycle = w.cycle
        and s.pos < w.goal and w.goal <= s.pos + s.to_pos - s.from_pos
),
found as (
    select r.*, s.opens + (goal_pos - before) as instant
    from reached r asof join span s on r.calendar = s.calendar and r.goal_pos > s.before
)
select
    life, lead_id, cycle, opened_at, closed_at, closed_as, started_at, clock, least_attempts,
    max(instant) filter (what = 'due') as due_at,
    max(instant) filter (what = 'risk') as risk_at
from found group by all;

create or replace table attempt as
select
    c.life, c.cycle, c.opened_at, c.closed_at, a.event_id, a.occurred_at, a.seen_at, a.channel,
    a.outcome, a.direction = 'inbound' as is_inbound,
    case when a.evidence = 'system' then a.occurred_at
         else greatest(a.occurred_at, a.seen_at - getvariable('max_backdate')) end as effect_at,
    a.party = 'sales' and not a.automated
        and coalesce(a.outcome not in ('bounced', 'failed'), true)
        and (a.direction = 'outbound' or a.outcome is not distinct from 'connected') as qualifies,
    coalesce(a.outcome in ('connected', 'appointment_booked'), false) and not a.automated
        as connects
from known a
join cycle c on c.life = a.life
    and a.occurred_at > coalesce(c.after_at, -1)
    and a.occurred_at <= coalesce(c.closed_at, getvariable('end'))
left join (
    select life, min(occurred_at) as created_at from known
    where type = 'lead-created' group by life
) l on l.life = a.life
where a.type = 'contact-attempt'
    and (c.after_at is not null or a.occurred_at >= c.opened_at
         or a.occurred_at >= coalesce(l.created_at, a.occurred_at));

-- What counts towards depth: a second dial right after one that counts is that one again.
create or replace table dialled as
with recursive dial as (
    select *, row_number() over (
        partition by life, cycle, channel order by occurred_at, event_id
    ) as number
    from attempt where qualifies and not is_inbound and occurred_at >= opened_at
),
walk as (
    select life, cycle, channel, number, event_id, occurred_at as last_at, true as is_counted
    from dial where number = 1
    union all
    select
        d.life, d.cycle, d.channel, d.number, d.event_id,
        case when d.occurred_at - w.last_at > getvariable('double_dial')
             then d.occurred_at else w.last_at end,
        d.occurred_at - w.last_at > getvariable('double_dial')
    from walk w join dial d on d.life = w.life and d.cycle = w.cycle
        and d.channel = w.channel and d.number = w.number + 1
)
select
    life, cycle, occurred_at, seen_at, outcome,
    case when channel = 'call' and outcome = 'voicemail' then 'voicemail' else channel end as channel,
    row_number() over (partition by life, cycle order by occurred_at, event_id) as number
from attempt semi join (select * from walk where is_counted) using (life, cycle, event_id);

create or replace table clock as
with answer as (
    select life, cycle, 'speed' as clock, 0 as number, effect_at as instant, occurred_at, seen_at
    from attempt where qualifies and effect_at <= coalesce(closed_at, getvariable('end'))
    union all
    select life, cycle, 'depth', 0, occurred_at, occurred_at, seen_at from attempt where connects
    union all
    select life, cycle, 'depth', number, occurred_at, occurred_at, seen_at from dialled
),
-- Told after the horizon, it changes nothing at or before due.
answered as (
    select p.*, min(a.instant) as answered_at
    from promise p left join answer a
        on a.life = p.life and a.cycle = p.cycle and a.clock = p.clock
        and (p.clock = 'speed' or a.number in (0, p.least_attempts))
        and (a.seen_at <= p.due_at + getvariable('horizon') or a.occurred_at > p.due_at)
    group by all
)
select
    *,
    coalesce(answered_at, closed_at) as ended_at,
    coalesce(coalesce(answered_at, closed_at) > due_at, true) as is_late,
    coalesce(coalesce(answered_at, closed_at) > due_at, true)
        and due_at <= getvariable('now') as is_breached,
    answered_at < opened_at as is_before
from answered;
