"""The report tells the truth of the policy and of what was found, in a page that needs nothing but itself."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from ipaddress import ip_network
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from access.audit import Seen, audit
from access.finding import GROUPS, KERNEL, PORTS, Finding, ordered
from access.matrix import ALLOWED, DENIED, PARTLY, Matrix, matrix
from access.report import Report, lines, page, summary
from access.verdict import allows
from hypothesis import given, settings
from policies import NOW, SOURCES, policies, policy

if TYPE_CHECKING:
    from access.model import Policy

STYLE = (Path(__file__).parents[4] / "files" / "report.css").read_text()
TIERS = ("db", "backend", "frontend", "edge", "build")
ADDED = Finding(
    KERNEL,
    "db1",
    "element added",
    "192.0.2.66/32 in set ssh_4",
    "Set ssh_4 holds none of these addresses.",
    "It holds 192.0.2.66/32 of them.",
    proto="tcp",
    ports="22",
    networks=("192.0.2.66/32",),
)
PUBLISHED = Finding(
    PORTS,
    "db1",
    "port published",
    "tcp 9999, container <b>x</b>",
    "Nothing waits.",
    "It does.",
    "Stop it.",
    "",
    "tcp",
    "9999",
)


def made(*findings: Finding, ours: Policy | None = None) -> Report:
    found = ordered(findings)
    return Report("production", NOW, ["db1", "edge1"], found, matrix(ours or policy(), found, TIERS, NOW), True)


def cell(table: Matrix, source: str, tier: str, rule: str) -> Any:  # noqa: ANN401 - a cell
    row = next(index for index, one in enumerate(table.rows) if one.source == source)
    column = next(index for index, one in enumerate(table.columns) if (one.tier, one.rule) == (tier, rule))
    return table.cells[row][column]


def test_the_matrix_says_who_reaches_what_and_until_when() -> None:
    table = made().matrix
    assert cell(table, "tier backend", "db", "postgres").policy == ALLOWED
    assert cell(table, "tier edge", "db", "postgres").policy == DENIED
    assert cell(table, "operators", "db", "ssh").policy == ALLOWED
    assert cell(table, "anywhere", "edge", "web").policy == ALLOWED
    assert cell(table, "anywhere", "db", "ssh").policy == DENIED
    ana = cell(table, "ana", "db", "postgres")
    assert (ana.policy, ana.until) == (ALLOWED, "2027-12-01T18:00:00Z")
    assert cell(table, "ana", "db", "ssh").policy == DENIED


def test_tiers_without_hosts_have_no_column() -> None:
    assert "build" not in {column.tier for column in made().matrix.columns}


def test_a_finding_marks_the_cells_whose_fate_it_changes_and_adds_whom_nobody_knows() -> None:
    table = made(ADDED).matrix
    assert cell(table, "not in the policy", "db", "ssh").drift == [1]
    assert cell(table, "not in the policy", "db", "postgres").drift == []
    assert cell(table, "operators", "db", "ssh").drift == []
    everything = replace(ADDED, kind="table missing", proto="", ports="", networks=())
    assert {tuple(one.drift) for row in made(everything).matrix.cells for one in row[:2]} == {(1,)}
    later = replace(everything, kind="boot unit not enabled")
    assert not any(one.drift for row in made(later).matrix.cells for one in row)
    group = Finding(
        GROUPS, "db", "rule added", "x", "a.", "b.", proto="tcp", ports="5000-6000", networks=("203.0.113.10/32",)
    )
    table = made(group).matrix
    assert cell(table, "operators", "db", "postgres").drift == [1]
    assert cell(table, "operators", "db", "ssh").drift == []


def test_a_port_that_no_rule_knows_has_a_column() -> None:
    assert cell(made(PUBLISHED).matrix, "anywhere", "db", "not in the policy").drift == [1]


@settings(max_examples=20, deadline=None)
@given(policies())
def test_the_matrix_agrees_with_the_verdict(ours: Policy) -> None:
    table = matrix(ours, [], TIERS, NOW)
    for row, cells in zip(table.rows, table.cells, strict=True):
        for column, one in zip(table.columns, cells, strict=True):
            hosts = [name for name, host in ours.hosts.items() if host.tiers == {column.tier}]
            ends = {str(address) for network in row.networks for address in (network[0], network[-1])}
            verdicts = {
                allows(ours, host, address, column.proto, port, NOW)
                for host in hosts
                for address in ends
                for port in (column.ports.first, column.ports.last)
            }
            if one.policy == ALLOWED:
                assert verdicts <= {True}
            if one.policy == DENIED and row.source != "anywhere":
                # A port of the range may be open by another rule that does not hold all of it.
                assert verdicts <= {False} or column.ports.first != column.ports.last
            if one.policy == PARTLY:
                assert row.networks


def test_json_has_all_that_the_page_has() -> None:
    words = json.loads(made(ADDED, PUBLISHED).to_json())
    assert words["at"] == datetime.fromtimestamp(NOW, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert [one["kind"] for one in words["findings"]] == ["element added", "port published"]
    assert [Finding.from_dict(one) for one in words["findings"]] == ordered([ADDED, PUBLISHED])
    assert len(words["matrix"]["cells"]) == len(words["matrix"]["rows"])
    assert {len(row) for row in words["matrix"]["cells"]} == {len(words["matrix"]["columns"])}


def shown(report: Report) -> str:
    """The page in the style that it has."""
    return page(report, STYLE)


class Page(HTMLParser):
    """What a page is made of."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in {"meta", "br", "link", "img"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def test_the_page_stands_alone_and_is_well_formed() -> None:
    text = shown(made(ADDED, PUBLISHED))
    read = Page(text)
    assert read.open == []
    assert not {"script", "link", "img", "iframe"} & {tag for tag, _ in read.tags}
    assert not [value for _, attributes in read.tags for value in attributes.values() if value and "//" in value]
    assert "url(" not in text and "@import" not in text
    assert "prefers-color-scheme: dark" in text and "color-scheme: light dark" in text


