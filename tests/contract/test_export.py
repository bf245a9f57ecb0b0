"""The exported files: current, the same each time, and readable by others."""

from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from schemas import export
from schemas.asyncapi import document
from schemas.export import HOME, files, main, problems, schemas, write
from schemas.facts import CHANNELS
from schemas.topics import INPUTS
from schemas.yaml_text import yaml_of

every_schema = pytest.mark.parametrize("name", sorted(schemas()))


def test_the_committed_files_are_current(capsys: pytest.CaptureFixture[str]) -> None:
    """``--check`` finds nothing and says nothing."""
    assert main(["--check"]) == 0
    assert capsys.readouterr().err == ""


def test_a_check_names_each_stale_missing_and_surplus_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line a file, exit 1; an export mends all three."""
    monkeypatch.setattr(export, "HOME", tmp_path)
    write(tmp_path)
    (tmp_path / "json/breach.schema.json").write_text("{}")
    (tmp_path / "json/verdict.schema.json").unlink()
    (tmp_path / "json/forgotten.schema.json").write_text("{}")

    assert main(["--check"]) == 1
    assert capsys.readouterr().err.splitlines()[:3] == [
        "json/breach.schema.json: stale",
        "json/forgotten.schema.json: surplus",
        "json/verdict.schema.json: missing",
    ]

    assert main([]) == 0
    assert problems(tmp_path) == []


def test_an_export_is_the_same_each_time() -> None:
    """Byte for byte."""
    assert files() == files()


@every_schema
def test_a_schema_is_a_schema(name: str) -> None:
    """Each exported file follows the 2020-12 dialect."""
    Draft202012Validator.check_schema(schemas()[name])


@every_schema
def test_a_schema_explains_itself(name: str) -> None:
    """Every field says what it means; unknown fields are allowed, so that fields may be added."""
    schema = schemas()[name]

    assert schema["description"]
    assert schema["additionalProperties"] is True
    assert set(schema["required"]) <= set(schema["properties"])
    assert [field for field, told in schema["properties"].items() if not told["description"]] == []


def test_any_channel_is_accepted_and_the_known_ones_are_told() -> None:
    """The list of channels stands in the description, since another is taken as other."""
    channel = schemas()["contact-attempt"]["properties"]["channel"]

    assert "enum" not in channel
    assert ", ".join(CHANNELS) in channel["description"]


def test_the_document_is_yaml_for_others() -> None:
    """A YAML reader of others finds exactly what was meant."""
    text = (HOME / "asyncapi.yaml").read_text(encoding="utf-8")

    assert YAML(typ="safe", pure=True).load(text) == document()


@pytest.mark.parametrize(
    "tree",
    [
        {
            "no": "yes",
            "on": ["off", "null", "~", "", " a", "a ", "a: b", "a #b", "- a", "1", "0x1"],
        },
        {"a": {}, "b": [], "c": None, "d": True, "e": 34560000000, "f": [{"g": [1, {"h": "i"}]}]},
        {
            "text": 'it\'s "so"\n\tindeed, ümlaut',
            "version": "3.0.0",
            "$ref": "#/a/b",
            "x": [[1, 2]],
        },
        {"date": "2026-03-10", "time": "12:30:00", "number": "1e3", "infinity": ".inf", "y": "Y"},
    ],
)
def test_yaml_keeps_what_could_be_mistaken(tree: dict[str, object]) -> None:
    """Words, numbers and dates that are text stay text."""
    assert YAML(typ="safe", pure=True).load(yaml_of(tree)) == tree  # type: ignore[arg-type] # a tree by construction


def test_every_reference_leads_somewhere() -> None:
    """Pointers into the document and files beside it exist."""
    told = document()
    refs = list(_refs(told))

    assert len(refs) > 50
    for ref in refs:
        file, _, pointer = ref.partition("#")
        if file:
            assert (HOME / file).is_file()
            continue
        node = told
        for step in pointer.strip("/").split("/"):
            node = node[step]


def test_operations_are_told_from_our_side() -> None:
    """Leadclock receives the inputs; it sends verdicts, late facts, dead letters and control."""
    actions = document()["operations"]
    received = {name.removeprefix("receive-") for name in actions if name.startswith("receive-")}
    sent = {name.removeprefix("send-") for name in actions if name.startswith("send-")}

    assert received == set(INPUTS)
    assert sent & received == {"sla-control"}
    assert sent | received == set(document()["channels"])


def test_bindings_tell_how_to_make_the_topics() -> None:
    """Key, clean-up and retention in the words of the Kafka binding."""
    channels = document()["channels"]
    warnings = channels["sla-warnings"]["bindings"]["kafka"]["topicConfiguration"]
    open_leads = channels["open-leads"]["bindings"]["kafka"]["topicConfiguration"]

    assert warnings == {"cleanup.policy": ["delete"], "retention.ms": 30 * 24 * 3600 * 1000}
    assert open_leads == {"cleanup.policy": ["compact"]}
    assert "key" in document()["components"]["messages"]["breach"]["bindings"]["kafka"]


def _refs(node: object) -> list[str]:
    if isinstance(node, dict):
        here = [node["$ref"]] if "$ref" in node else []
        return here + [ref for value in node.values() for ref in _refs(value)]
    if isinstance(node, list):
        return [ref for value in node for ref in _refs(value)]
    return []
