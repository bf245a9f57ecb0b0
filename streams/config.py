"""Settings of an installation, read once from ``LEADCLOCK_*`` variables.

What the business may change (targets, hours, holidays) is not here: it is the
agreement, which workers read from a topic. Addresses and secrets have no defaults.

Source:
    Contract, section 4.
"""

import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, TypeVar

from schemas.topics import DEFAULT_PARTITIONS
from streams.errors import ConfigurationError

PREFIX: Final = "LEADCLOCK_"
TABLE: Final = "leads"
"""Name of the table that holds all that is known of leads."""
REPS_TABLE: Final = "reps"
"""Name of the table in which the panes of all partitions come together, rep by rep."""

_NAME = re.compile(r"[A-Za-z0-9._-]{1,100}", re.ASCII)
_ADDRESS = re.compile(r"(?:\[[0-9A-Fa-f:]+\]|[A-Za-z0-9._-]+):[0-9]{1,5}", re.ASCII)
_PROTOCOLS: Final = ("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL")
_MECHANISMS: Final = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")
_LAST_PORT: Final = 65_535

Word = TypeVar("Word", bound=StrEnum)


class TimeMode(StrEnum):
    """Where an app's now comes from; fixed at its first start."""

    WALL = "wall"
    FACTS = "facts"


class WriterKind(StrEnum):
    """How a worker commits."""

    PLAIN = "plain"
    TRANSACTIONS = "transactions"


