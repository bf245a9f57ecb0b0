"""The catalogue of topics as data."""

import re

import pytest

from schemas.asyncapi import document
from schemas.codec import TOPIC_OF, TYPES_ON
from schemas.export import HOME, schemas
from schemas.facts import CLOCKS, FACTS, TYPES
from schemas.topics import INPUTS, TOPICS, Topic
from schemas.verdicts import RECORDS, record_topic
from tests.contract.builders import a_breach
from tests.contract.examples import EXAMPLES

# A dot and an underscore are the same in the names of Kafka's metrics.
SAFE_NAME = re.compile(r"[a-z][a-z-]{1,47}[a-z]")
ALL_TYPES = {*TYPES, *(kind.TYPE for kind in RECORDS)}

CONTRACT = {
    "lead-created": ("delete", 400),
    "handed-off": ("delete", 400),
    "contact-attempt": ("delete", 400),
    "lead-closed": ("delete", 400),
    "clock-control": ("delete", 400),
    "sla-control": ("delete", 400),
    "speed-breaches": ("delete", 400),
    "depth-breaches": ("delete", 400),
    "marketing-breaches": ("delete", 400),
    "obligation-breaches": ("delete", 400),
    "sla-warnings": ("delete", 30),
    "sla-verdicts": ("delete", 400),
    "open-leads": ("compact", None),
    "rep-scorecards": ("compact", None),
    "goal-progress": ("compact", None),
    "late-facts": ("delete", 400),
    "lead-events-dlq": ("delete", 400),
    "rep-partials": ("compact,delete", 32),
    "goal-partials": ("compact,delete", 32),
}
"""Written out by hand from the contract: cleanup policy and days of each topic."""


def test_topics_are_those_of_the_contract() -> None:
    """Names, clean-up and retention are as the contract has them."""
    found = {name: (topic.cleanup, topic.retention_days) for name, topic in TOPICS.items()}

    assert found == CONTRACT


@pytest.mark.parametrize("topic", TOPICS.values(), ids=lambda topic: topic.name)
def test_names_come_from_a_safe_alphabet(topic: Topic) -> None:
    """Lower case and hyphens only."""
    assert SAFE_NAME.fullmatch(topic.name)
    assert TOPICS[topic.name] is topic


@pytest.mark.parametrize("topic", TOPICS.values(), ids=lambda topic: topic.name)
def test_retention_goes_with_the_cleanup_policy(topic: Topic) -> None:
    """Days are told exactly where records are deleted by age, from a short list."""
    assert topic.cleanup in {"delete", "compact", "compact,delete"}
    assert (topic.retention_days is not None) == ("delete" in topic.cleanup)
    assert topic.retention_days in {None, 30, 32, 400}


@pytest.mark.parametrize("topic", TOPICS.values(), ids=lambda topic: topic.name)
def test_every_topic_says_what_it_is(topic: Topic) -> None:
    """Key, owner and meaning are told; only dead letters and inner topics carry no record type."""
    assert topic.key
    assert topic.doc.endswith(".")
    assert topic.written_by in {"sources", "leadclock"}
    assert bool(topic.records) != (topic.inner or topic.name == "lead-events-dlq")


def test_every_record_type_is_on_some_topic() -> None:
    """No type without a topic, no topic with a type that does not exist."""
    carried = {name for topic in TOPICS.values() for name in topic.records}

    assert carried == ALL_TYPES


def test_each_fact_has_one_input() -> None:
    """A fact's type tells its input topic, and inputs are all that carry facts in."""
    assert tuple(TYPES_ON) == INPUTS
    assert set(TOPIC_OF) == set(TYPES)
    assert sum(len(carried) for carried in TYPES_ON.values()) == len(TYPES)


def test_late_facts_carry_the_facts_of_leads() -> None:
    """What came too late may be any fact of a lead, and no control fact."""
    assert set(TOPICS["late-facts"].records) == {kind.TYPE for kind in FACTS}


@pytest.mark.parametrize("clock", CLOCKS)
def test_each_clock_has_a_topic_for_its_breaches(clock: str) -> None:
    """A breach of every clock kind goes to a topic that carries breaches."""
    assert "breach" in TOPICS[record_topic(a_breach(clock=clock))].records


def test_no_schema_file_that_nothing_references() -> None:
    """The folder of schemas holds one file for each type and nothing else."""
    found = {path.name for path in (HOME / "json").iterdir()}

    assert found == {f"{name}.schema.json" for name in schemas()}
    assert set(schemas()) == ALL_TYPES


def test_no_example_file_that_nothing_references() -> None:
    """Examples lie under a known type, as valid or invalid, records never as invalid."""
    folders = {path.parent.relative_to(EXAMPLES) for path in EXAMPLES.rglob("*") if path.is_file()}
    facts = {f"{name}/{verdict}" for name in TYPES for verdict in ("valid", "invalid")}
    records = {f"{kind.TYPE}/valid" for kind in RECORDS}

    assert {folder.as_posix() for folder in folders} == facts | records
    assert {path.suffix for path in EXAMPLES.rglob("*") if path.is_file()} == {".json"}


def test_every_message_travels_on_some_channel() -> None:
    """The AsyncAPI document has no message that no channel carries, and none is missing."""
    told = document()
    carried = {name for channel in told["channels"].values() for name in channel["messages"]}

    assert carried == set(told["components"]["messages"])
    assert set(told["channels"]) == {topic.name for topic in TOPICS.values() if not topic.inner}
