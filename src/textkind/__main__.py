"""`python -m textkind` is the command `textkind`."""

from textkind.cli import main

main()
