"""`python -m cellseg`: the command line."""

from cellseg.cli import main

main()