def test_the_matrix_on_the_page_is_a_table_that_a_screen_reader_reads() -> None:
    report = made(ADDED)
    read = Page(shown(report))
    assert read.all("html")[0]["lang"] == "en"
    assert len(read.all("caption")) == 1
    scopes = [one["scope"] for one in read.all("th")]
    assert scopes.count("col") == len(report.matrix.columns)
    assert scopes.count("row") == len(report.matrix.rows)
    assert "colgroup" in scopes
    assert len(read.all("td")) == 1 + len(report.matrix.rows) * len(report.matrix.columns)
    targets = {one["id"] for _, one in read.tags if "id" in one}
    assert {str(one["href"]).removeprefix("#") for one in read.all("a")} <= targets


def test_whatever_people_wrote_is_text_on_the_page() -> None:
    text = shown(replace(made(PUBLISHED), environment="<script>alert(1)</script>"))
    assert "<b>x</b>" not in text and "<script>" not in text
    assert "&lt;b&gt;x&lt;/b&gt;" in text


def test_the_terminal_tells_what_where_who_mends_it_and_how() -> None:
    told = lines(ordered([ADDED, PUBLISHED]))
    assert told[0].split() == ["place", "where", "mended", "by", "what", "about"]
    assert told[1].split()[:4] == ["1", "kernel", "db1", "access.yml"]
    assert told[3].split()[:4] == ["2", "ports", "db1", "hand"]
    assert told[-1].strip() == "Stop it."
    assert lines([]) == []


@pytest.mark.parametrize(
    ("findings", "sentences"),
    [
        ((), ["Nothing differs: every host of production and its security groups agree with the access policy."]),
        ((ADDED,), ["One thing differs from the access policy of production.", "playbooks/access.yml repairs it."]),
        (
            (ADDED, PUBLISHED),
            [
                "2 things differ from the access policy of production.",
                "playbooks/access.yml repairs 1 of them.",
                "1 needs its own remedy, told beside it.",
            ],
        ),
    ],
)
def test_the_summary_is_clear(findings: tuple[Finding, ...], sentences: list[str]) -> None:
    assert summary(made(*findings)) == " ".join(sentences)


def test_a_host_that_cannot_be_asked_is_a_finding_and_the_others_are_told_all_the_same() -> None:
    look: dict[str, Any] = {
        "findings": [ADDED.to_dict()],
        "ports": [],
        "container_networks": [],
        "ephemeral_ports": [32768, 60999],
    }
    seen = Seen({"db1": look, "edge1": {"unreachable": True, "msg": "No route\nto host."}})
    report = audit(policy(), SOURCES, seen, tiers=TIERS, now=NOW, environment="production")
    assert [(one.host_or_group, one.kind) for one in report.findings] == [
        ("db1", "element added"),
        ("edge1", "host not read"),
    ]
    assert report.findings[1].found == "It cannot: No route to host."


def test_without_aws_no_group_is_missed_and_with_it_every_one_is() -> None:
    place: dict[str, Any] = {"tiers": TIERS, "now": NOW, "environment": "production"}
    assert audit(policy(), SOURCES, Seen({}), **place).findings == []
    found = audit(policy(), SOURCES, Seen({}, groups={}), **place).findings
    assert [(one.host_or_group, one.kind) for one in found] == [(tier, "group missing") for tier in sorted(TIERS)]


def test_a_thousand_sources_are_one_row_that_names_a_few() -> None:
    ours = policy()
    rule = ours.rules[0]
    many = tuple(replace(rule.grants[0], network=ip_network(f"10.{n}.0.0/32")) for n in range(200))
    text = shown(made(ours=replace(ours, rules=(replace(rule, grants=many), *ours.rules[1:]))))
    assert "and 194 more" in text
