"""How `enrol import` speaks: a progress bar, a line for each refused row, a summary.

Only output lives here. Names are printed as they are, never as markup.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from bondwatch.enrol_words import complain, tell
from enrolment.bulk.outcomes import Outcome, RowResult
from enrolment.bulk.report import report_line
from enrolment.bulk.table import Table
from enrolment.hints.language import Language

_PLURALS = {
    Language.ENGLISH: "{added} added, {updated} updated, {unchanged} unchanged, {refused} refused.",
    Language.CHINESE: "新增 {added} 人，更新 {updated} 人，未变 {unchanged} 人，"  # noqa: RUF001 - Chinese
    "拒绝 {refused} 行。",
}
_DRY = {
    Language.ENGLISH: "Nothing was changed: this was a dry run.",
    Language.CHINESE: "这是试运行，未做任何更改。",  # noqa: RUF001 - Chinese
}

_WAITING = {
    Language.ENGLISH: "Whoever is new or may do more awaits another account's approval:"
    " bondwatch enrol list --state awaiting_approval",
    Language.CHINESE: "新增人员和权限有扩大的人员须由另一个账号批准："  # noqa: RUF001 - Chinese
    "bondwatch enrol list --state awaiting_approval",
}


def tell_table(path: Path, table: Table) -> None:
    """Print how the table was read, for people to see a wrong guess."""
    rows = "1 row" if len(table.rows) == 1 else f"{len(table.rows):,} rows"
    ignored = f"; columns without a meaning here: {', '.join(table.ignored)}"
    tell(f"{path}: {rows}, read as {table.encoding}{ignored if table.ignored else ''}")


def with_progress(results: Iterator[RowResult], total: int) -> Iterator[RowResult]:
    """Pass results on under a progress bar; none is drawn where nobody would see it move."""
    console = Console(stderr=True)
    columns = (
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.description}"),
    )
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task("", total=total)
        for result in results:
            progress.advance(task)
            yield result


def tell_results(
    results: Sequence[RowResult], language: Language, *, dry: bool, as_json: bool
) -> None:
    """Print rows and photos with a reason, and what to do about them, then the summary."""
    counts = Counter(result.outcome for result in results)
    summary = {outcome.value: counts[outcome] for outcome in Outcome}
    if as_json:
        rows = [report_line(result, language) for result in results]
        document = {"dry_run": dry, "summary": summary, "rows": rows}
        print(json.dumps(document, ensure_ascii=False, indent=2))  # noqa: T201 - for programs
        return
    for result in results:
        if result.outcome is Outcome.REFUSED or result.noted_photos:
            complain(_line(result, language))
    tell(_PLURALS[language].format(**summary))
    if dry:
        tell(_DRY[language])


def tell_waiting(results: Sequence[RowResult], language: Language) -> None:
    """Say that an import under the two-person rule is half of the work."""
    if any(result.outcome in {Outcome.ADDED, Outcome.UPDATED} for result in results):
        tell(_WAITING[language])


def _line(result: RowResult, language: Language) -> str:
    line = report_line(result, language)
    who = " ".join(filter(None, (line["staff_id"], line["name"])))
    why = f", {line['reason']}" if line["reason"] else ""
    detail = f" ({line['detail']})" if line["detail"] else ""
    photos = f" [{line['photos']}]" if line["photos"] else ""
    return f"{line['line']}: {who}: {line['result']}{why}{detail}. {line['hint']}{photos}".rstrip()
