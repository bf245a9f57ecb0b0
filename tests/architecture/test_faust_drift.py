"""Faust and aiokafka are still what the shell's overrides were written against.

The shell replaces private methods and reads private attributes of both. When one of
these changes, the override has to be read again beside it: then, and only then, a
fingerprint here may be renewed.
"""

import hashlib
import inspect
import textwrap
from importlib.metadata import version
from typing import Any

import aiokafka
import faust
import pytest
from aiokafka.consumer import fetcher, subscription_state
from aiokafka.producer import sender
from faust.app import base as app_base
from faust.tables import manager, recovery
from faust.transport import conductor, consumer
from faust.transport.drivers import aiokafka as driver
from faust.types.tuples import ConsumerMessage

from streams.runtime import host, transport
from streams.runtime.recovery import Recovery, TableManager

FINGERPRINTS: dict[tuple[type, str], str] = {
    # Overridden.
    (consumer.Consumer, "_drain_messages"): "8f35dd7a11144daa",
    (consumer.Consumer, "_new_offset"): "2b29afe4dd9a65a3",
    (consumer.Consumer, "perform_seek"): "2b4ceebd23deb7ee",
    (consumer.Consumer, "verify_all_partitions_active"): "b0d2b193d5b74784",
    (consumer.Consumer, "on_partitions_revoked"): "652177e770ee66d6",
    (driver.Consumer, "_new_consumer_thread"): "8fd0d41b15145615",
    (driver.AIOKafkaConsumerThread, "_create_worker_consumer"): "c179c0bdb9755c3a",
    (recovery.Recovery, "need_recovery"): "c6860beac5d773db",
    (recovery.Recovery, "on_recovery_completed"): "895e7c415a4d1379",
    (manager.TableManager, "recovery"): "9e5e10447444e1df",
    (app_base.App, "_new_transport"): "11beddacb9fee5b0",
    (app_base.App, "_create_directories"): "11b6b0b79e317509",
    (app_base.BootStrategy, "server"): "2281b36f989677f3",
    # Called by Faust around our overrides, in an order they rely on.
    (recovery.Recovery, "_restart_recovery"): "f93138b040ef1bc2",
    (recovery.Recovery, "on_rebalance"): "31030bc1807f4cd3",
    (recovery.Recovery, "_wait"): "768af810dce80586",
    (app_base.App, "_on_partitions_revoked"): "c1abd58dcb37f0a2",
    (app_base.App, "_on_partitions_assigned"): "c9c5485eb273837f",
    (app_base.App, "on_stop"): "d8e7904b258c93f5",
    (app_base.App, "_stop_consumer"): "96573acf5f044586",
    (conductor.ConductorCompiler, "build"): "70ded0e719100a3f",
    # Used by our overrides.
    (consumer.Consumer, "ack"): "5548cf0f75843f73",
    (consumer.Consumer, "_get_active_partitions"): "da41bc1e8d869433",
    (consumer.Consumer, "_filter_committable_offsets"): "4fb75ba687d078b9",
    (consumer.Consumer, "_should_commit"): "91d8eb1ef6bf4994",
    (consumer.ThreadDelegateConsumer, "_getmany"): "8dbffeccb0e3267f",
    (driver.AIOKafkaConsumerThread, "_fetch_records"): "9e7369fc572de4d0",
    # It tells the app the generation in the consumer's own thread, before anything else.
    (driver.ConsumerRebalanceListener, "on_partitions_assigned"): "f8231db51dd545c6",
    # Of aiokafka: a position moves only while records are handed out.
    (fetcher.Fetcher, "fetched_records"): "e20ce0c8117f12d2",
    (fetcher.FetchResult, "getall"): "b638929de3431c67",
    (fetcher.PartitionRecords, "_unpack_records"): "047f7fc3f005c220",
    (subscription_state.TopicPartitionState, "consumed_to"): "916a05acf90738c1",
}


