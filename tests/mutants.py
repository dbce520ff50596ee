"""Small mistakes in an nftables table, one at a time, as a change of the compiler might bring them in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Mutant:
    """A table with one mistake, and which one."""

    mistake: str
    text: str


# What is written, and what a mistake makes of it.
REPLACEMENTS = (
    (r"\baccept$", "drop"),
    (r"\bcounter drop$", "accept"),
    (r"\bgoto service$", "accept"),
    (r"\bgoto containers$", "accept"),
    (r"policy drop", "policy accept"),
    (r"policy accept", "policy drop"),
    (r"priority -110", "priority -90"),  # after Docker's translation
    (r"priority -110", "priority -250"),  # before connections are tracked
    (r"hook forward", "hook output"),
    (r"hook input", "hook forward"),
    (r"\btcp dport", "udp dport"),
    (r"\budp dport", "tcp dport"),
    (r"dport (\d+) ", "dport 1-65535 "),
    (r"dport (\d+)-(\d+)", r"dport \1"),
    (r"dport \{ (\d+), [^}]*\}", r"dport \1"),
    (r"saddr @", "saddr != @"),
    (r"\bip saddr \S+ ", ""),
    (r"\bip6 saddr \S+ ", ""),
    (r"\bip6 saddr", "ip6 daddr"),
    (r"fib daddr \. iif", "fib daddr"),
    (r"type != local", "type local"),
    (r"meta time <", "meta time >"),
    (r"established,related", "established"),
    (r"established,related", "established,related,new"),
    (r"ct state established ct direction original", "ct direction reply"),
    (r"ct original proto-dst", "ct original proto-src"),
    (r"ct status dnat", "ct status snat"),
    (r'iifname "br-\*"', 'iifname "*"'),
    (r'iifname "br-\*"', 'iifname "eth0"'),
    (r'iifname "docker0"', 'iifname "eth0"'),
    (r"hoplimit 255", "hoplimit 254"),
    (r", echo-request", ""),
    (r", nd-neighbor-solicit", ""),
    (r", nd-neighbor-advert", ""),
)


def mutants(text: str) -> Iterator[Mutant]:
    """All tables with one mistake, in the order of the lines."""
    lines = text.splitlines()
    chain = "sets"
    for index, line in enumerate(lines):
        if begin := re.match(r"  chain (\w+) \{", line):
            chain = begin[1]
        for mistake, other in _of_line(line):
            changed = [*lines[:index], *([other] if other is not None else []), *lines[index + 1 :]]
            yield Mutant(f"{chain}: {line.strip()}: {mistake}", "\n".join([*changed, ""]))


def _of_line(line: str) -> Iterator[tuple[str, str | None]]:
    if line.startswith("    ") and "hook" not in line:
        yield "left out", None
    for written, instead in REPLACEMENTS:
        other = re.sub(written, instead, line, count=1)
        if other != line and "set " not in line:
            yield f"{written} becomes {instead!r}", other
    elements = re.search(r"elements = \{ (.*) \}; \}", line)
    if elements:
        yield from _of_set(line, elements[1])


def _of_set(line: str, inside: str) -> Iterator[tuple[str, str]]:
    elements = inside.split(", ")
    everyone = "::/0" if ":" in inside else "0.0.0.0/0"
    yield "holds everyone", line.replace(inside, everyone)
    for index, element in enumerate(elements):
        others = [*elements[:index], *elements[index + 1 :]]
        if others:
            yield f"lacks {element}", line.replace(inside, ", ".join(others))
        # The network that the fleet lives in.
        wide = re.sub(r"\d+$", "0/24", element) if "." in element else re.sub(r"::\w+$", "::/64", element)
        if len(elements) == 1:
            yield f"{element} widened to {wide}", line.replace(inside, wide)
