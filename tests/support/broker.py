"""A real single-node Apache Kafka for tests, from jars that Maven fetches.

By hand: ``python -m tests.support.broker`` prints the bootstrap address and
serves until Ctrl-C.
"""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import NoReturn

from streams.runtime.leash import command_on_a_leash

POM = Path(__file__).parent / "kafka" / "pom.xml"
JARS = POM.parent / "target" / "jars"
READY_WITHIN_SECONDS = 60
STOPPED_WITHIN_SECONDS = 15

SETTINGS: Mapping[str, str] = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "controller.listener.names": "CONTROLLER",
    "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
    # One node: the internal topics have one replica, in few partitions.
    "offsets.topic.replication.factor": "1",
    "offsets.topic.num.partitions": "4",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "transaction.state.log.num.partitions": "4",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    "auto.create.topics.enable": "false",
    # A test waits for nobody: groups form at once, members that were killed
    # are missed soon, transactions nobody takes over are aborted soon.
    "group.initial.rebalance.delay.ms": "0",
    "group.min.session.timeout.ms": "1000",
    "transaction.abort.timed.out.transaction.cleanup.interval.ms": "1000",
    # Compaction can be seen to happen within a test.
    "log.cleaner.backoff.ms": "500",
    "log.cleaner.dedupe.buffer.size": "16777216",
}


class BrokerError(RuntimeError):
    """The Kafka of the tests could not be got or did not start."""


