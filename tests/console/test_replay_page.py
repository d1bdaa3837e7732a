"""The replay page, opened from the disk in a real Chromium that can reach nothing."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from console.replay_page import write_replay_page
from tests.console import browser, drawn_scene
from tests.console.cases import ALARM_S, ANN, NOON, fragmented, make_case, moments_s, revisions
from tests.console.recorded_case import ALARM_S as RECORDED_ALARM_S
from tests.console.recorded_case import record_case
from tests.vision.waiting import eventually
from vision.bundles.case import Case
from vision.evidence.places import FileKind

pytestmark = pytest.mark.skipif(
    not browser.is_there(), reason="there is no chromium; `make setup` installs it"
)

HOSTILE = "</script><script>window.hacked=1</script><img src=x onerror='window.hacked=2'><b>Ann</b>"
ORANGE_ON_SCREEN = """
const video = [...document.querySelectorAll("#stage video")].find((one) => !one.hidden);
const canvas = document.createElement("canvas");
[canvas.width, canvas.height] = [video.videoWidth, video.videoHeight];
const context = canvas.getContext("2d");
context.drawImage(video, 0, 0);
const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
let [left, top, right, bottom] = [canvas.width, canvas.height, 0, 0];
for (let at = 0; at < data.length; at += 4) {
  const isOrange = data[at] > 190 && data[at + 1] > 80 && data[at + 1] < 150 && data[at + 2] < 80;
  if (!isOrange) continue;
  const [x, y] = [(at / 4) % canvas.width, Math.floor(at / 4 / canvas.width)];
  left = Math.min(left, x); right = Math.max(right, x);
  top = Math.min(top, y); bottom = Math.max(bottom, y);
}
return [left / canvas.width, top / canvas.height, right / canvas.width, bottom / canvas.height];
"""
"""Where the person in the orange jacket is in the picture that the video shows now."""


@pytest.fixture(scope="module")
def chrome() -> Iterator[Chrome]:
    """One browser for all tests here."""
    with tempfile.TemporaryDirectory() as profile, browser.chromium(Path(profile)) as driver:
        yield driver


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Case:
    """The drawn case."""
    return make_case(tmp_path_factory.mktemp("case"))


class Opened:
    """A page in the browser."""

    def __init__(self, chrome: Chrome, case: Case, folder: Path) -> None:
        self.chrome = chrome
        self.path = folder / "replay.html"
        write_replay_page(case, self.path)
        chrome.get_log("performance")
        chrome.get_log("browser")
        chrome.get(self.path.as_uri())
        eventually(lambda: self.run("return document.documentElement.dataset.ready") == "true")

    def run(self, script: str) -> Any:
        return self.chrome.execute_script(script)

    def click(self, element: str) -> None:
        self.chrome.find_element(By.ID, element).click()

    def press(self, *keys: str) -> None:
        self.chrome.find_element(By.TAG_NAME, "body").send_keys(*keys)

    def text(self, element: str) -> str:
        return self.chrome.find_element(By.ID, element).text

    @property
    def at_s(self) -> float:
        """The moment that is shown, seconds after noon."""
        return round(float(self.stage("at")) - NOON, 3)

    def stage(self, name: str) -> str:
        return self.run(f"return document.getElementById('stage').dataset.{name} ?? ''")

    def wait_at(self, at_s: float) -> None:
        """Until the video shows this moment."""
        eventually(lambda: self.at_s == pytest.approx(at_s, abs=0.002) and self.is_settled())

    def is_settled(self) -> bool:
        return self.run(
            "const v = [...document.querySelectorAll('#stage video')].find((v) => !v.hidden);"
            "return !v || (v.readyState >= 2 && !v.seeking)"
        )

    def seek(self, at_s: float) -> None:
        """Move the slider."""
        self.run(
            "const slider = document.getElementById('seek');"
            f"slider.value = {round(at_s * 1000)};"
            "slider.dispatchEvent(new Event('input'))"
        )
        self.wait_at(at_s)

    def drawn(self) -> dict[int, tuple[float, ...]]:
        """The boxes on the canvas, relative, by track."""
        width, height = self.run(
            "const c = document.getElementById('overlay'); return [c.clientWidth, c.clientHeight]"
        )
        scale = (width, height, width, height)
        return {
            one["track"]: tuple(side / by for side, by in zip(one["box"], scale, strict=True))
            for one in json.loads(self.stage("boxes"))
        }

    def orange(self) -> list[float]:
        """The jacket in the picture on the screen."""
        return self.run(ORANGE_ON_SCREEN)

    def asked_for(self) -> set[str]:
        """The schemes of all addresses that were asked for since the page was opened."""
        logged = [
            json.loads(one["message"])["message"] for one in self.chrome.get_log("performance")
        ]
        sent = [one["params"]["request"] for one in logged if one["method"].endswith("WillBeSent")]
        return {request["url"].partition(":")[0] for request in sent}

    def complaints(self) -> list[str]:
        """What the browser wrote on its console."""
        return [one["message"] for one in self.chrome.get_log("browser")]


@pytest.fixture
def page(chrome: Chrome, case: Case, tmp_path: Path) -> Opened:
    """The drawn case in the browser."""
    return Opened(chrome, case, tmp_path)


def assert_box_holds_orange(page: Opened) -> None:
    """The box of track 5 lies around the jacket that the video really shows."""
    box, jacket = page.drawn()[5], page.orange()
    margin = 4 / 640  # the jacket begins so far within the box

    assert jacket[0] == pytest.approx(box[0] + margin, abs=0.006)
    assert jacket[2] == pytest.approx(box[2] - margin, abs=0.006)
    assert box[1] < jacket[1] < jacket[3] < box[3]


def test_it_opens_at_the_alarm(page: Opened) -> None:
    """Offline and without a complaint, at the moment of the alarm, with its boxes drawn."""
    page.wait_at(ALARM_S)

    assert page.text("title") == "Unregistered person · store"
    assert "not on the register was in zone store" in page.text("why")
    assert set(page.drawn()) == {5, 7, 9}
    assert_box_holds_orange(page)
    assert page.complaints() == []
    assert page.asked_for() <= {"file", "blob", "data"}


def test_nothing_may_be_loaded(page: Opened) -> None:
    """The page's own policy forbids what a hostile name might bring in."""
    blocked = page.chrome.execute_async_script(
        "const done = arguments[arguments.length - 1]; const found = [];"
        "document.addEventListener('securitypolicyviolation', (e) => {"
        "  found.push(e.effectiveDirective); if (found.length === 4) done(found.sort()); });"
        "const add = (tag, values) => document.body.append("
        "  Object.assign(document.createElement(tag), values));"
        "add('img', { src: 'http://127.0.0.1:9/x.png' });"
        "add('script', { textContent: 'window.hacked = 1' });"
        "add('style', { textContent: 'body { display: none }' });"
        "fetch('http://127.0.0.1:9/').catch(() => {});"
    )

    assert blocked == ["connect-src", "img-src", "script-src-elem", "style-src-elem"]
    assert page.run("return window.hacked ?? null") is None


