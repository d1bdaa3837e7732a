"""Commands that take one value instead of a dozen parameters.

Typer reads a command's options from its function's signature; here a dataclass's fields are
made that signature, so that options travel as one frozen value.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING, fields
from inspect import Parameter, Signature
from typing import Any, TypeVar, get_type_hints

_Options = TypeVar("_Options")


def takes(
    options: type[_Options],
) -> Callable[[Callable[[_Options], None]], Callable[..., None]]:
    """Let a command of one parameter take the options that a dataclass's fields describe.

    The fields are annotated as Typer's parameters are; the command's docstring is its help.
    """

    def decorate(run: Callable[[_Options], None]) -> Callable[..., None]:
        def command(**values: Any) -> None:
            run(options(**values))

        command.__name__, command.__doc__ = run.__name__, run.__doc__
        command.__annotations__ = get_type_hints(options, include_extras=True)
        vars(command)["__signature__"] = _signature(options)
        return command

    return decorate


def _signature(options: type) -> Signature:
    hints = get_type_hints(options, include_extras=True)
    return Signature(
        [
            Parameter(
                field.name,
                Parameter.KEYWORD_ONLY,
                default=Parameter.empty if field.default is MISSING else field.default,
                annotation=hints[field.name],
            )
            for field in fields(options)
        ]
    )
