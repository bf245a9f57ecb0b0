"""The one place where the parts meet: settings in, a Faust app out."""

from collections.abc import Callable, Sequence
from importlib.metadata import PackageNotFoundError, version

import faust
from faust.types.auth import CredentialsT
from prometheus_client import CollectorRegistry

from streams.config import REPS_TABLE, TABLE, Security, Settings, TimeMode, WriterKind
from streams.domain.shown import shown_teams
from streams.metrics.counts import Counts, Labels
from streams.metrics.exposition import Exposition, Scene
from streams.metrics.probes import ProbeCounts
from streams.metrics.reps import Owned
from streams.runtime import admin
from streams.runtime.agents import leads, reps
from streams.runtime.broker import Place
from streams.runtime.commit import Writer
from streams.runtime.ends import Ends
from streams.runtime.explanation import Explanation
from streams.runtime.host import App, Guard, bind
from streams.runtime.http import Door, Pages
from streams.runtime.kafka import KafkaBroker
from streams.runtime.logs import logging_config
from streams.runtime.owned import OwnedPartitions, OwnedTable, P, Parts
from streams.runtime.owned_reps import OwnedReps, OwnedTables
from streams.runtime.pages import books_of, reps_of
from streams.runtime.partition import Partition, Step
from streams.runtime.plain import PlainWriter
from streams.runtime.post import posts_of
from streams.runtime.probe import Prober
from streams.runtime.recovery import TableManager
from streams.runtime.sender import Sender
from streams.runtime.teller import Teller
from streams.runtime.transactions import TransactionalWriter
from streams.runtime.transport import BatchSchema
from streams.runtime.wall import wall_now
from streams.runtime.watchdog import Watchdog
from streams.runtime.worklist import Books, Worklist


def create_app(settings: Settings) -> App:
    """Build the app of a worker; nothing is connected before it starts."""
    app = App(
        settings.name,
        broker=[f"kafka://{address}" for address in settings.bootstrap_servers],
        broker_credentials=_credentials(settings.security),
        broker_session_timeout=settings.session_timeout_seconds,
        broker_heartbeat_interval=settings.session_timeout_seconds / 5,
        broker_rebalance_timeout=settings.session_timeout_seconds + 10,
        broker_request_timeout=max(30.0, settings.session_timeout_seconds + 10),
        broker_commit_interval=1.0,
        broker_max_poll_records=5_000,
        consumer_auto_offset_reset="earliest",
        consumer_group_instance_id=settings.instance_id,
        stream_buffer_maxsize=100_000,
        stream_wait_empty=False,
        table_standby_replicas=0,
        topic_disable_leader=True,
        topic_partitions=settings.partitions,
        topic_replication_factor=settings.replication,
        TableManager=TableManager,
        autodiscover=False,
        logging_config=logging_config(quiet=False),
    )
    app.settings = settings
    app.input_names = {
        settings.topic(name): name for name in (*OwnedPartitions.inputs, *OwnedReps.inputs)
    }
    broker = KafkaBroker(settings)
    registry = CollectorRegistry()
    counts = Counts(registry, is_on_wall_clock=settings.time is TimeMode.WALL)

    def written(partition: Partition, step: Step) -> None:
        published = partition.book.policies.published
        labels = Labels()
        if published:
            policy, _ = published[-1]
            labels = Labels(shown_teams(policy), policy.pauses.reasons)
        counts.committed(step.facts, step.refused, step.told, labels, step.named)

    teller = Teller(settings, broker)
    parts = _parts(settings, broker, OwnedPartitions, written)
    owned_reps = OwnedReps(_parts(settings, broker, OwnedReps, lambda _partition, _step: None))
    app.owner = app.reader = OwnedTables(OwnedPartitions(parts, teller), owned_reps, teller)
    Exposition(registry, lambda: _scene(app.owner))
    facts, control = posts_of(settings, broker, wall_now)
    door = Door(
        settings.http_host,
        settings.http_port,
        registry=registry,
        missing=lambda: _missing(app),
        pages=Pages(
            reps=lambda: _reps(app, settings),
            worklist=Worklist(lambda: _books(app, settings)),
            explanation=Explanation(lambda: _books(app, settings)),
            facts=facts,
            control=control,
        ),
    )
    app.own_services = [
        Guard(app, door=door, writer=parts.writer, broker=broker),
        Watchdog(lambda: _readable(app.owner), broker.committed_ends),
        *_probers(app, settings, broker, registry),
    ]
    for table in (TABLE, REPS_TABLE):
        # Never written to as tables: they give the changelogs, and their co-partitioning.
        app.Table(table, key_type=bytes, value_type=bytes, partitions=settings.partitions)
    leads.attach(app, _channel(app, settings, OwnedPartitions.inputs), app.owner.take)
    reps.attach(app, _channel(app, settings, OwnedReps.inputs), app.owner.take)
    bind(app)
    return app


