"""JSON lines: one fact on each."""

from tests.unit.importers.rows import refused, told

CREATED = (
    b'{"type":"lead-created","event_id":"e1","lead_id":"L","occurred_at":"2026-03-10T09:00:00Z"}'
)


def test_c19_a_line_is_a_fact_and_blank_lines_are_nothing() -> None:
    """Lines 1 and 4 of a file with two blank ones between them."""
    found = told("jsonl", [CREATED + b"\n", b"\n", b"  \r\n", CREATED])

    assert [line for line, _ in found] == [1, 4]
    assert found[0][1]["lead_id"] == "L"


def test_an_editor_may_have_put_a_byte_order_mark_before_the_first_line() -> None:
    """The mark is no part of the JSON; Windows line ends are not either."""
    assert len(told("jsonl", [b"\xef\xbb\xbf" + CREATED + b"\r\n"])) == 1


def test_what_is_no_fact_is_told_with_its_line_and_reason() -> None:
    """A cut line, an unknown type, and a fact without its type."""
    lines = [CREATED[:-5], b'{"type":"x"}', CREATED.replace(b'"type":"lead-created",', b"")]

    assert [(line, reason) for line, reason, _ in refused("jsonl", lines)] == [
        (1, "not_json"),
        (2, "unknown_type"),
        (3, "missing_type"),
    ]
