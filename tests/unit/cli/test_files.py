"""Files of facts: plain, packed, piped, and not there."""

import bz2
import gzip
import lzma
from collections.abc import Callable
from pathlib import Path

import pytest

from streams.cli.files import read_facts
from streams.errors import ConfigurationError

LINE = (
    b'{"type":"lead-created","event_id":"e1","lead_id":"L","occurred_at":"2026-03-10T09:00:00Z"}\n'
)


def plain(content: bytes) -> bytes:
    """Leave it as it is."""
    return content


@pytest.mark.parametrize("pack", [plain, gzip.compress, lzma.compress, bz2.compress])
def test_a_packed_file_needs_no_name_to_tell(
    tmp_path: Path, pack: Callable[[bytes], bytes]
) -> None:
    """Two facts, whatever the file is called."""
    file = tmp_path / "facts"
    file.write_bytes(pack(LINE * 2))

    assert [line for line, _ in read_facts(str(file), "jsonl")] == [1, 2]


def test_an_empty_file_holds_nothing(tmp_path: Path) -> None:
    """Not an error."""
    file = tmp_path / "facts"
    file.touch()

    assert list(read_facts(str(file), "jsonl")) == []


@pytest.mark.parametrize("pack", [gzip.compress, lzma.compress])
def test_a_file_that_was_cut_says_so(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    """A download that broke off."""
    file = tmp_path / "facts.gz"
    file.write_bytes(pack(LINE * 2_000)[:-20])

    with pytest.raises(ConfigurationError, match=r"facts\.gz is damaged or was cut"):
        list(read_facts(str(file), "jsonl"))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    """And so is a directory."""
    with pytest.raises(ConfigurationError, match="nothing cannot be read: No such file"):
        list(read_facts(str(tmp_path / "nothing"), "jsonl"))
    with pytest.raises(ConfigurationError, match="cannot be read: Is a directory"):
        list(read_facts(str(tmp_path), "jsonl"))
