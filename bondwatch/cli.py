"""The front door: `bondwatch COMMAND`, the table of commands and nothing that they do.

Each command lives in a module of its own that is imported when it is called, so that `--help`
and `check` work even where OpenCV or ONNX Runtime cannot be loaded. What goes wrong is told in
one line; see ``bondwatch.failures`` for the exit statuses.
"""

from __future__ import annotations

import os
import sys
from importlib.metadata import version
from typing import Annotated, Any

import typer

from bondwatch.failures import Status, told
from bondwatch.lazy_commands import LazyCommand, LazyGroup

COMMANDS = (
    LazyCommand("demo", "bondwatch.demo.command:demo", "Show the main job on this machine."),
    LazyCommand("run", "bondwatch.run_cli:run", "Watch the site."),
    LazyCommand("worker", "bondwatch.run_cli:worker", "Be a camera worker.", hidden=True),
    LazyCommand("publisher", "bondwatch.run_cli:publisher", "Be the publisher.", hidden=True),
    LazyCommand("ledger-writer", "bondwatch.run_cli:ledger_writer", "Write it.", hidden=True),
    LazyCommand("check", "bondwatch.check_cli:check", "Tell every mistake in the configuration."),
    LazyCommand("live", "bondwatch.live_cli:live", "Write what a camera shows now to a file."),
    LazyCommand("alarms", "bondwatch.alarms_cli:alarms_app", "List, follow, acknowledge alarms."),
    LazyCommand(
        "evidence", "bondwatch.evidence_cli:evidence_app", "List, export, verify what is kept."
    ),
    LazyCommand("verify", "bondwatch.verify_cli:verify", "Verify a bundle of evidence, offline."),
    LazyCommand("vouch", "bondwatch.alarms_cli:vouch", "Answer for the person behind an alarm."),
    LazyCommand("ledger", "bondwatch.ledger_cli:ledger_app", "Verify and show the ledger."),
    LazyCommand("enrol", "bondwatch.enrol_cli:enrol_app", "Keep the register of people."),
    LazyCommand("keys", "bondwatch.keys_cli:keys_app", "Keep the keys that seal faces."),
    LazyCommand("evaluate", "bondwatch.evaluate_cli:evaluate_app", "Measure the models' errors."),
    LazyCommand("models", "bondwatch.models_cli:models_app", "List, pull, import, prove weights."),
    LazyCommand("backup", "bondwatch.backup_cli:backup", "Save journal and register to one file."),
    LazyCommand("restore", "bondwatch.backup_cli:restore", "Bring a backup back."),
    LazyCommand("replay", "bondwatch.replay_cli:replay_video", "Judge a recording, JSON out."),
)


class FrontDoor(LazyGroup):
    """All commands of `bondwatch`."""

    lazy = COMMANDS


app = typer.Typer(
    cls=FrontDoor,
    add_completion=False,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit status: 0 done, 1 refused or failed, 2 command line or configuration wrong,"
    " 3 something needed is missing, 4 it fits together but that is not proven.",
)


@app.callback()
def front_door(
    context: typer.Context,
    show_version: Annotated[bool, typer.Option("--version", help="Say it, and end.")] = False,  # noqa: FBT002 - an option has a default
) -> None:
    """Guard a bonded warehouse: cameras in, alarms about people not on the register out."""
    if show_version:
        typer.echo(f"bondwatch {version('bondwatch')}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())
        raise typer.Exit(Status.USAGE)


def main(arguments: list[str] | None = None) -> None:
    """Runs one command and ends the process with its exit status."""
    sys.exit(run(arguments))


def run(arguments: list[str] | None = None) -> int:
    """Runs one command; its exit status."""
    try:
        result: Any = app(arguments, prog_name="bondwatch", standalone_mode=False)
    except typer.Abort:
        return Status.INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has seen enough; the interpreter must not try to flush it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Status.FAILED
    except Exception as error:
        if os.environ.get("BONDWATCH_TRACEBACK"):
            raise
        return told(error)
    return result if isinstance(result, int) else Status.DONE
