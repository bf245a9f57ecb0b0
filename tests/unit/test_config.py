"""Settings: complete or refused, naming what is wrong."""

import pytest

from streams.config import Settings, TimeMode, WriterKind
from streams.errors import ConfigurationError

BROKER = {"LEADCLOCK_BOOTSTRAP_SERVERS": "kafka-1:9092, kafka-2:9092"}
SASL = {
    **BROKER,
    "LEADCLOCK_SECURITY_PROTOCOL": "sasl_plaintext",
    "LEADCLOCK_SASL_MECHANISM": "scram-sha-512",
    "LEADCLOCK_SASL_USERNAME": "leadclock",
    "LEADCLOCK_SASL_PASSWORD": "secret",
}


def test_a_broker_is_enough() -> None:
    """Two addresses and nothing else: the wall clock, eight partitions, loopback."""
    settings = Settings.from_env(BROKER)

    assert settings.bootstrap_servers == ("kafka-1:9092", "kafka-2:9092")
    assert settings.time is TimeMode.WALL
    assert settings.writer is WriterKind.TRANSACTIONS
    assert settings.partitions == 8
    assert settings.http_host == "127.0.0.1"
    assert settings.kafka()["security_protocol"] == "PLAINTEXT"


def test_names_on_the_cluster_begin_with_the_prefix() -> None:
    """Prefix eu-, app sla: group eu-sla, topics eu-..., one writer's name for each partition."""
    settings = Settings.from_env(
        {**BROKER, "LEADCLOCK_TOPIC_PREFIX": "eu-", "LEADCLOCK_APP_ID": "sla"}
    )

    assert settings.name == "eu-sla"
    assert settings.topic("handed-off") == "eu-handed-off"
    assert settings.changelog == "eu-sla-leads-changelog"
    assert settings.transactional_id(7) == "eu-sla-leads-7"


def test_kafkas_own_names_reach_the_client() -> None:
    """SASL over plain text: mechanism, user and password as aiokafka calls them."""
    kafka = Settings.from_env(SASL).kafka()

    assert kafka["security_protocol"] == "SASL_PLAINTEXT"
    assert kafka["sasl_mechanism"] == "SCRAM-SHA-512"
    assert kafka["sasl_plain_username"] == "leadclock"
    assert kafka["sasl_plain_password"] == "secret"  # noqa: S105 - of a test
    assert kafka["ssl_context"] is None


def test_a_password_is_never_shown() -> None:
    """The settings' text has no password in it."""
    assert "secret" not in repr(Settings.from_env(SASL))


def test_tls_makes_a_context() -> None:
    """SSL without files: the system's authorities."""
    kafka = Settings.from_env({**BROKER, "LEADCLOCK_SECURITY_PROTOCOL": "SSL"}).kafka()

    assert kafka["ssl_context"].check_hostname


def test_words_may_be_written_in_any_case() -> None:
    """FACTS and Transactions are understood."""
    settings = Settings.from_env({**BROKER, "LEADCLOCK_TIME": "FACTS", "LEADCLOCK_WRITER": "Plain"})

    assert settings.time is TimeMode.FACTS
    assert settings.writer is WriterKind.PLAIN


def test_a_static_member_needs_a_fence() -> None:
    """With the plain writer nothing keeps out what a killed life had sent."""
    static = {**BROKER, "LEADCLOCK_INSTANCE_ID": "worker-1"}

    assert Settings.from_env(static).instance_id == "worker-1"
    with pytest.raises(ConfigurationError, match="LEADCLOCK_INSTANCE_ID needs"):
        Settings.from_env({**static, "LEADCLOCK_WRITER": "plain"})


def test_an_empty_variable_counts_as_not_set() -> None:
    """LEADCLOCK_PARTITIONS= is eight."""
    assert Settings.from_env({**BROKER, "LEADCLOCK_PARTITIONS": " "}).partitions == 8


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("BOOTSTRAP_SERVERS", ""),
        ("BOOTSTRAP_SERVERS", "kafka"),
        ("BOOTSTRAP_SERVERS", "kafka:99999"),
        ("TOPIC_PREFIX", "a/b"),
        ("TIME", "sundial"),
        ("WRITER", "pencil"),
        ("PARTITIONS", "0"),
        ("PARTITIONS", "many"),
        ("PARTITIONS", "2.5"),
        ("SESSION_TIMEOUT", "nan"),
        ("HTTP_PORT", "70000"),
        ("SECURITY_PROTOCOL", "TELNET"),
        ("SASL_MECHANISM", "PLAIN"),
    ],
)
def test_what_is_wrong_is_named(name: str, value: str) -> None:
    """Each complaint names its variable."""
    with pytest.raises(ConfigurationError, match=f"LEADCLOCK_{name}"):
        Settings.from_env({**BROKER, f"LEADCLOCK_{name}": value})


@pytest.mark.parametrize("name", ["SASL_MECHANISM", "SASL_USERNAME", "SASL_PASSWORD"])
def test_sasl_wants_all_of_it(name: str) -> None:
    """A part left out is named; there is no default for a secret."""
    told = {key: value for key, value in SASL.items() if not key.endswith(name)}

    with pytest.raises(ConfigurationError, match=f"LEADCLOCK_{name} is not set"):
        Settings.from_env(told)


def test_a_certificate_that_is_not_there_is_named() -> None:
    """A file that does not exist: one sentence, no traceback."""
    settings = Settings.from_env(
        {
            **BROKER,
            "LEADCLOCK_SECURITY_PROTOCOL": "SSL",
            "LEADCLOCK_SSL_CAFILE": "/nowhere/ca.pem",
        }
    )

    with pytest.raises(ConfigurationError, match="LEADCLOCK_SSL_CAFILE"):
        settings.kafka()
