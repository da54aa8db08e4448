"""`python -m textkind` is the command `textkind`."""

from textkind.cli.app import main

main()
