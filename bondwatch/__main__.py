"""`python -m bondwatch` is `bondwatch`."""

from bondwatch.cli import main

main()
