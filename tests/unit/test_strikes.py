"""Strikes: confirmed breaches of listed clocks, rolling, voided by a retraction."""

from msgspec.structs import replace

from schemas.instants import DAY
from schemas.verdicts import Breach, record_key
from streams.domain.clauses import StrikeTerms
from streams.domain.strikes import Strikes, actor_of
from tests.support.story import SPEED, agreement, at, handed_off, hear

TERMS = StrikeTerms(frozenset({"speed"}), window_days=30, threshold=3)
CONFIRMED = hear(
    agreement(SPEED), handed_off("2026-03-10 10:00"), until="2026-03-10 12:00"
).breaches[-1]


def strike(number: int, day: int = 0, **more: object) -> Breach:
    """Build the confirmed breach of another lead, some days later."""
    moved = {
        "breach_id": f"b{number}",
        "breached_at": CONFIRMED.breached_at + day * DAY,
        "detected_at": CONFIRMED.detected_at + day * DAY,
    }
    return replace(CONFIRMED, **{**moved, **more})


def anna() -> Strikes:
    """Begin with no strike."""
    return Strikes("nord:anna")


def test_g5_the_strike_that_reaches_the_threshold_warns_once() -> None:
    """Three in a window of 30 days; the fourth says nothing new."""
    strikes = anna()

    said = [strikes.apply(strike(number, number), TERMS, 3) for number in range(4)]

    assert [len(one) for one in said] == [0, 0, 1, 0]
    ((warning,),) = [one for one in said if one]
    assert (warning.kind, warning.step, warning.subject) == ("strike_threshold", "3", "nord:anna")
    assert (warning.team_id, warning.rep_id, warning.policy_version) == ("nord", "anna", 3)
    assert record_key(warning) == b"nord:anna"


def test_only_confirmed_breaches_of_listed_clocks_are_strikes() -> None:
    """Provisional ones and those of depth are none."""
    strikes = anna()
    strikes.apply(strike(1, status="provisional"), TERMS)
    strikes.apply(strike(2, clock="depth"), TERMS)

    assert strikes.count(CONFIRMED.detected_at, TERMS) == 0


def test_a_retraction_voids_a_strike() -> None:
    """Two confirmed, one of them taken back: one."""
    strikes = anna()
    for one in (strike(1), strike(2), strike(2, 1, status="retracted")):
        strikes.apply(one, TERMS)

    assert strikes.count(CONFIRMED.detected_at + DAY, TERMS) == 1


def test_a_resolved_breach_stays_a_strike() -> None:
    """Answered late is late; told again it is the same strike."""
    strikes = anna()
    for one in (strike(1), strike(1, status="resolved"), strike(1, status="resolved")):
        strikes.apply(one, TERMS)

    assert strikes.count(CONFIRMED.detected_at, TERMS) == 1


def test_strikes_roll_out_of_the_window() -> None:
    """The one of 30 days ago no longer counts; then the next three warn again."""
    strikes = anna()
    for number in range(3):
        strikes.apply(strike(number), TERMS)
    later = CONFIRMED.breached_at + 30 * DAY

    assert strikes.count(later - 1, TERMS) == 3
    assert strikes.count(later, TERMS) == 0
    said = [strikes.apply(strike(number, 40), TERMS) for number in range(10, 13)]
    assert [len(one) for one in said] == [0, 0, 1]


def test_each_crossing_of_the_threshold_has_an_id_of_its_own() -> None:
    """Below by a retraction and over it again: two warnings, two ids."""
    strikes = anna()
    said = []
    for one in (strike(1), strike(2), strike(3), strike(3, 1, status="retracted"), strike(4, 2)):
        said += strikes.apply(one, TERMS)

    assert len({warning.warning_id for warning in said}) == 2


def test_whose_strike_it_is() -> None:
    """The owner's at due; Marketing's as a whole; nobody's when nobody owned the lead."""
    assert actor_of(CONFIRMED) == "nord:anna"
    assert actor_of(replace(CONFIRMED, rep_id=None)) == "nord:"
    assert actor_of(replace(CONFIRMED, debtor="marketing")) == "marketing:"
    assert actor_of(replace(CONFIRMED, team_id=None, rep_id=None)) is None
    assert CONFIRMED.breached_at == at("2026-03-10 11:00")
