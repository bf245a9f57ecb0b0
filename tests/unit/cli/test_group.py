"""The group: help that is quick and whole, and endings in one sentence."""

import subprocess
import sys

import click
import pytest

from streams.cli import COMMANDS, main
from streams.cli.exits import AnswerIsNoError, ended
from streams.domain.problems import AgreementError, Problem
from streams.errors import ConfigurationError
from tests.unit.cli.running import complaint, run

SLOW = ("aiokafka", "faust", "rich", "holidays", "ruamel")


@pytest.mark.parametrize("flags", [(), ("--help",), ("-h",)])
def test_the_overview_lists_every_command_by_family(flags: tuple[str, ...]) -> None:
    """Without a command, too."""
    result = run(*flags)

    assert result.exit_code == 0
    for entry in COMMANDS.values():
        assert f"{entry.family}:" in result.stdout
        assert entry.doc in result.stdout
    assert "leadclock replay --policy" in result.stdout


def test_the_overview_waits_for_no_library() -> None:
    """It imports neither Kafka's clients nor what reads agreements or draws screens."""
    code = (
        "import sys; from streams.cli import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        f"sys.exit(', '.join(name for name in {SLOW!r} if name in sys.modules) or 0)"
    )

    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True)

    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.parametrize("name", list(COMMANDS))
def test_a_command_says_of_itself_what_the_overview_says(name: str) -> None:
    """The overview's line is the command's own; its help names its flags."""
    command = main.get_command(click.Context(main), name)

    assert command is not None
    assert command.get_short_help_str(limit=200) == COMMANDS[name].doc
    result = run(name, "--help")
    assert result.exit_code == 0
    assert result.stdout.startswith(f"Usage: leadclock {name}")


def test_it_tells_its_version() -> None:
    """As one line that a script can cut."""
    assert run("--version").stdout.startswith("leadclock ")


def test_a_misspelt_command_gets_the_nearest_one() -> None:
    """And a wild guess is sent to the overview."""
    assert complaint("sned") == "leadclock: there is no command 'sned'; did you mean 'send'?"
    assert "`leadclock --help` lists them all" in complaint("xyzzy")


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("replay",), "leadclock: replay: missing argument 'FACTS'."),
        (("replay", "--nope"), "leadclock: replay: no such option: --nope"),
        (("replay", "-", "--policy", "p", "--until", "now"), "is not an RFC 3339 instant"),
        (("topics", "mend"), "leadclock: topics: no such command 'mend'."),
        (("send", "-", "--pace", "0"), "leadclock: send: invalid value for '--pace'"),
        (("--nope",), "leadclock: No such option: --nope"),
    ],
)
def test_wrong_use_is_one_sentence_and_no_usage(args: tuple[str, ...], said: str) -> None:
    """On standard error, with exit code 2."""
    assert said in complaint(*args)


def test_a_missing_setting_is_named() -> None:
    """There is no default address."""
    assert complaint("subscribe") == (
        "leadclock: LEADCLOCK_BOOTSTRAP_SERVERS is not set; "
        "give the address of a Kafka broker as host:port"
    )


def test_a_flag_wins_over_its_variable() -> None:
    """Both name the same setting, and the same check reads them."""
    env = {"LEADCLOCK_BOOTSTRAP_SERVERS": "127.0.0.1:9092"}

    assert "holds 'nowhere'" in complaint("subscribe", "--bootstrap-servers", "nowhere", env=env)
    assert "holds 'there'" in complaint("subscribe", env={"LEADCLOCK_BOOTSTRAP_SERVERS": "there"})


def test_every_setting_shows_its_variable() -> None:
    """Whoever reads the help learns both names."""
    told = run("send", "--help").stdout

    assert "[env var: LEADCLOCK_TOPIC_PREFIX]" in " ".join(told.split())


def test_a_broker_that_is_not_there_is_one_sentence() -> None:
    """Port 1 of this machine."""
    env = {"LEADCLOCK_BOOTSTRAP_SERVERS": "127.0.0.1:1"}

    assert complaint("subscribe", env=env) == (
        "leadclock: no Kafka broker answers at 127.0.0.1:1 (LEADCLOCK_BOOTSTRAP_SERVERS)"
    )


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ConfigurationError("no"), 2),
        (AnswerIsNoError("no"), 1),
        (KeyboardInterrupt(), 130),
        (click.Abort(), 130),
        (BrokenPipeError(), 141),
    ],
)
def test_each_way_to_end_has_its_code(error: BaseException, code: int) -> None:
    """Neither Ctrl-C nor a reader that has left is worth a word."""

    def failing() -> None:
        raise error

    assert ended(failing) == code


def test_a_defect_of_ours_keeps_its_traceback() -> None:
    """It is not disguised as wrong use."""

    def defective() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        ended(defective)


def test_an_agreement_is_refused_line_by_line(capsys: pytest.CaptureFixture[str]) -> None:
    """Each problem on a line of its own, as a compiler says it."""
    problem = Problem(line=3, column=5, where="sales[0]", found="x", wanted="y", mend="write y")

    def refusing() -> None:
        raise AgreementError("a.yaml", [problem])

    assert ended(refusing) == 2
    assert capsys.readouterr().err == "a.yaml:3:5: sales[0]: found x, wanted y; write y\n"


def test_a_reader_that_leaves_ends_the_command_quietly() -> None:
    """As in `leadclock simulate --out - | head -1`."""
    command = [sys.executable, "-m", "streams.cli", "simulate", "--out", "-", "--leads", "2000"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        said = process.stderr.read()

    assert (process.returncode, said) == (141, b"")