@pytest.mark.parametrize("at_s", [0.0, 0.8, 2.2, 8.4, 10.8])
def test_boxes_are_where_the_timeline_says(page: Opened, at_s: float) -> None:
    """At each moment of either part, around the person in the picture."""
    page.seek(at_s)

    assert_box_holds_orange(page)
    walker = drawn_scene.walker(at_s)
    assert page.drawn()[5] == pytest.approx(
        (walker.left, walker.top, walker.right, walker.bottom), abs=0.001
    )


@pytest.mark.parametrize("shift_s", [-0.03, 0.03])
def test_clocks_that_differ_a_little(
    chrome: Chrome, case: Case, tmp_path: Path, shift_s: float
) -> None:
    """A frame belongs to the nearest picture, whichever of the two seems the later."""
    (one,) = [one for one in case.files if one.file.kind == FileKind.TIMELINE]
    lines = [json.loads(line) for line in one.path.read_text().splitlines()]
    for line in lines:
        if line["type"] == "part":
            line["wall_utc"] += shift_s
    shifted = tmp_path / one.file.name
    shifted.write_text("\n".join(map(json.dumps, lines)))
    files = (*(other for other in case.files if other is not one), replace(one, path=shifted))
    page = Opened(chrome, replace(case, files=files), tmp_path)

    page.wait_at(ALARM_S + shift_s)

    assert page.text("analysed") == "Boxes: analysed from this very picture"
    assert_box_holds_orange(page)
    assert "raised" in page.chrome.find_element(By.CSS_SELECTOR, "#story [aria-current]").text