def _probers(
    app: App, settings: Settings, broker: KafkaBroker, registry: CollectorRegistry
) -> list[Prober]:
    if settings.probe_seconds is None:
        return []
    return [
        Prober(
            owned=lambda: () if _missing(app) else app.owner.partitions(),
            sender=Sender(settings, broker),
            listener=broker,
            counts=ProbeCounts(registry, wall_now()),
            wall=wall_now,
        )
    ]


def _channel(app: App, settings: Settings, inputs: Sequence[str]) -> object:
    return app.topic(*map(settings.topic, inputs), schema=BatchSchema())


def _parts(
    settings: Settings,
    broker: KafkaBroker,
    owned: type[OwnedTable[P]],
    written: Callable[[P, Step], None],
) -> Parts[P]:
    return Parts(
        settings=settings,
        broker=broker,
        writer=_writer(settings, broker, owned.table),
        ends=Ends(broker, settings, owned.inputs),
        wall=wall_now,
        written=written,
        source=f"leadclock/{settings.name}",
    )


def _readable(owner: OwnedTables) -> dict[Place, int]:
    """Give the positions of inputs that ought to move when there is something to read."""
    if owner.generation < 0:
        return {}
    # Without an agreement facts wait, and only the topic that brings one is read.
    waiting = {one.frame.number for one in owner.partitions() if not one.has_policy}
    return {
        place: offset
        for place, offset in owner.positions().items()
        if place.partition not in waiting and owner.wants(place.partition)
    }


def _writer(settings: Settings, broker: KafkaBroker, table: str) -> Writer:
    if settings.writer is WriterKind.TRANSACTIONS:
        return TransactionalWriter(settings, broker, table)
    return PlainWriter(settings, broker, lambda: admin.count_members(settings), table)


def _credentials(security: Security) -> CredentialsT | None:
    context = security.ssl_context()
    if security.mechanism is not None:
        return faust.SASLCredentials(
            username=security.username,
            password=security.password,
            mechanism=security.mechanism,
            ssl_context=context,
        )
    return None if context is None else faust.SSLCredentials(context)


def _is_in_doubt(app: App) -> bool:
    """Tell whether another worker may already own what this one thinks it does."""
    return bool(app.rebalancing or app.owner.generation != app.consumer_generation_id)


def _books(app: App, settings: Settings) -> Books | None:
    return None if _is_in_doubt(app) else books_of(app.owner.partitions(), settings, wall_now)


def _reps(app: App, settings: Settings) -> Owned:
    """Give what may be told of reps: of nobody while it is in doubt who owns them."""
    if _is_in_doubt(app):
        return Owned(None, ())
    owner: OwnedTables = app.owner
    books = [partition.book for partition in owner.partitions()]
    return reps_of(owner.reps.partitions(), books, settings, wall_now)


def _missing(app: App) -> str | None:
    if _is_in_doubt(app):
        return "the group is rebalancing"
    if not app.tables.actives_ready:
        return "the state is being loaded"
    if not all(partition.has_policy for partition in app.owner.partitions()):
        return "no agreement was published; run `leadclock policy publish`"
    return None


def _scene(owner: OwnedTables) -> Scene:
    partitions = owner.partitions()
    policies = [entry[0] for one in partitions for entry in one.book.policies.published]
    newest = max(policies, key=lambda policy: policy.version, default=None)
    return Scene(
        nows={partition.frame.number: partition.now for partition in partitions},
        held_back={partition.frame.number: partition.held_back() for partition in partitions},
        policy=None if newest is None else (newest.version, newest.digest),
        version=_version(),
    )


def _version() -> str:
    try:
        return version("leadclock")
    except PackageNotFoundError:
        return "unknown"
