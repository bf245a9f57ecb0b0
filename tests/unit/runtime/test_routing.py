"""Whether facts arrive where they belong."""

import pytest

from schemas.facts import LeadClosed
from schemas.refusals import RefusedError
from schemas.topics import partition_of
from streams.runtime.control import Control, Routing
from streams.runtime.routing import MisroutedError, Router
from tests.support.shell import NOON

PARTITIONS = 4
HOME = 2


def router(control: Control | None = None, *accepted: str) -> Router:
    """Check for partition 2 of 4."""
    return Router(
        partition=HOME, partitions=PARTITIONS, accepted=accepted, control=control or Control()
    )


def leads(*, astray: bool) -> list[str]:
    """Give leads that belong on partition 2, or on another one."""
    names = (f"L-{number}" for number in range(1_000))
    return [name for name in names if (partition_of(name.encode(), PARTITIONS) != HOME) is astray]


def fact(lead_id: str, origin: str | None = "crm") -> LeadClosed:
    """Tell a fact of a lead."""
    return LeadClosed(event_id="e", lead_id=lead_id, occurred_at=NOON, outcome="won", origin=origin)


def misroute(checked: Router, number: int, origin: str | None = "crm") -> None:
    """Bring facts that belong elsewhere; each is refused."""
    for lead_id in leads(astray=True)[:number]:
        with pytest.raises(RefusedError, match="misrouted"):
            checked.check(fact(lead_id, origin), known=False)


def test_a_fact_at_home_passes() -> None:
    """It belongs on this partition, or facts of its lead were accepted before."""
    checked = router()

    checked.check(fact(leads(astray=False)[0]), known=False)
    checked.check(fact(leads(astray=True)[0]), known=True)


def test_ten_misrouted_facts_are_borne_and_the_eleventh_is_not() -> None:
    """A handful may come from a test by hand; eleven of the first hundred are a setting."""
    checked = router()
    misroute(checked, 10)

    with pytest.raises(MisroutedError, match=r"11 of the first 11 facts of the origin 'crm'"):
        checked.check(fact(leads(astray=True)[10]), known=False)


def test_origins_are_counted_apart() -> None:
    """Ten astray of one origin and ten of another: neither is too many."""
    checked = router()

    misroute(checked, 10, "crm")
    misroute(checked, 10, "dialer")


def test_after_the_first_hundred_nothing_is_counted() -> None:
    """A hundred facts at home, then thirty astray: refused one by one, the partition goes on."""
    checked = router()
    for lead_id in leads(astray=False)[:100]:
        checked.check(fact(lead_id), known=False)

    misroute(checked, 30)


def test_the_count_outlives_a_restart() -> None:
    """Ten astray in the last life, one in this: too many. No life sets aside ten more."""
    control = Control(routing={"crm": Routing(facts=12, misrouted=10)})

    with pytest.raises(MisroutedError):
        router(control).check(fact(leads(astray=True)[0]), known=False)


@pytest.mark.parametrize(("origin", "setting"), [("crm", "crm"), (None, "-")])
def test_a_person_may_accept_what_is_there(origin: str | None, setting: str) -> None:
    """Thirty astray of an accepted origin, or of none: all set aside, none stops."""
    misroute(router(None, setting), 30, origin)


def test_a_source_without_an_origin_is_told_how_to_be_accepted() -> None:
    """The sentence names the setting with a dash."""
    checked = router()
    misroute(checked, 10, None)

    with pytest.raises(MisroutedError, match="LEADCLOCK_ACCEPT_MISROUTED=- lets"):
        checked.check(fact(leads(astray=True)[10], None), known=False)


def test_origins_are_counted_up_to_a_limit() -> None:
    """A source that makes up an origin for each fact does not fill the memory."""
    control = Control()
    checked = router(control)

    for number in range(1_100):
        checked.check(fact(leads(astray=False)[0], f"origin-{number}"), known=True)

    assert len(control.routing) == 1_000
