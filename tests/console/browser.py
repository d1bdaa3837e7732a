"""Debian's Chromium, headless, with a profile of its own and without any network of its own."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from selenium import webdriver

FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-quic",
    "--disable-sync",
    "--mute-audio",
    "--no-default-browser-check",
    "--no-first-run",
)
NEEDED = ("chromium", "chromedriver")


def is_there() -> bool:
    """Whether this machine has the browser and what drives it."""
    return all(map(shutil.which, NEEDED))


@contextmanager
def chromium(
    profile: Path,
    *,
    language: str = "en",
    dark: bool = False,
    size_wh: tuple[int, int] = (1280, 720),
) -> Iterator[webdriver.Chrome]:
    """A browser that starts with an empty profile; it ends with the context."""
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium") or ""
    for flag in (*FLAGS, f"--user-data-dir={profile}", f"--lang={language}"):
        options.add_argument(flag)
    options.add_argument(f"--window-size={size_wh[0]},{size_wh[1]}")
    options.add_experimental_option("prefs", {"intl.accept_languages": language})
    options.set_capability("goog:loggingPrefs", {"performance": "ALL", "browser": "ALL"})
    service = webdriver.ChromeService(shutil.which("chromedriver"))
    driver = webdriver.Chrome(options=options, service=service)
    try:
        driver.set_script_timeout(60)
        _emulate(driver, size_wh, dark=dark)
        yield driver
    finally:
        driver.quit()


def _emulate(driver: webdriver.Chrome, size_wh: tuple[int, int], *, dark: bool) -> None:
    metrics = {"width": size_wh[0], "height": size_wh[1], "deviceScaleFactor": 1, "mobile": False}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme]})
