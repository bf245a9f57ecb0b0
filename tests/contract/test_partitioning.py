"""Keys go to the partition that Kafka's Java client would choose."""

import pytest

from schemas.topics import murmur2, partition_of

JAVA = [
    # As in the tests of Kafka's own client.
    ("21", -973932308, 4),
    ("foobar", -790332482, 6),
    ("a-little-bit-long-string", -985981536, 0),
    ("a-little-bit-longer-string", -1486304829, 3),
    ("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971, 5),
    ("abc", 479470107, 3),
    # Asked of kafka-clients 4.1.0: every length of the tail, and keys as ours are.
    ("", 275646681, 1),
    ("a", -1563381124, 4),
    ("ab", 316155434, 2),
    ("lead-1", -218231179, 5),
    ("synthetic:42", 1428456592, 0),
    ("nord:rep-anna", 1709417752, 0),
    ("Grüße", 1190824359, 7),
]


@pytest.mark.parametrize(("key", "hashed", "partition"), JAVA)
def test_murmur2_is_that_of_java(key: str, hashed: int, partition: int) -> None:
    """The hash, as Java's signed integer, and the partition of eight."""
    found = murmur2(key.encode())

    assert found == hashed % 2**32
    assert partition_of(key.encode(), 8) == partition


def test_one_partition_takes_all() -> None:
    """With one partition every key lies on it."""
    assert {partition_of(key.encode(), 1) for key, _, _ in JAVA} == {0}
