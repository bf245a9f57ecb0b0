"""The wall clock is read in microseconds since 1970."""

from pathlib import Path

from streams.runtime.wall import wall_now


def test_the_clock_agrees_with_the_file_system(tmp_path: Path) -> None:
    """A file made between two readings was made within a second of both."""
    before = wall_now()
    mark = tmp_path / "mark"
    mark.touch()
    after = wall_now()
    made_at = mark.stat().st_mtime_ns // 1_000

    # File systems round their times; none by a second.
    assert before - 1_000_000 <= made_at <= after + 1_000_000
    assert before <= after
