"""Write rules, routes and boards of an agreement, or say which of them are stale."""

from pathlib import Path

import click

from grafana.mixin.files import files, stale, write
from grafana.mixin.site import GRAFANA, RUNBOOKS, WORKLIST, Site
from streams.cli.agreements import read_body
from streams.cli.exits import AnswerIsNoError, ended
from streams.domain.policy import policy_of


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("policy", metavar="POLICY")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(),
    help="Folder to write to; as it is laid out in this repository.",
)
@click.option("--check", is_flag=True, help="Write nothing; end with 1 if a file is stale.")
@click.option("--grafana", default=GRAFANA, help="Where people open boards.", show_default=True)
@click.option("--worklist", default=WORKLIST, help="A worker's worklist.", show_default=True)
@click.option("--runbooks", default=RUNBOOKS, help="Where the runbooks lie.", show_default=True)
def main(
    *, policy: str, out: Path, check: bool, grafana: str, worklist: str, runbooks: str
) -> None:
    """Write what shows and alerts, from an agreement.

    Rules for Prometheus, routes for Alertmanager and boards for Grafana follow from the
    teams, targets, objectives, calendars and contacts of POLICY.

    Raises:
        AnswerIsNoError: A file is stale.
    """
    agreed = policy_of(read_body(policy))
    site = Site(policy=agreed, grafana=grafana, worklist=worklist, runbooks=runbooks)
    wanted = files(site)
    if not check:
        write(out, wanted)
        return
    if old := stale(out, wanted):
        raise AnswerIsNoError(f"stale: {', '.join(old)}; run `make monitoring`")


if __name__ == "__main__":
    raise SystemExit(ended(lambda: main(standalone_mode=False)))