def fingerprint(owner: type, name: str) -> str:
    """Hash a method's source, whatever its indentation."""
    method: Any = inspect.getattr_static(owner, name)
    # Properties, and Faust's background tasks, keep the function inside.
    function = getattr(method, "fget", None) or getattr(method, "fun", None) or method
    source = textwrap.dedent(inspect.getsource(inspect.unwrap(function)))
    return hashlib.sha256(source.encode()).hexdigest()[:16]


def test_the_pinned_versions_are_installed() -> None:
    """Faust is pinned to the patch, aiokafka to the minor version."""
    assert version("faust-streaming") == "0.15.3"
    assert version("aiokafka").startswith("0.14.")
    assert faust.__version__ == "0.15.3"


@pytest.mark.parametrize(
    ("owner", "name"), FINGERPRINTS, ids=[f"{one.__name__}.{name}" for one, name in FINGERPRINTS]
)
def test_what_an_override_relies_on_has_not_changed(owner: type, name: str) -> None:
    """The source is the one that was read when the override was written."""
    assert fingerprint(owner, name) == FINGERPRINTS[owner, name]


@pytest.mark.parametrize(
    ("ours", "theirs", "names"),
    [
        (
            transport.BatchConsumer,
            driver.Consumer,
            (
                "_drain_messages",
                "_new_consumer_thread",
                "_new_offset",
                "on_partitions_revoked",
                "perform_seek",
                "verify_all_partitions_active",
            ),
        ),
        (
            transport.ConsumerThread,
            driver.AIOKafkaConsumerThread,
            ("_create_worker_consumer",),
        ),
        (Recovery, recovery.Recovery, ("need_recovery", "on_recovery_completed")),
        (TableManager, manager.TableManager, ("recovery",)),
        (host.App, app_base.App, ("_create_directories", "_new_transport")),
        (host.BootStrategy, app_base.BootStrategy, ("server",)),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_only_listed_methods_are_overridden(
    ours: type, theirs: type, names: tuple[str, ...]
) -> None:
    """Each override has a fingerprint above; none overrides by accident."""
    replaced = {
        name
        for name, value in vars(ours).items()
        if not name.startswith("__") and hasattr(theirs, name) and _is_code(value)
    }

    assert replaced == set(names)


def _is_code(value: object) -> bool:
    return isinstance(value, property) or (callable(value) and not isinstance(value, type))


def test_attributes_that_are_read_are_there() -> None:
    """Private state of Faust's consumer and aiokafka's, by name."""
    init = inspect.getsource(consumer.Consumer.__init__)
    for name in ("_acked", "_acked_index", "_read_offset", "_committed_offset"):
        assert f"self.{name} = " in init
    made = inspect.getsource(aiokafka.AIOKafkaConsumer.__init__)
    for name in ("_fetch_max_wait_ms", "_fetch_min_bytes", "_isolation_level", "_subscription"):
        assert f"self.{name} = " in made
    # They are read when the consumer is started, after we have set them.
    started = inspect.getsource(aiokafka.AIOKafkaConsumer.start)
    for name in ("_fetch_max_wait_ms", "_fetch_min_bytes", "_isolation_level"):
        assert f"self.{name}" in started
    assert hasattr(sender, "BACKOFF_OVERRIDE")
    assert "BACKOFF_OVERRIDE" in inspect.getsource(sender.AddPartitionsToTxnHandler)


def test_a_message_still_takes_what_we_give_it() -> None:
    """Its arguments, in this order: a batch is made of them without names."""
    told = list(inspect.signature(ConsumerMessage.__init__).parameters)

    assert told[1:13] == [
        "topic",
        "partition",
        "offset",
        "timestamp",
        "timestamp_type",
        "headers",
        "key",
        "value",
        "checksum",
        "serialized_key_size",
        "serialized_value_size",
        "tp",
    ]
    assert "generation_id" in told
