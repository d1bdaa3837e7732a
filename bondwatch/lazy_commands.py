"""Commands that are imported when they are called, not when they are listed.

The supervisor, every child and every `--help` come through the same command line; none of them
may pay for, or depend on, the native libraries of a command that is not called.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any, ClassVar

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command, get_group


@dataclass(frozen=True, slots=True)
class LazyCommand:
    """A command's name, where it is (``module:attribute``), and its line in the help.

    The attribute is a function, which becomes one command, or a ``typer.Typer``, a group of them.
    """

    name: str
    place: str
    help: str
    hidden: bool = False

    def load(self) -> Any:  # the command classes belong to Typer's own copy of Click
        """The real command. ImportError where it is not what the table says."""
        module, _, attribute = self.place.partition(":")
        found = getattr(import_module(module), attribute)
        if isinstance(found, typer.Typer):
            return get_group(found)
        single = typer.Typer(add_completion=False)
        single.command(self.name)(found)
        return get_command(single)


class LazyGroup(TyperGroup):
    """A group over a table of lazy commands; subclasses give the table."""

    lazy: ClassVar[Sequence[LazyCommand]] = ()

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._lazy = {entry.name: entry for entry in self.lazy}
        for entry in self.lazy:
            # What the help lists; nobody ever runs it.
            self.commands[entry.name] = TyperCommand(
                entry.name, help=entry.help, hidden=entry.hidden
            )

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command that the arguments call, the real one."""
        name, command, rest = super().resolve_command(ctx, args)
        entry = self._lazy.get(name or "")
        if entry is None or command is not self.commands.get(entry.name):
            return name, command, rest
        real = entry.load()
        real.name = entry.name
        return name, real, rest