def fetch_jars() -> Path:
    """Have Maven lay the server's jars beside the pom, once for each pom.

    Returns:
        The directory that holds them.

    Raises:
        BrokerError: there is no Maven, or it failed.
    """
    stamp = JARS / ".complete"
    if stamp.exists() and stamp.stat().st_mtime >= POM.stat().st_mtime:
        return JARS
    maven = _command("mvn")
    shutil.rmtree(JARS, ignore_errors=True)
    goal = [maven, "-q", "-B", "-f", str(POM), "dependency:copy-dependencies"]
    done = subprocess.run(
        [*goal, "-DincludeScope=runtime", f"-DoutputDirectory={JARS}"],
        check=False,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if done.returncode != 0:
        message = f"Maven could not get the jars of {POM.name}: {done.stdout.strip()[-2000:]}"
        raise BrokerError(message)
    stamp.touch()
    return JARS


@contextmanager
def running_broker(directory: Path) -> Iterator[str]:
    """Run one broker that is set up for tests.

    Args:
        directory: Existing and empty; the log of the server is left in it.

    Yields:
        The bootstrap address, on loopback, ready to be used.

    Raises:
        BrokerError: no Java or Maven, or the server ended or never got ready.
    """
    client_port, properties = properties_in(directory)
    with running_server(directory, properties, client_port) as bootstrap:
        yield bootstrap


def properties_in(directory: Path) -> tuple[int, dict[str, str]]:
    """Choose free ports for one broker that is set up for tests.

    Returns:
        The client's port and the whole server.properties.
    """
    client_port, controller_port = free_ports(2)
    client = f"PLAINTEXT://127.0.0.1:{client_port}"
    controller = f"127.0.0.1:{controller_port}"
    return client_port, {
        **SETTINGS,
        "controller.quorum.voters": f"1@{controller}",
        "listeners": f"{client},CONTROLLER://{controller}",
        "advertised.listeners": client,
        "log.dirs": str(directory / "data"),
    }


@contextmanager
def running_server(
    directory: Path, properties: Mapping[str, str], client_port: int
) -> Iterator[str]:
    """Run Kafka with just these properties until the block ends.

    Args:
        directory: Existing and empty; its configuration and log are left in it.
        properties: The whole server.properties.
        client_port: The port of its client listener, to tell when it is ready.

    Yields:
        The bootstrap address.

    Raises:
        BrokerError: no Java or Maven, or the server ended or never got ready.
    """
    server = Server(directory, properties, client_port)
    server.start()
    try:
        yield f"127.0.0.1:{client_port}"
    finally:
        server.stop()


class Server:
    """A Kafka that can be stopped, killed and started again with what it has on disk."""

    def __init__(self, directory: Path, properties: Mapping[str, str], client_port: int) -> None:
        """Format its storage.

        Args:
            directory: Existing and empty; its configuration and log are left in it.
            properties: The whole server.properties.
            client_port: The port of its client listener, to tell when it is ready.
        """
        java = _command("java")
        self._jvm = [java, "-Xms128m", "-Xmx512m", "-XX:+UseSerialGC", "-cp", f"{fetch_jars()}/*"]
        self._jvm.append("-Dorg.slf4j.simpleLogger.defaultLogLevel=warn")
        self._configuration = directory / "server.properties"
        lines = [f"{name}={value}\n" for name, value in properties.items()]
        self._configuration.write_text("".join(lines), encoding="utf-8")
        _format(self._jvm, self._configuration)
        self._log = directory / "server.log"
        self._port = client_port
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it is ready.

        Raises:
            BrokerError: It ended or never got ready.
        """
        with self._log.open("ab") as sink:
            self._process = subprocess.Popen(
                # Tests that are killed take the server with them.
                command_on_a_leash([*self._jvm, "kafka.Kafka", str(self._configuration)]),
                stdin=subprocess.PIPE,
                stdout=sink,
                stderr=subprocess.STDOUT,
                # Ctrl-C is for the tests, which then end the server in order.
                start_new_session=True,
            )
        try:
            _await_ready(self._process, self._port, self._log)
        except BaseException:
            self.kill()
            raise

    def stop(self) -> None:
        """Ask it to stop, and kill it if it does not."""
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(STOPPED_WITHIN_SECONDS)
        except subprocess.TimeoutExpired:
            _kill(process)

    def kill(self) -> None:
        """Kill it without a word."""
        process, self._process = self._process, None
        if process is not None:
            _kill(process)


def free_ports(count: int) -> list[int]:
    """Find as many different loopback ports that nobody listens on."""
    # All are held at once, so that no two are the same.
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [int(one.getsockname()[1]) for one in sockets]
    finally:
        for one in sockets:
            one.close()


def _command(name: str) -> str:
    path = shutil.which(name)
    if path is None:
        message = (
            f"The tests on real Kafka need {name}, which was not found: install Java 17"
            " or newer and Maven, or set LEADCLOCK_TEST_BOOTSTRAP to a running Kafka."
        )
        raise BrokerError(message)
    return path


def _format(jvm: list[str], configuration: Path) -> None:
    cluster_id = urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
    # One word: an id may begin with a dash.
    told = [f"--cluster-id={cluster_id}", "-c", str(configuration)]
    tool = [*jvm, "kafka.tools.StorageTool", "format", *told]
    done = subprocess.run(tool, check=False, capture_output=True, text=True)
    if done.returncode != 0:
        message = f"Kafka could not format its storage: {done.stderr.strip()[-2000:]}"
        raise BrokerError(message)


def _await_ready(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    # The server opens its port only after it has joined its own quorum.
    deadline = time.monotonic() + READY_WITHIN_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    tail = log.read_text(encoding="utf-8", errors="replace")[-2000:]
    message = f"Kafka was not ready within {READY_WITHIN_SECONDS} s: {tail}"
    raise BrokerError(message)


def _kill(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def main() -> None:
    """Serve until Ctrl-C or SIGTERM, with data that goes away at the end."""

    def stop(_signal: int, _frame: FrameType | None) -> NoReturn:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, stop)
    with (
        suppress(KeyboardInterrupt),
        tempfile.TemporaryDirectory(prefix="leadclock-kafka-") as directory,
        running_broker(Path(directory)) as bootstrap,
    ):
        print(f"export LEADCLOCK_TEST_BOOTSTRAP={bootstrap}", flush=True)  # noqa: T201 - for a shell
        while True:
            signal.pause()


if __name__ == "__main__":
    try:
        main()
    except BrokerError as error:
        raise SystemExit(os.linesep.join(error.args)) from None