@dataclass(frozen=True, slots=True, kw_only=True)
class Security:
    """How to talk to the brokers, in Kafka's own words.

    Attributes:
        protocol: ``PLAINTEXT``, ``SSL``, ``SASL_PLAINTEXT`` or ``SASL_SSL``.
        mechanism: ``PLAIN``, ``SCRAM-SHA-256`` or ``SCRAM-SHA-512``; with SASL only.
        username: With SASL only.
        password: With SASL only.
        cafile: Certificates of the authorities to trust; None: the system's.
        certfile: The client's own certificate.
        keyfile: Its key.
        key_password: Opens the key.
    """

    protocol: str = "PLAINTEXT"
    mechanism: str | None = None
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    cafile: str | None = None
    certfile: str | None = None
    keyfile: str | None = None
    key_password: str | None = field(default=None, repr=False)

    def ssl_context(self) -> ssl.SSLContext | None:
        """Build the TLS context; None where the protocol has none.

        Raises:
            ConfigurationError: A file cannot be read or is no certificate.
        """
        if "SSL" not in self.protocol:
            return None
        try:
            context = ssl.create_default_context(cafile=self.cafile)
            if self.certfile is not None:
                context.load_cert_chain(self.certfile, self.keyfile, self.key_password)
        except OSError as error:
            raise ConfigurationError(
                f"LEADCLOCK_SSL_CAFILE, _CERTFILE or _KEYFILE cannot be used: {error}"
            ) from error
        return context


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything an installation chooses.

    Attributes:
        bootstrap_servers: ``host:port`` of brokers to begin with.
        topic_prefix: Put before the name of every topic; separates apps on one cluster.
        app_id: Name of the app; workers of one name share its work.
        time: Whether now is the wall clock or comes from the sources.
        writer: How a worker commits.
        partitions: Of every topic.
        replication: Copies of every partition of a topic that is created.
        session_timeout_seconds: After so long without a heartbeat a worker counts as gone.
        instance_id: Kafka's ``group.instance.id``: a stable name for one worker, so that its
            restart within the session timeout moves no partition. None: dynamic membership.
        fetch_wait_millis: How long a broker may wait for ``fetch_min_bytes``.
        fetch_min_bytes: Below this a broker waits before it answers a fetch.
        http_host: Where /metrics and the health of a worker are served.
        http_port: 0: any free port, which is logged.
        facts_token_file: Holds the token for ``POST /facts``; None: there is no such path.
        control_token_file: Holds the token for ``POST /control``; None: there is no such path.
        probe_seconds: How often a synthetic lead goes through the whole pipeline; None: never.
        accept_misrouted: Origins whose misrouted facts are set aside without stopping.
        security: How to talk to the brokers.
    """

    bootstrap_servers: tuple[str, ...]
    topic_prefix: str = ""
    app_id: str = "leadclock"
    time: TimeMode = TimeMode.WALL
    writer: WriterKind = WriterKind.TRANSACTIONS
    partitions: int = DEFAULT_PARTITIONS
    replication: int = 1
    session_timeout_seconds: float = 10.0
    instance_id: str | None = None
    fetch_wait_millis: int = 500
    fetch_min_bytes: int = 1
    http_host: str = "127.0.0.1"
    http_port: int = 9464
    facts_token_file: str | None = None
    control_token_file: str | None = None
    probe_seconds: float | None = None
    accept_misrouted: frozenset[str] = frozenset()
    security: Security = Security()

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> "Settings":
        """Build from ``LEADCLOCK_*`` variables; an empty one counts as not set.

        Raises:
            ConfigurationError: One is missing or unreadable; names it.
        """
        read = _Reader(env)
        time = read.word("TIME", TimeMode, TimeMode.WALL)
        settings = cls(
            bootstrap_servers=read.addresses("BOOTSTRAP_SERVERS"),
            topic_prefix=read.name("TOPIC_PREFIX", ""),
            app_id=read.name("APP_ID", "leadclock"),
            time=time,
            writer=read.word("WRITER", WriterKind, WriterKind.TRANSACTIONS),
            partitions=read.whole("PARTITIONS", DEFAULT_PARTITIONS, 1, 10_000),
            replication=read.whole("REPLICATION", 1, 1, 32),
            session_timeout_seconds=read.number("SESSION_TIMEOUT", 10.0, 1.0, 1_800.0),
            instance_id=read.name("INSTANCE_ID", "") or None,
            fetch_wait_millis=read.whole("FETCH_WAIT", 500, 0, 60_000),
            fetch_min_bytes=read.whole("FETCH_MIN_BYTES", 1, 1, 50_000_000),
            http_host=read.text("HTTP_HOST") or "127.0.0.1",
            http_port=read.whole("HTTP_PORT", 9464, 0, _LAST_PORT),
            facts_token_file=_token_file(read, "FACTS_TOKEN_FILE", time),
            control_token_file=_token_file(read, "CONTROL_TOKEN_FILE", time),
            probe_seconds=_probe(read, time),
            accept_misrouted=frozenset(read.listed("ACCEPT_MISROUTED")),
            security=_security(read),
        )
        if settings.instance_id is not None and settings.writer is WriterKind.PLAIN:
            # A static member gets its partitions back at once, and nothing but a fence keeps
            # out what its last life had sent already.
            raise ConfigurationError(
                "LEADCLOCK_INSTANCE_ID needs LEADCLOCK_WRITER=transactions: without a fence, what "
                "a worker sent before it was killed could arrive after its successor has loaded"
            )
        return settings

    @property
    def name(self) -> str:
        """What the app is called on the cluster: its consumer group, and its own topics' start."""
        return f"{self.topic_prefix}{self.app_id}"

    @property
    def changelog(self) -> str:
        """Full name of the topic that holds the state of leads."""
        return self.changelog_of(TABLE)

    def changelog_of(self, table: str) -> str:
        """Full name of the topic that holds a table's state."""
        return f"{self.name}-{table}-changelog"

    def topic(self, name: str) -> str:
        """Give a catalogue topic's full name."""
        return f"{self.topic_prefix}{name}"

    def transactional_id(self, partition: int, table: str = TABLE) -> str:
        """Name the writer of one partition of a table; who starts it fences who was before."""
        return f"{self.name}-{table}-{partition}"

    def kafka(self) -> dict[str, Any]:
        """Give what every aiokafka client needs to connect, as keyword arguments."""
        told: dict[str, Any] = {
            "bootstrap_servers": list(self.bootstrap_servers),
            "security_protocol": self.security.protocol,
            "ssl_context": self.security.ssl_context(),
        }
        if self.security.mechanism is not None:
            told["sasl_mechanism"] = self.security.mechanism
            told["sasl_plain_username"] = self.security.username
            told["sasl_plain_password"] = self.security.password
        return told


