"""What is written can be read: bytes and packed records."""

import json

import msgspec
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from schemas.codec import decode, encode, fact_of, pack_fact, unpack_fact
from schemas.export import schemas
from schemas.facts import FACTS, TYPES, Fact
from tests.contract.examples import EXAMPLES
from tests.contract.strategies import facts_of

SCHEMAS = schemas()
LEAD_FACTS = sorted(kind.TYPE for kind in FACTS)
every_type = pytest.mark.parametrize("name", sorted(TYPES))
every_lead_type = pytest.mark.parametrize("name", LEAD_FACTS)


@every_type
@given(data=st.data())
def test_a_fact_survives_its_bytes(name: str, data: st.DataObject) -> None:
    """decode(encode(x)) is x, whatever x is, and the bytes stay the same."""
    fact = data.draw(facts_of(name))

    again = decode(encode(fact))

    assert again == fact
    assert encode(again) == encode(fact)


@every_lead_type
@given(data=st.data())
def test_a_fact_survives_its_packed_form(name: str, data: st.DataObject) -> None:
    """unpack(pack(x)) is x, also through the bytes of a lead's record."""
    fact = data.draw(facts_of(name))
    assert isinstance(fact, Fact)

    packed = msgspec.msgpack.encode(pack_fact(fact))

    assert unpack_fact(pack_fact(fact)) == fact
    assert unpack_fact(msgspec.msgpack.decode(packed)) == fact


@every_type
@given(data=st.data())
def test_what_we_write_follows_the_schema(name: str, data: st.DataObject) -> None:
    """The exported schema accepts whatever the codec writes."""
    fact = data.draw(facts_of(name))

    Draft202012Validator(SCHEMAS[name]).validate(json.loads(encode(fact)))


@every_lead_type
@given(data=st.data())
def test_equal_contents_give_equal_bytes(name: str, data: st.DataObject) -> None:
    """The order in which a source writes the fields changes nothing."""
    fact = data.draw(facts_of(name))
    told = orjson.loads(encode(fact))
    order = data.draw(st.permutations(sorted(told)))

    shuffled = fact_of({field: told[field] for field in order})

    assert encode(shuffled) == encode(fact)


@every_type
def test_a_fact_begins_with_its_type(name: str) -> None:
    """Readers of JSON lines see first what a line is."""
    fact = decode((EXAMPLES / f"{name}/valid/full.json").read_bytes())

    assert encode(fact).startswith(b'{"type":"%s",' % name.encode())