def test_the_canvas_shows_the_box(page: Opened) -> None:
    """Where an edge is said to be, the canvas is red; without boxes it is empty."""
    page.wait_at(ALARM_S)
    read = (
        "const c = document.getElementById('overlay'); const [left, top] = arguments;"
        "return [...c.getContext('2d').getImageData("
        "  Math.round(left * c.width), Math.round(top * c.height), 1, 1).data]"
    )
    left, top, _, bottom = page.drawn()[5]
    edge = (left, (top + bottom) / 2)

    assert page.chrome.execute_script(read, *edge) == [0xD3, 0x2F, 0x2F, 255]
    page.click("boxes")
    assert page.chrome.execute_script(read, *edge) == [0, 0, 0, 0]


def test_stepping(page: Opened) -> None:
    """One picture on and back, by button and key; the boxes stay those of the analysed frame."""
    page.wait_at(ALARM_S)

    page.press(Keys.ARROW_RIGHT)
    page.wait_at(ALARM_S + 0.1)
    assert "100 ms before" in page.text("analysed")
    page.click("forward")
    page.wait_at(ALARM_S + 0.2)
    assert_box_holds_orange(page)
    page.click("back")
    page.press(Keys.ARROW_LEFT, Keys.ARROW_LEFT)
    page.wait_at(ALARM_S - 0.1)
    page.press(Keys.SHIFT + Keys.ARROW_LEFT)
    page.wait_at(ALARM_S - 1.1)


def test_stepping_over_a_gap(page: Opened) -> None:
    """From the last picture of a part to the first of the next, and back."""
    page.seek(2.9)

    page.press(Keys.ARROW_RIGHT)
    page.wait_at(8.0)
    assert page.stage("part") == "gate.2.mp4"
    page.press(Keys.ARROW_LEFT)
    page.wait_at(2.9)
    assert page.stage("part") == "gate.1.mp4"


def test_in_a_gap(page: Opened) -> None:
    """It is said that there is no recording, and why; nothing is drawn there."""
    page.seek(5.0)

    assert page.text("notice") == "No recording here: the camera was lost"
    assert page.drawn() == {}
    assert page.stage("part") == ""
    page.press(Keys.ARROW_LEFT)
    page.wait_at(2.9)


def test_to_the_alarm(page: Opened) -> None:
    """From anywhere, by button or key; a row of the story leads to its moment."""
    for act in (lambda: page.click("alarm"), lambda: page.press("a")):
        page.seek(9.0)
        act()
        page.wait_at(ALARM_S)

    page.chrome.find_element(By.XPATH, "//li[contains(., 'cleared')]/button").click()
    page.wait_at(10.5)


def test_playing(page: Opened) -> None:
    """At double speed through the gap into the other part; the boxes go along."""
    page.seek(2.2)
    page.press("3")
    assert page.run("return document.querySelector('#stage video:not([hidden])').playbackRate") == 2

    page.press(" ")
    assert page.text("play") == "Pause"
    eventually(lambda: 8.2 < page.at_s < 10.6)
    page.press(" ")

    eventually(page.is_settled)
    assert page.text("play") == "Play"
    assert page.stage("part") == "gate.2.mp4"
    shown = page.orange()[0]
    assert shown == pytest.approx(drawn_scene.walker(page.at_s).left + 4 / 640, abs=0.006)


def test_it_ends_at_the_end(page: Opened) -> None:
    """Playing stops with the last picture, and begins again from the first."""
    page.seek(10.7)

    page.click("play")
    eventually(lambda: page.text("play") == "Play")
    assert page.at_s == pytest.approx(10.9, abs=0.002)
    page.click("play")
    eventually(lambda: 0.0 < page.at_s < 3.0)


