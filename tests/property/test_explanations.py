"""What is explained of a clock is what was published of it."""

from collections import Counter
from typing import Final

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from schemas.instants import DAY
from schemas.verdicts import Breach, Verdict
from streams.domain.book import Book, Output
from streams.domain.explain import Explained, Story, TakenBack
from streams.domain.explain_time import EXCLUDED, OPEN, PAUSED
from streams.domain.lead import CAUSES
from streams.domain.life import Life
from streams.domain.publish import breach_id_of
from streams.replay import published
from tests.support.lives import POLICIES, lives
from tests.support.naive_lead import Telling
from tests.support.worlds import END, SLEEPING_TOO, START

_IS_LONG: Final = settings.get_current_profile_name() == "long"
some = settings(
    max_examples=5_000 if _IS_LONG else 100, suppress_health_check=[HealthCheck.too_slow]
)
worlds = pytest.mark.parametrize("world", SLEEPING_TOO)
instants = st.integers(START, END) | st.integers(START, START + 5 * DAY)


def lived(world: str, tellings: list[Telling], now: int) -> list[Explained]:
    """Explain a life as of an instant."""
    life = Life("lead-1", POLICIES[world], read_policy=published)
    for fact, seen_at in sorted(tellings, key=lambda telling: telling.seen_at):
        if seen_at <= now:
            life.tell(fact, seen_at)
    life.live(now)
    return life.explained()


def last_words(
    world: str, tellings: list[Telling], now: int
) -> tuple[dict[str, Breach], dict[str, Verdict]]:
    """What was published last of each breach and each end."""
    book, said = Book(POLICIES[world]), list[Output]()
    for fact, seen_at in sorted(tellings, key=lambda telling: telling.seen_at):
        if seen_at <= now:
            said += book.advance(seen_at - 1)
            book.tell(fact, seen_at)
    breaches: dict[str, Breach] = {}
    verdicts: dict[str, Verdict] = {}
    for record in [*said, *book.advance(now)]:
        if isinstance(record, Breach):
            breaches[record.breach_id] = record
        elif isinstance(record, Verdict):
            verdicts[record.verdict_id] = record
    return breaches, verdicts


@worlds
@some
@given(tellings=lives(), now=instants)
def test_an_explanation_says_what_was_published(
    world: str, tellings: list[Telling], now: int
) -> None:
    """Outcome, due, elapsed, overrun, answer and attempts, of every clock and at any instant."""
    breaches, verdicts = last_words(world, tellings, now)
    explained = lived(world, tellings, now)

    told_breaches: dict[str, Breach] = {}
    told_verdicts: dict[str, Verdict] = {}
    for life in explained:
        for story in life.stories:
            _holds(story)
        told: list[Story | TakenBack] = [*life.stories, *life.taken_back]
        for one in told:
            if one.breach is not None:
                told_breaches[one.breach.breach_id] = one.breach
            if one.verdict is not None:
                told_verdicts[one.verdict.verdict_id] = one.verdict
    if any(life.erased_at is not None for life in explained):
        assert told_breaches.items() <= breaches.items()
        assert told_verdicts.items() <= verdicts.items()
    else:
        assert told_breaches == breaches
        assert told_verdicts == verdicts


def _holds(story: Story) -> None:
    clock, verdict, breach = story.clock, story.verdict, story.breach
    if verdict is not None and verdict.reason not in CAUSES:
        event(f"verdict {verdict.outcome}")
        assert story.state == verdict.outcome
        assert (clock.due_at, clock.answered_at) == (verdict.due_at, verdict.answered_at)
        assert clock.started_at == verdict.started_at
        assert story.elapsed == verdict.elapsed_seconds
        if verdict.overrun_seconds is not None:
            assert story.left == -verdict.overrun_seconds
        assert clock.attempts(story.until) == verdict.attempts
        assert clock.reason == verdict.reason
    if breach is not None and breach.status != "retracted":
        event(f"breach {breach.status} {breach.kind}")
        assert breach.breach_id == breach_id_of("lead-1", clock.key)
        assert (clock.due_at, clock.breach_kind) == (breach.due_at, breach.kind)
        assert clock.is_breached_at(story.until)
    elif clock.has_verdict and clock.ended_at is None:
        assert story.state != "breached"


@worlds
@some
@given(tellings=lives(), now=instants)
def test_segments_are_the_whole_time_and_add_up(
    world: str, tellings: list[Telling], now: int
) -> None:
    """They touch, from the opening to the end; what counts is the business time that is told."""
    for life in lived(world, tellings, now):
        for story in life.stories:
            clock, segments = story.clock, story.segments
            if not clock.has_verdict:
                assert not segments
                continue
            assert sum(one.counted for one in segments) == story.elapsed
            after = sum(one.counted for one in segments if one.is_after_due)
            if clock.due_at is not None and clock.due_at <= story.until:
                assert after == -(story.left or 0)
            ends = [one.to_at for one in segments[:-1]]
            assert ends == [one.from_at for one in segments[1:]]
            assert all(one.from_at < one.to_at for one in segments)
            if segments and clock.timeline.spans[0].from_at <= clock.opened_at:
                assert segments[0].from_at == min(clock.opened_at, clock.started_at)
                assert segments[-1].to_at == story.until
            if clock.due_at is not None and clock.due_at <= story.until:
                owned: Counter[tuple[str | None, str | None]] = Counter()
                for one in segments:
                    if one.why == OPEN and not one.is_after_due:
                        owned[one.team_id, one.rep_id] += one.counted
                shares = clock.timeline.shares(clock.started_at, clock.due_at)
                assert owned == {(one.team_id, one.rep_id): one.seconds for one in shares}
            assert all(one.causes for one in segments if one.why in (PAUSED, EXCLUDED))


@worlds
@some
@given(tellings=lives(), now=instants)
def test_every_attempt_has_a_reason(world: str, tellings: list[Telling], now: int) -> None:
    """It counts, or a code says why not; what counts is what the clock has counted."""
    for life in lived(world, tellings, now):
        for story in life.stories:
            for touch in story.touches:
                event(f"{touch.role or 'not'} {touch.why}")
                assert bool(touch.role) != bool(touch.why)
                assert "other" not in touch.why
            answered = [touch for touch in story.touches if touch.role == "answers"]
            if story.clock.answered_at is not None and story.clock.commitment.clock != "qualify":
                (touch,) = answered
                assert touch.effect_at == story.clock.answered_at
            else:
                assert not answered
