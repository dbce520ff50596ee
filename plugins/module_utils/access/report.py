"""An audit's report: lines for the terminal, JSON, and a page that needs nothing but itself."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from html import escape
from itertools import groupby
from typing import TYPE_CHECKING, Any

from .finding import REPAIR
from .matrix import ALLOWED, PARTLY
from .policy import say

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from .finding import Finding
    from .matrix import Cell, Column, Matrix, Row

# More networks of a row than these are only counted.
MOST_NETWORKS = 6


@dataclass(frozen=True)
class Report:
    """What an audit found, and when (seconds since the epoch)."""

    environment: str
    at: float
    hosts: list[str]
    findings: list[Finding]
    matrix: Matrix
    security_groups: bool

    def to_json(self) -> str:
        """Return it for programs."""
        words: dict[str, Any] = {
            "environment": self.environment,
            "at": say(int(self.at)),
            "hosts": self.hosts,
            "security_groups": self.security_groups,
            "findings": [finding.to_dict() for finding in self.findings],
            "matrix": self.matrix.to_dict(),
        }
        return json.dumps(words, indent=2) + "\n"


def summary(report: Report) -> str:
    """Return the outcome in one sentence or two."""
    if not report.findings:
        where = "and its security groups agree" if report.security_groups else "agrees"
        return f"Nothing differs: every host of {report.environment} {where} with the access policy."
    count = len(report.findings)
    things = "One thing differs" if count == 1 else f"{count} things differ"
    repaired = Counter(finding.repaired_by for finding in report.findings)
    by_hand = repaired.pop("", 0)
    sentences = [f"{things} from the access policy of {report.environment}."]
    for name, number in sorted(repaired.items()):
        them = "it" if count == 1 else "all" if number == count else f"{number} of them"
        sentences.append(f"playbooks/{name} repairs {them}.")
    if by_hand:
        need = "needs its own remedy, told beside it" if by_hand == 1 else "need their own remedies, told beside them"
        sentences.append(f"{by_hand} {need}.")
    return " ".join(sentences)


def lines(findings: Sequence[Finding]) -> list[str]:
    """Return a table for the terminal: a line for what differs, and below it how, and what to do."""
    if not findings:
        return []
    rows = [("", "place", "where", "mended by", "what", "about")]
    rows += [
        (str(number), one.place, one.host_or_group or "-", one.repaired_by or "hand", one.kind, one.subject)
        for number, one in enumerate(findings, 1)
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)][:-1]
    table = [
        "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[-1]]) for row in rows
    ]
    told = [table[0].rstrip()]
    indent = " " * (widths[0] + 2)
    for line, one in zip(table[1:], findings, strict=True):
        told += [line, f"{indent}{one.expected} {one.found}"]
        told += [f"{indent}{one.remedy}"] * (one.repaired_by != REPAIR)
    return told


def page(report: Report, style: str) -> str:
    """Return the report for people, as one HTML file without scripts or anything from elsewhere, in a style (CSS)."""
    title = f"Access audit, {escape(report.environment)}"
    compared = "the policy, " + ("the security groups, " if report.security_groups else "")
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{title}</title>
<style>
{style}</style>
</head>
<body>
<main>
<h1>{title}</h1>
<p class="soft"><time datetime="{say(int(report.at))}">{say(int(report.at))}</time>. Compared were {compared}the kernel
and the ports of {len(report.hosts)} hosts: {escape(", ".join(report.hosts))}.</p>
<p><strong>{escape(summary(report))}</strong></p>
<h2 id="findings">Findings</h2>
{_findings(report.findings)}
<h2 id="matrix">Who reaches what</h2>
{_matrix(report.matrix)}
</main>
</body>
</html>
"""


def _findings(findings: Iterable[Finding]) -> str:
    items = "\n".join(
        f'<li id="finding-{number}"><strong>{escape(one.kind)}</strong>: {escape(one.subject)} '
        f'<span class="soft">({escape(", ".join(filter(None, (one.place, one.host_or_group))))})</span><br>\n'
        f"Expected: {escape(one.expected)}<br>\nFound: {escape(one.found)}<br>\n"
        f"Remedy: <code>{escape(one.remedy)}</code></li>"
        for number, one in enumerate(findings, 1)
    )
    return f"<ol>\n{items}\n</ol>" if items else "<p>None.</p>"


def _matrix(matrix: Matrix) -> str:
    tiers = [(tier, len(list(group))) for tier, group in groupby(matrix.columns, key=lambda column: column.tier)]
    groups = "".join(f'<colgroup span="{count}"></colgroup>' for _, count in tiers)
    heads = "".join(f'<th scope="colgroup" colspan="{count}">{escape(tier)}</th>' for tier, count in tiers)
    columns = "".join(f'<th scope="col">{_column(column)}</th>' for column in matrix.columns)
    rows = "\n".join(
        f'<tr><th scope="row">{_row(row)}</th>{"".join(map(_cell, cells))}</tr>'
        for row, cells in zip(matrix.rows, matrix.cells, strict=True)
    )
    return f"""<div class="wide" role="region" aria-labelledby="matrix" tabindex="0">
<table class="matrix">
<caption>Sources down, ports of each tier across. An empty cell: not let in. A number leads to the finding that says
it is not so in truth.</caption>
<colgroup></colgroup>{groups}
<thead>
<tr><td rowspan="2"></td>{heads}</tr>
<tr>{columns}</tr>
</thead>
<tbody>
{rows}
</tbody>
</table>
</div>"""


def _column(column: Column) -> str:
    return f'{escape(column.rule)}<br><span class="soft">{escape(column.proto)} {escape(str(column.ports))}</span>'


def _row(row: Row) -> str:
    networks = [str(network) for network in row.networks]
    more = [f"and {len(networks) - MOST_NETWORKS} more"] * (len(networks) > MOST_NETWORKS)
    told = [", ".join([*networks[:MOST_NETWORKS], *more])] * (row.source != "anywhere")
    told += [row.reason] * bool(row.reason)
    told += [f"expires {say(row.expires)}"] if row.expires is not None else []
    return escape(row.source or "unnamed") + "".join(f'<br><span class="soft">{escape(line)}</span>' for line in told)


def _cell(cell: Cell) -> str:
    kind = {ALLOWED: "until" if cell.until else "yes", PARTLY: "part"}.get(cell.policy, "")
    words = [{ALLOWED: "allowed", PARTLY: "in part"}.get(cell.policy, "")]
    words += [f'<span class="soft">until {escape(cell.until)}</span>'] * bool(cell.until)
    if cell.drift:
        kind = "drift"
        links = ", ".join(f'<a href="#finding-{number}">{number}</a>' for number in cell.drift)
        words.append(f"drifted: {links}")
    return f'<td class="{kind}">{"<br>".join(filter(None, words))}</td>' if kind else "<td></td>"