def test_two_languages(page: Opened) -> None:
    """A click changes every word of ours, and no word of others."""
    page.click("language")

    assert page.text("title") == "未登记人员 · store"
    assert page.run("return document.documentElement.lang") == "zh-CN"
    assert "李伟" in page.text("facts")
    assert "为何发出此警报" in page.text("why")
    assert page.chrome.find_element(By.ID, "play").text == "播放"
    page.click("language")
    assert page.text("title") == "Unregistered person · store"


def test_the_browsers_language(chrome: Chrome, case: Case, tmp_path: Path) -> None:
    """A Chinese browser shows Chinese at once."""
    agent = chrome.execute_script("return navigator.userAgent")
    chrome.execute_cdp_cmd(
        "Emulation.setUserAgentOverride", {"userAgent": agent, "acceptLanguage": "zh-CN,en"}
    )
    try:
        assert Opened(chrome, case, tmp_path).text("title") == "未登记人员 · store"
    finally:
        chrome.execute_cdp_cmd(
            "Emulation.setUserAgentOverride", {"userAgent": agent, "acceptLanguage": "en"}
        )


def test_hostile_text(chrome: Chrome, case: Case, tmp_path: Path) -> None:
    """Names and notes are shown as they are written, and nothing in them runs."""
    hostile = replace(
        case,
        names={"S-17": HOSTILE, "S-3": HOSTILE},
        revisions=revisions(by=HOSTILE, note=HOSTILE),
        site=HOSTILE,
    )
    page = Opened(chrome, hostile, tmp_path)

    page.wait_at(ALARM_S)

    assert page.run("return window.hacked ?? null") is None
    assert page.run("return document.querySelectorAll('img[src=x], b').length") == 0
    assert page.text("facts").count(HOSTILE) == 2
    assert HOSTILE in page.text("story")
    assert HOSTILE in json.dumps(json.loads(page.stage("boxes"))).replace("\\u003c", "<")


def test_times_in_both_zones(page: Opened) -> None:
    """The site's time, and UTC beside it."""
    page.wait_at(ALARM_S)

    assert page.text("now") == "2026-01-01 20:00:02.600 · 12:00:02.600 UTC"
    assert "2026-01-01 20:00:02.600 (Asia/Shanghai)\n2026-01-01 12:00:02.600 UTC" in page.text(
        "facts"
    )


def test_the_chart(page: Opened) -> None:
    """Each look of the alarm's track against the thresholds; another track can be chosen."""
    find = page.chrome.find_elements

    assert len(find(By.CSS_SELECTOR, "#chart circle.look")) == 6
    labels = [one.text for one in find(By.CSS_SELECTOR, "#chart text")]
    assert {"accept 0.950", "accept together 0.960", "reject 0.900"} <= set(labels)
    page.run(
        "const select = document.getElementById('chart-track'); select.value = '7';"
        "select.dispatchEvent(new Event('change'))"
    )
    assert len(find(By.CSS_SELECTOR, "#chart circle.look")) == 2


def test_pictures(page: Opened) -> None:
    """Snapshot and face are really there."""
    eventually(
        lambda: (
            page.run(
                "return [...document.querySelectorAll('#pictures img')].map((i) => i.naturalWidth)"
            )[:1]
            == [640]
        )
    )

    assert "sha-256" in page.text("files").lower()


def test_banners(chrome: Chrome, case: Case, tmp_path: Path) -> None:
    """A page that does not show the recordings as they are says so at once."""
    shown = [
        replace(one, derived="proxy") if one.file.kind == FileKind.CLIP else one
        for one in case.files
    ]
    other = replace(case, redacted=True, names={}, files=tuple(shown), revisions=case.revisions[:1])

    page = Opened(chrome, other, tmp_path)

    banners = page.text("banners")
    assert "REDACTED COPY" in banners
    assert "encoded again so that a browser can play it" in banners
    assert "still open" in banners
    assert ANN not in page.run("return document.body.innerText")
    assert "encoded again as H.264" in page.text("files")


