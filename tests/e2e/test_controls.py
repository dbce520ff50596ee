"""Negative controls: the other tests would notice what they say does not happen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from e2e import chromium
from e2e.accessibility import grave, sideways, violations
from e2e.files import INK
from playwright.sync_api import Error, expect

if TYPE_CHECKING:
    from pathlib import Path

    from e2e.site_under_test import Site
    from e2e.watch import Watch
    from playwright.sync_api import Page, Playwright


def test_a_browser_that_does_not_know_the_ca_refuses_the_page(
    playwright: Playwright, site: Site, network: Path | None, tmp_path: Path
) -> None:
    if site.ca is None:
        pytest.skip("The site under test is not served over TLS.")
    stranger = chromium.launch(playwright, tmp_path, site.resolver_rules, ca=None, network=network)
    try:
        with pytest.raises(Error, match="ERR_CERT_AUTHORITY_INVALID"):
            stranger.new_page().goto(site.url)
    finally:
        stranger.close()


def test_a_violation_of_the_content_security_policy_is_noticed(page: Page, site: Site, watch: Watch) -> None:
    answer = page.goto("/log-in")
    if answer is None or "content-security-policy" not in answer.headers:
        assert not site.is_https, "The edge sends no content security policy."
        pytest.skip("Only the edge sends a content security policy.")
    page.evaluate("document.head.append(Object.assign(document.createElement('script'), {text: 'window.ran = true'}))")
    assert page.evaluate("window.ran") is None
    assert any("Content Security Policy" in problem for problem in watch.problems)


def test_a_failing_request_and_a_failing_script_are_noticed(page: Page, watch: Watch) -> None:
    page.goto("/log-in")
    with page.expect_response("**/api/v1/nothing"):
        page.evaluate("fetch('/api/v1/nothing')")
    with page.expect_event("pageerror"):
        page.evaluate("void setTimeout(() => { throw new Error('on purpose') })")
    assert watch.problems == ["answer: 404 GET /api/v1/nothing", "script: on purpose"]


def test_what_keeps_people_from_using_a_page_is_noticed(page: Page) -> None:
    page.goto("/log-in")
    expect(page.get_by_role("heading", name="Welcome back")).to_be_visible()
    assert grave(violations(page)) == []
    page.evaluate("document.querySelector('main').append(document.createElement('input'), new Image())")
    found = "\n".join(grave(violations(page)))
    assert "critical: label" in found
    assert "critical: image-alt" in found


def test_a_canvas_on_which_nothing_is_drawn_is_noticed(page: Page) -> None:
    page.set_content("<canvas></canvas>")
    blank = page.locator("canvas")
    assert blank.evaluate(INK) == 0
    blank.evaluate(
        "canvas => { const ink = canvas.getContext('2d'); ink.fillStyle = 'white'; ink.fillRect(0, 0, 99, 99) }"
    )
    assert blank.evaluate(INK) == 0


def test_a_page_wider_than_the_screen_is_noticed(page: Page) -> None:
    page.goto("/log-in")
    expect(page.get_by_role("heading", name="Welcome back")).to_be_visible()
    assert sideways(page) <= 0
    page.evaluate("document.querySelector('main').style.width = '3000px'")
    assert sideways(page) > 0
