"""`python -m streams.cli`: the same command where no script is installed."""

from streams.cli import main

main()