def test_no_video_can_be_shown(chrome: Chrome, case: Case, tmp_path: Path) -> None:
    """The boxes are drawn all the same, and one can step along the analysed frames."""
    files = tuple(replace(one, shown=None) for one in case.files)
    page = Opened(chrome, replace(case, files=files), tmp_path)

    page.wait_at(ALARM_S)

    assert set(page.drawn()) == {5, 7, 9}
    assert "No video of this moment" in page.text("notice")
    page.press(Keys.ARROW_RIGHT)
    page.wait_at(ALARM_S + 0.2)
    page.press(" ")
    eventually(lambda: page.at_s > ALARM_S + 0.3)


def test_a_video_that_will_not_play(chrome: Chrome, case: Case, tmp_path: Path) -> None:
    """The browser's failure is told with the file's name; the rest of the page works."""
    broken = tmp_path / "broken.mp4"
    whole = case.files[0].path.read_bytes()
    # pictures that can be counted and not be decoded: the codec's name is another
    broken.write_bytes(whole.replace(b"avc1", b"avcX").replace(b"avcC", b"avcY"))
    files = (replace(case.files[0], shown=broken), *case.files[1:])
    page = Opened(chrome, replace(case, files=files), tmp_path)

    eventually(lambda: "cannot play gate.1.mp4" in page.text("notice"))

    assert set(page.drawn()) == {5, 7, 9}
    page.seek(9.0)
    assert_box_holds_orange(page)


def test_two_cameras(chrome: Chrome, case: Case, tmp_path: Path) -> None:
    """Each has its own videos; changing the camera keeps the moment."""
    more = [
        replace(one, file=replace(one.file, camera_id="yard", name=f"yard{one.file.name[4:]}"))
        for one in case.files
        if one.file.kind != FileKind.TIMELINE
    ]
    page = Opened(chrome, replace(case, files=(*case.files, *more)), tmp_path)
    page.seek(1.0)

    page.chrome.find_element(By.XPATH, "//*[@id='cameras']/button[.='yard']").click()

    page.wait_at(1.0)
    assert page.stage("part") == "yard.1.mp4"
    assert page.drawn() == {}
    page.click("alarm")
    page.wait_at(ALARM_S)
    assert page.stage("part") == "gate.1.mp4"


def test_next_to_nothing(chrome: Chrome, tmp_path: Path) -> None:
    """An alarm without any evidence still makes a page."""
    bare = Case("hall", "Mars/Olympus", "a", (), (), (), None, {}, redacted=False, made_at=0.0)

    page = Opened(chrome, bare, tmp_path)

    assert "no recording and no timeline" in page.text("notice")
    assert page.complaints() == []


def test_pictures_out_of_order(chrome: Chrome, case: Case, tmp_path: Path) -> None:
    """A camera that sends B-frames is shown in step as well."""
    film = drawn_scene.film(tmp_path / "film.mp4", moments_s((0.0, 3.0)), b=2)
    clip = tmp_path / "gate.1.mp4"
    clip.write_bytes(fragmented(film, 0.0))
    files = (replace(case.files[0], path=clip, shown=clip), *case.files[1:])
    page = Opened(chrome, replace(case, files=files), tmp_path)

    for at_s in (0.0, 1.2, 2.8):
        page.seek(at_s)
        assert_box_holds_orange(page)


def test_what_the_real_writer_recorded(chrome: Chrome, tmp_path: Path) -> None:
    """Its parts, clocks and lines bring each box over its picture."""
    page = Opened(chrome, record_case(tmp_path), tmp_path)

    page.wait_at(RECORDED_ALARM_S)
    assert_box_holds_orange(page)
    page.chrome.find_element(By.TAG_NAME, "body").send_keys(*[Keys.ARROW_LEFT] * 6)
    page.wait_at(RECORDED_ALARM_S - 0.6)
    assert_box_holds_orange(page)
    assert "Recording ends: cam1.1.mp4" in page.run(
        "return document.getElementById('story').innerText"
    )


def test_half_a_character(case: Case, tmp_path: Path) -> None:
    """Text that no encoding can hold still goes into the page."""
    target = tmp_path / "replay.html"

    write_replay_page(replace(case, site="\ud800"), target)

    assert '"site":"\\ud800"' in target.read_text(encoding="utf-8")