class _Reader:
    """Reads variables one by one; every complaint names its variable."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self._env = env

    def text(self, name: str) -> str | None:
        return self._env.get(PREFIX + name, "").strip() or None

    def listed(self, name: str) -> tuple[str, ...]:
        parts = (self.text(name) or "").split(",")
        return tuple(part.strip() for part in parts if part.strip())

    def addresses(self, name: str) -> tuple[str, ...]:
        found = self.listed(name)
        if not found:
            raise ConfigurationError(
                f"{PREFIX}{name} is not set; give the address of a Kafka broker as host:port"
            )
        for address in found:
            port = address.rpartition(":")[2]
            if not _ADDRESS.fullmatch(address) or not 0 < int(port) <= _LAST_PORT:
                raise ConfigurationError(
                    f"{PREFIX}{name} holds {address!r}; wanted host:port, several with commas"
                )
        return found

    def name(self, name: str, default: str) -> str:
        found = self.text(name)
        if found is None:
            return default
        if _NAME.fullmatch(found) is None:
            raise ConfigurationError(
                f"{PREFIX}{name} is {found!r}; wanted at most 100 characters of A-Z a-z 0-9 . _ -"
            )
        return found

    def word(self, name: str, words: type[Word], default: Word) -> Word:
        found = self.text(name)
        if found is None:
            return default
        try:
            return words(found.lower())
        except ValueError:
            raise ConfigurationError(
                f"{PREFIX}{name} is {found!r}; wanted one of {', '.join(words)}"
            ) from None

    def choice(self, name: str, words: tuple[str, ...], default: str | None) -> str | None:
        found = self.text(name)
        if found is None:
            return default
        if found.upper() not in words:
            raise ConfigurationError(
                f"{PREFIX}{name} is {found!r}; wanted one of {', '.join(words)}"
            )
        return found.upper()

    def number(self, name: str, default: float, least: float, most: float) -> float:
        found = self.text(name)
        if found is None:
            return default
        try:
            value = float(found)
        except ValueError:
            value = float("nan")
        if not least <= value <= most:
            raise ConfigurationError(
                f"{PREFIX}{name} is {found!r}; wanted a number from {least:g} to {most:g}"
            )
        return value

    def whole(self, name: str, default: int, least: int, most: int) -> int:
        value = self.number(name, default, least, most)
        if value != int(value):
            raise ConfigurationError(
                f"{PREFIX}{name} is {self.text(name)!r}; wanted a whole number"
            )
        return int(value)


def _token_file(read: _Reader, name: str, time: TimeMode) -> str | None:
    path = read.text(name)
    if path is not None and time is TimeMode.FACTS:
        raise ConfigurationError(
            f"{PREFIX}{name} is set, but {PREFIX}TIME is facts; what is posted happens now, and "
            "histories are sent with `leadclock send`"
        )
    return path


def _probe(read: _Reader, time: TimeMode) -> float | None:
    every = read.number("PROBE", 0.0, 0.0, 3_600.0)
    if every and time is TimeMode.FACTS:
        raise ConfigurationError(
            f"{PREFIX}PROBE is set, but {PREFIX}TIME is facts; how long a verdict takes is "
            "measured by the wall clock"
        )
    return every or None


def _security(read: _Reader) -> Security:
    protocol = read.choice("SECURITY_PROTOCOL", _PROTOCOLS, "PLAINTEXT") or "PLAINTEXT"
    mechanism = read.choice("SASL_MECHANISM", _MECHANISMS, None)
    username, password = read.text("SASL_USERNAME"), read.text("SASL_PASSWORD")
    if protocol.startswith("SASL"):
        told = {
            "SASL_MECHANISM": mechanism,
            "SASL_USERNAME": username,
            "SASL_PASSWORD": password,
        }
        for name, value in told.items():
            if value is None:
                raise ConfigurationError(
                    f"{PREFIX}{name} is not set, and {PREFIX}SECURITY_PROTOCOL={protocol} needs it"
                )
    elif mechanism is not None:
        raise ConfigurationError(
            f"{PREFIX}SASL_MECHANISM is set, but {PREFIX}SECURITY_PROTOCOL is {protocol}; "
            "wanted SASL_SSL or SASL_PLAINTEXT"
        )
    return Security(
        protocol=protocol,
        mechanism=mechanism,
        username=username,
        password=password,
        cafile=read.text("SSL_CAFILE"),
        certfile=read.text("SSL_CERTFILE"),
        keyfile=read.text("SSL_KEYFILE"),
        key_password=read.text("SSL_PASSWORD"),
    )
