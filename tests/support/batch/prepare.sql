-- What no instant changes: when each calendar is open, and who counts in which one.
-- Instants and lengths are whole microseconds.

create or replace table span as
with day as (
    select unnest(generate_series(
        (select make_timestamp(min(occurred_at)) - interval 40 day from told),
        (select make_timestamp(max(seen_at)) + interval 900 day from told),
        interval 1 day
    ))::date as day
),
opened as (
    select
        calendar,
        epoch_us(timezone(zone, day + to_minutes(opens))) as opens,
        epoch_us(timezone(zone, day + to_minutes(closes))) as closes
    from day join hours on isodow(day) = weekday
)
-- before: the business time from the first opening to this one.
select *, sum(closes - opens) over (partition by calendar order by opens) - (closes - opens) as before
from opened;

-- Of contents under one id the earliest holds, known since it was first told.
create or replace table fact as
select
    lead_id, event_id, min(seen_at) as seen_at, min(occurred_at) as occurred_at,
    arg_min(columns('^(type|team_id|rep_id|channel|outcome|party|direction|automated|evidence)$'), occurred_at)
from told
where lead_id not like 'synthetic:%'
group by lead_id, event_id;
