"""`python -m tests.faults`: the full form, or the short one."""

import argparse
from pathlib import Path

from tests.faults.run import FULL, SHORT, run

parser = argparse.ArgumentParser(description="Kill workers and broker under load, and judge.")
parser.add_argument("--short", action="store_true", help="a few faults instead of thirty")
parser.add_argument("--seed", type=int, default=1)
parser.add_argument("--directory", type=Path, help="existing and empty; keeps the logs")
chosen = parser.parse_args()
outcome = run(SHORT if chosen.short else FULL, chosen.seed, chosen.directory)
print(outcome.table())  # noqa: T201 - the answer
print(*outcome.judgement.examples, sep="\n")  # noqa: T201 - what to look at
raise SystemExit(0 if outcome.judgement.is_clean else 1)
