"""What the pages name is there: make targets, files, headings."""

import re
from pathlib import Path
from urllib.parse import unquote

import pytest
import yaml

ROOT = Path(__file__).parents[3]
PLAYBOOKS = sorted((ROOT / "playbooks").glob("*.yml"))
CODE = re.compile(r"^```.*?^```|`[^`\n]+`", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)\)")
# Files of these folders are all in the repository; an upper-case word stands for a name to fill in.
OWN_FILE = re.compile(r"(?<![\w./-])(?:playbooks|scripts|tests|bench|plugins|app|files)/[\w./-]*\w")


def slugs(page: str) -> set[str]:
    """Anchors that GitHub gives to the headings of a page."""
    headings = re.findall(r"^#+ +(.+)$", re.sub(r"^```.*?^```", "", page, flags=re.MULTILINE | re.DOTALL), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_make_target_that_a_page_names_exists(pages: dict[Path, str]) -> None:
    targets = set(re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for path, page in pages.items():
        named = {target for code in CODE.findall(page) for target in re.findall(r"\bmake ([a-z0-9-]+)", code)}
        assert named <= targets, path


def test_readme_names_the_two_commands_on_its_first_screen(pages: dict[Path, str]) -> None:
    first_screen = pages[ROOT / "README.md"].splitlines()[:20]
    assert [line.split("#")[0].strip() for line in first_screen if line.startswith("make ")] == [
        "make demo",
        "make test",
    ]


def test_every_link_leads_to_a_file_and_heading_that_exist(pages: dict[Path, str]) -> None:
    broken = []
    for path, page in pages.items():
        for link in LINK.findall(CODE.sub("", page)):
            if re.match(r"[a-z]+:", link):
                continue
            name, _, anchor = unquote(link).partition("#")
            target = (path.parent / name).resolve() if name else path
            if not target.exists() or (anchor and anchor not in slugs(target.read_text(encoding="utf-8"))):
                broken.append(f"{path.relative_to(ROOT)}: {link}")
    assert not broken


def test_every_own_file_that_a_command_names_exists(pages: dict[Path, str]) -> None:
    missing = [
        f"{path.relative_to(ROOT)}: {name}"
        for path, page in pages.items()
        for code in CODE.findall(page)
        for name in OWN_FILE.findall(code)
        if not re.search(r"[A-Z]{3}", name) and not (ROOT / name).exists()
    ]
    assert not missing


@pytest.mark.parametrize("playbook", PLAYBOOKS, ids=lambda path: path.name)
def test_a_playbook_says_what_it_is_for_and_stands_in_the_readme(playbook: Path, pages: dict[Path, str]) -> None:
    assert playbook.read_text().startswith("# ")
    assert f"(playbooks/{playbook.name})" in pages[ROOT / "README.md"]


@pytest.mark.parametrize("playbook", PLAYBOOKS, ids=lambda path: path.name)
def test_a_long_playbook_numbers_its_plays(playbook: Path) -> None:
    plays = yaml.safe_load(playbook.read_text())
    if len(plays) > 1:
        numbers = [play["name"].split()[0] for play in plays]
        assert numbers == [f"({number}/{len(plays)})" for number in range(1, len(plays) + 1)]
