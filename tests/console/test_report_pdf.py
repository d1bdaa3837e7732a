"""The printed report, read with a reader that is not ours."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import PIL.Image
import pytest

import console.report_pdf
from console.report import blocks, fonts
from console.report_pdf import write_report
from tests.console.cases import ALARM_ID, ANN, make_case, revisions
from vision.bundles.case import Case
from vision.evidence.places import FileKind

pytestmark = pytest.mark.skipif(
    not shutil.which("pdftotext"), reason="there is no poppler-utils; `make setup` installs it"
)

HOSTILE = "</para><b>bold</b> & <img src='x'/> \u202eevil"


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Case:
    """The drawn case."""
    return make_case(tmp_path_factory.mktemp("case"))


@pytest.fixture(scope="module")
def report(case: Case, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its report."""
    target = tmp_path_factory.mktemp("report") / "report.pdf"
    write_report(case, target)
    return target


def asked(*command: str | Path) -> str:
    """What a reader says of a report."""
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def pages_of(report: Path) -> list[str]:
    """The pages' text."""
    return asked("pdftotext", "-layout", report, "-").split("\f")[:-1]


def printed(case: Case, folder: Path) -> list[str]:
    """The pages of a case's report."""
    target = folder / "report.pdf"
    write_report(case, target)
    return pages_of(target)


def flat(pages: list[str]) -> str:
    """All the text in one line: how lines are broken says nothing."""
    return " ".join(" ".join(pages).split())


def test_what_it_tells(case: Case, report: Path) -> None:
    """Why, the facts in both zones, who saw it, revisions, passages, digests, gaps, the hold."""
    text = flat(pages_of(report))

    for told in (
        "Unregistered person 未登记人员",
        "Somebody who is not on the register was in zone store.",
        "有未登记人员在区域 store 内。",
        "2026-01-01 20:00:02.600",
        "2026-01-01 12:00:02.600 UTC",
        "Li Wei 李伟",
        "Driver of the 11:30 delivery, sent to the office. 走错门了。已送往办公室。",
        "court, 12/26",
        f"Track 7: registered, {ANN}",
        "0.860, under the reject threshold of 0.900",
        "Person, track 5: enters store",
        "the camera was lost",
        "looks to confirm",
        "It is no proof by itself",
    ):
        assert told in text
    squeezed = text.replace(" ", "")
    assert all(one.file.name in squeezed for one in case.files)


def test_digests_are_whole(case: Case, report: Path) -> None:
    """Every file's SHA-256 stands there, over several lines, down to the last digit."""
    squeezed = "".join(asked("pdftotext", "-raw", report, "-").split())

    assert all(one.file.sha256 in squeezed for one in case.files)


def test_every_page_says_whose_it_is(report: Path) -> None:
    """Pages get apart: each has the alarm's id and its number."""
    pages = pages_of(report)

    assert len(pages) > 2
    for number, page in enumerate(pages, 1):
        assert ALARM_ID in page
        assert f"Page {number} of {len(pages)}" in page
        assert f"第 {number} 页" in page


def test_the_same_case_gives_the_same_bytes(case: Case, report: Path, tmp_path: Path) -> None:
    """A report can be made again and compared."""
    again = tmp_path / "again.pdf"

    write_report(case, again)

    assert again.read_bytes() == report.read_bytes()


def test_the_letters_are_in_it(report: Path) -> None:
    """Chinese does not depend on the viewer."""
    wide = [line for line in asked("pdffonts", report).splitlines() if "TrueType" in line]

    assert wide
    assert all(line.split()[-5:-2] == ["yes", "yes", "yes"] for line in wide)


def test_rules_that_two_timelines_share(case: Case, tmp_path: Path) -> None:
    """They stand in the report once."""
    (timeline,) = [one for one in case.files if one.file.kind == FileKind.TIMELINE]

    text = flat(printed(replace(case, files=(*case.files, timeline)), tmp_path))

    assert text.count("looks to condemn") == 1


