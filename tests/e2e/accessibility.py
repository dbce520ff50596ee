"""Whether people who cannot see, point or read small print can use a page: judged by axe-core, in light and dark."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from fleet import ROOT

if TYPE_CHECKING:
    from playwright.sync_api import Page

AXE = ROOT / "app" / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
# What keeps people from using the page; the rest is printed for those who run the tests with -s.
GRAVE = {"serious", "critical"}


def violations(page: Page) -> list[str]:
    """Give what axe-core finds wrong with the page as it is now: impact, rule, scheme and the elements."""
    page.evaluate(AXE.read_text())
    found = []
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        result: dict[str, Any] = page.evaluate("axe.run({resultTypes: ['violations']})")
        found += [
            f"{violation['impact']}: {violation['id']} in {scheme}: "
            + "; ".join(f"{' '.join(node['target'])} ({node['failureSummary']})" for node in violation["nodes"])
            for violation in result["violations"]
        ]
    page.emulate_media(color_scheme="light")
    return found


def sideways(page: Page) -> int:
    """Give by how many pixels the page is wider than the screen."""
    overflow: int = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return overflow


def grave(found: list[str]) -> list[str]:
    """Pick those of a serious or critical impact."""
    return [violation for violation in found if violation.partition(":")[0] in GRAVE]
