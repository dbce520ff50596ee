"""A browser, a page at desktop and at phone width, and screenshots in artifacts/e2e."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from e2e import accessibility, chromium, seat, site_under_test
from e2e.person import Person
from e2e.watch import Watch
from fleet import ROOT, Fleet
from playwright.sync_api import expect, sync_playwright

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from e2e.site_under_test import Site
    from playwright.sync_api import Browser, BrowserContext, Page, Playwright, ViewportSize

WIDTHS: dict[str, ViewportSize] = {
    "desktop": {"width": 1280, "height": 800},
    "phone": {"width": 390, "height": 844},
}

# Milliseconds to wait for what a page is to show: a machine that also runs the whole fleet is slow at times.
expect.set_options(timeout=20_000)


@pytest.fixture(scope="session")
def fleet() -> Fleet:
    """The fleet that the environment names, deployed already."""
    return Fleet()


@pytest.fixture(scope="session")
def site(fleet: Fleet) -> Site:
    """The site that the environment names."""
    return site_under_test.from_environment(fleet)


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """The driver."""
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="session")
def network(site: Site) -> Iterator[Path | None]:
    """The network that the browser is in; None for this machine's, where a site that is not the fleet's may be."""
    if not site.is_fleet:
        yield None
        return
    with seat.taken() as taken:
        yield taken


@pytest.fixture(scope="session")
def browser(
    playwright: Playwright, site: Site, network: Path | None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Browser]:
    """A browser that trusts the project's CA."""
    home = tmp_path_factory.mktemp("home")
    running = chromium.launch(playwright, home, site.resolver_rules, ca=site.ca, network=network)
    yield running
    running.close()


@pytest.fixture(params=WIDTHS)
def width(request: pytest.FixtureRequest) -> str:
    """The kind of screen; every test that opens the page runs on each."""
    return str(request.param)


@pytest.fixture
def context(browser: Browser, site: Site, width: str) -> Iterator[BrowserContext]:
    """A browser window without any history."""
    opened = browser.new_context(base_url=site.url, viewport=WIDTHS[width])
    yield opened
    opened.close()


@pytest.fixture
def watch() -> Watch:
    """What went wrong in the page unseen."""
    return Watch()


@pytest.fixture
def page(context: BrowserContext, watch: Watch) -> Page:
    """An empty page that is watched."""
    opened = context.new_page()
    watch.over(opened)
    return opened


@pytest.fixture
def person(page: Page) -> Person:
    """Somebody new at that page."""
    return Person(page)


@pytest.fixture
def screenshot(page: Page, width: str) -> Callable[[str], None]:
    """Keep a picture of the whole page under a name."""
    folder: Path = ROOT / "artifacts" / "e2e"

    def keep(name: str) -> None:
        page.screenshot(path=folder / f"{name}-{width}.png", full_page=True)

    return keep


@pytest.fixture
def look(page: Page, width: str, screenshot: Callable[[str], None]) -> Callable[[str], None]:
    """Keep pictures of the page in light and dark, and judge it: everybody can use it, and nobody scrolls sideways."""

    def judge(name: str) -> None:
        # What is about to be replaced is dimmed.
        expect(page.locator("[aria-busy=true]")).to_have_count(0)
        screenshot(name)
        page.emulate_media(color_scheme="dark")
        screenshot(f"{name}-dark")
        page.emulate_media(color_scheme="light")
        assert accessibility.sideways(page) <= 0, f"{name} is wider than a {width}."
        found = accessibility.violations(page)
        for violation in found:
            print(f"{name}-{width}: {violation}")
        assert accessibility.grave(found) == [], f"Not everybody can use {name}-{width}."

    return judge