def test_no_chinese_font(case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """There is a report all the same, and it says that the viewer must bring the letters."""
    monkeypatch.setattr(console.report_pdf, "letters", lambda: fonts.letters(()))

    text = flat(printed(case, tmp_path))

    assert "This machine has no Chinese font" in text
    assert "Somebody who is not on the register was in zone store." in text


def test_hostile_text(case: Case, tmp_path: Path) -> None:
    """It is shown as it was written; what turns the direction of writing is named."""
    hostile = replace(
        case,
        site=HOSTILE,
        names={"S-17": HOSTILE},
        revisions=revisions(by=HOSTILE, note=HOSTILE),
    )

    text = flat(printed(hostile, tmp_path))

    shown = HOSTILE.replace("\u202e", "[U+202E]")
    assert f"Note 备注 {shown}" in text
    assert f"Track 7: registered, {shown}" in text
    assert f"from the evidence of site {shown}." in text


def test_long_notes(case: Case, tmp_path: Path) -> None:
    """They go on over as many pages as they need, with or without spaces."""
    lines = "\n".join(f"line {number}" for number in range(150))
    note = f"{lines}\n{'走错门' * 300}\n{'x' * 1000}\nthe end"

    pages = printed(replace(case, revisions=revisions(note=note)), tmp_path)

    text = flat(pages)
    assert "line 0 line 1 line 2 " in text
    assert "line 149" in text
    assert "the end" in text
    assert text.count("x") >= 1000


def test_next_to_nothing(tmp_path: Path) -> None:
    """An alarm of which nothing is known has a report that says so."""
    bare = Case("hall", "Mars/Olympus", "a", (), (), (), None, {}, redacted=True, made_at=0.0)

    text = flat(printed(bare, tmp_path))

    assert "REDACTED COPY" in text
    assert text.count("None. 无。") == 8
    assert "1970-01-01 00:00:00.000" in text


def test_an_open_alarm(case: Case, tmp_path: Path) -> None:
    """It says so at once, and that nobody has acknowledged it."""
    first = dict(case.revisions[0]) | {"durable": False, "track": None, "identity": None}

    text = flat(printed(replace(case, revisions=(first,), hold=None), tmp_path))

    assert "This alarm was still open" in text
    assert "before it could be written to disk" in text
    assert "not yet 尚未" in text
    assert "nobody 无" in text


def test_pictures_that_cannot_be_shown(case: Case, tmp_path: Path) -> None:
    """A damaged one, and one that is left out, are said to be missing; copies are called so."""
    damaged = tmp_path / "damaged.jpg"
    damaged.write_bytes(b"\xff\xd8 no picture")
    changes = {
        FileKind.SNAPSHOT: {"shown": damaged, "derived": "redacted"},
        FileKind.FACE: {"shown": None},
    }
    files = tuple(replace(one, **changes.get(FileKind(one.file.kind), {})) for one in case.files)

    text = flat(printed(replace(case, files=files), tmp_path))

    assert text.count("the picture could not be made or written") == 2
    assert "faces of others blurred" in text


def test_a_picture_that_is_far_too_large(
    case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is not unpacked; the report goes on without it."""
    monkeypatch.setattr(PIL.Image, "MAX_IMAGE_PIXELS", 10)

    assert flat(printed(case, tmp_path)).count("the picture could not be made or written") == 2


def test_only_a_snapshot(case: Case, tmp_path: Path) -> None:
    """Where no face was seen, its place stays empty."""
    files = tuple(one for one in case.files if one.file.kind != FileKind.FACE)

    text = flat(printed(replace(case, files=files), tmp_path))

    assert "gate.jpg" in text
    assert "gate.face.jpg" not in text


def test_very_many_events(case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A report is for reading: it says how many more there are, and where."""
    monkeypatch.setattr(blocks, "MOST_EVENTS", 2)

    assert "… and 2 more" in flat(printed(case, tmp_path))
