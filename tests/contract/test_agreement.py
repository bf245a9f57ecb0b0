"""Codec and exported schema say yes and no to the same facts."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from schemas.codec import TOPIC_OF, RefusedError, decode, fields_of
from schemas.export import schemas
from schemas.facts import CHANNELS, CLOCKS, STAGES, TYPES
from tests.contract.examples import EXAMPLES

SCHEMAS = schemas()

# No line feed: Python's ``$`` matches before the last one, that of JSON Schema does not.
TEXTS = st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=70)
TELLING: st.SearchStrategy[Any] = st.sampled_from(
    [
        *(*CHANNELS, *CLOCKS, *STAGES, "won", "system", "sales", "inbound", "connected"),
        *("2026-03-10T12:00:00Z", "2026-03-10T12:00:00.5+01:00", "2026-03-10 12:00:00Z"),
        *("2026-03-10T12:00:00", "1200.50", "-3", "1.", "1e3", "", "x" * 64, "x" * 65),
        *(0, 1, -1, 2.5, 3.0, True, False, None, [], {}, [1], ["nord"], {"team_id": "nord"}),
        *({"team_id": ["a", 1]}, {"team_id": None}, {"region": "x"}, {"rep_id": []}),
    ]
)
ANYTHING = TELLING | TEXTS | st.integers(-(2**53), 2**53) | st.floats(-1e15, 1e15)


@st.composite
def nearly_facts(draw: st.DrawFn, name: str) -> dict[str, Any]:
    """Take the full example of a type and replace or leave out a few fields."""
    told: dict[str, Any] = json.loads((EXAMPLES / f"{name}/valid/full.json").read_bytes())
    fields = ["type", *(field.name for field in fields_of(TYPES[name]))]
    for field in draw(st.lists(st.sampled_from(fields), max_size=2)):
        if draw(st.booleans()):
            told[field] = draw(ANYTHING)
        else:
            told.pop(field, None)
    return told


@pytest.mark.parametrize("name", sorted(TYPES))
@given(data=st.data())
def test_codec_and_schema_agree(name: str, data: st.DataObject) -> None:
    """What the schema accepts is decoded on its topic, what it refuses is refused."""
    told = data.draw(nearly_facts(name))
    value = json.dumps(told).encode()

    try:
        decode(value, topic=TOPIC_OF[name])
    except RefusedError:
        accepted = False
    else:
        accepted = True

    assert Draft202012Validator(SCHEMAS[name]).is_valid(told) == accepted
