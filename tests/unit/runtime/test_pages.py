"""What a scrape is told of the partitions of reps that a worker owns."""

from collections.abc import Sequence

from schemas.instants import HOUR, MINUTE, Instant
from streams.config import Settings, TimeMode
from streams.domain.policies import Policies
from streams.domain.policy import policy_of
from streams.metrics.reps import Owned, RepsText
from streams.runtime.pages import reps_of
from streams.runtime.partial_records import home_of
from tests.support.gauges import reps, value
from tests.support.rep_flow import PARTITIONS, Flow
from tests.support.story import SPEED, agreement, at, handed_off
from tests.support.windows import lead

MORNING = at("2026-03-10 09:00")
ALL = range(PARTITIONS)
LISTED = ["anna", "ben", "carla", "dora", "emil"]
NAMES = {("nord", rep_id) for rep_id in ("", *LISTED)}


def a_morning(flow: Flow, now: Instant = MORNING + 5 * MINUTE, silent: Sequence[int] = ()) -> None:
    """Hand a lead to anna at nine, and let all but silent partitions tell what they count."""
    flow.tell(lead("a", handed_off("2026-03-10 09:00")), MORNING)
    for leads in flow.leads:
        leads.advance(now)
    flow.pass_on(lost=silent)
    flow.settle()


def flow_of(privacy: str = "named") -> Flow:
    """Build an app in which nothing was told, with five reps in nord."""
    teams = {"nord": {"calendar": "floor", "reps": LISTED}}
    body = agreement(SPEED, privacy={"reps": privacy}, teams=teams)
    return Flow(Policies().with_policy(policy_of(body), 0))


def owned(
    flow: Flow, numbers: Sequence[int] = ALL, wall_at: Instant = 0, time: TimeMode = TimeMode.FACTS
) -> Owned:
    """Look at some partitions, as the worker that owns them does."""
    settings = Settings(
        bootstrap_servers=("127.0.0.1:9",), topic_prefix="t-", partitions=PARTITIONS, time=time
    )
    books = [flow.leads[number].book for number in numbers]
    return reps_of([flow.reps[number] for number in numbers], books, settings, lambda: wall_at)


def text(told: Owned) -> str:
    """Render what is told."""
    return b"".join(RepsText().slices(told)).decode()


def test_each_partition_tells_of_its_own_reps_and_of_listed_ones() -> None:
    """One lead of anna: she has one, the others of nord none, each told by one partition."""
    flow = flow_of()
    a_morning(flow)
    told = {number: reps(text(owned(flow, [number]))) for number in ALL}

    assert set().union(*told.values()) == NAMES
    assert sum(map(len, told.values())) == len(NAMES)
    for number, names in told.items():
        assert {home_of((team, rep or None), PARTITIONS) for team, rep in names} <= {number}
    whole = text(owned(flow))
    assert value(whole, "window_leads", team="nord", rep="anna", window="1h") == 1
    assert value(whole, "window_leads", team="nord", rep="ben", window="1h") == 0


def test_of_teams_only_the_team_is_told_of() -> None:
    """Everybody listed is the team."""
    flow = flow_of("team_only")
    a_morning(flow)

    assert reps(text(owned(flow))) == {("nord", "*")}


def test_nobody_is_told_of_before_all_partitions_have_told() -> None:
    """What one partition knows is not yet what is known: no zero that may be wrong."""
    flow = flow_of()
    a_morning(flow, silent=[1])

    assert reps(text(owned(flow))) == set()

    flow.leads[1].restart()
    flow.leads[1].advance(MORNING + 6 * MINUTE)
    flow.pass_on()
    flow.settle()
    assert reps(text(owned(flow))) == NAMES


def test_windows_are_read_against_the_wall_clock() -> None:
    """Nothing was told since nine: by half past ten the lead has left the hour, not the day."""
    flow = flow_of()
    a_morning(flow)
    who = {"team": "nord", "rep": "anna"}

    soon = text(owned(flow, wall_at=MORNING + 5 * MINUTE, time=TimeMode.WALL))
    later = text(owned(flow, wall_at=MORNING + HOUR + 30 * MINUTE, time=TimeMode.WALL))
    by_facts = text(owned(flow, wall_at=MORNING + HOUR + 30 * MINUTE))

    assert value(soon, "window_leads", **who, window="1h") == 1
    assert value(later, "window_leads", **who, window="1h") == 0
    assert value(later, "window_leads", **who, window="today") == 1
    assert value(by_facts, "window_leads", **who, window="1h") == 1
