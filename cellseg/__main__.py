"""`python -m cellseg`: the command line."""

from cellseg.cli.commands import main

main()
