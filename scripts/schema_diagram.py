#!/usr/bin/env python3
"""Draw the database schema as docs/schema.svg, from the models alone: no database, no drawing program.

`--check` writes nothing and fails when the drawing is out of date.
"""

import argparse
import sys
from dataclasses import dataclass
from html import escape
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "app" / "backend"), str(ROOT / "app" / "phased_migrations")]

from jobfolio.models import Base  # noqa: E402 - needs the path above
from sqlalchemy import ForeignKeyConstraint, Table  # noqa: E402
from sqlalchemy.dialects import postgresql  # noqa: E402

DRAWING = ROOT / "docs" / "schema.svg"

# Which tables stand in which column of the drawing, from left to right; relations run between neighbours.
COLUMNS = (
    ("education_history", "work_history"),
    ("auth_users", "user_profiles"),
    ("job_postings", "resume_documents"),
)
WIDTH, GAP, MARGIN = 300, 190, 30
HEADER, ROW, BELOW = 38, 22, 50
# How far from a table its relations turn: to the table below, and to those beside it.
LOOP, TURN = 28, 58
LEGEND = "A question mark: may be NULL.  Crow's foot: many.  Circle: at most one.  Bar: exactly one."

STYLE = """
  text { font: 13px ui-sans-serif, system-ui, "Segoe UI", "DejaVu Sans", sans-serif; fill: #1f2937 }
  .name { font-weight: 600; font-size: 15px; fill: #fff }
  .type { fill: #6b7280; text-anchor: end; font-size: 12px }
  .mark { font-size: 10px; font-weight: 700; text-anchor: middle; fill: #fff }
  .rule { font-size: 11px; fill: #4b5563; text-anchor: middle }
  .legend { font-size: 12px; fill: #4b5563 }
  .card { fill: #fff; stroke: #cbd5e1 }
  .head { fill: #1e3a5f }
  .stripe { fill: #f5f7fa }
  .pk { fill: #b45309 } .fk { fill: #0f766e }
  .line { fill: none; stroke: #64748b; stroke-width: 1.6 }
"""


@dataclass(frozen=True)
class Box:
    """Where a table stands: its upper left corner, and its columns' names in drawing order."""

    table: Table
    column: int
    x: int
    y: int

    @property
    def height(self) -> int:
        """Height in pixels."""
        return HEADER + ROW * len(self.table.columns) + 8

    def row_y(self, name: str) -> int:
        """Give the height of a column's middle."""
        return self.y + HEADER + ROW * list(self.table.columns.keys()).index(name) + ROW // 2 + 4


def main() -> int:
    """Write or check the drawing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="fail when the drawing is out of date")
    check = parser.parse_args().check
    drawing = draw()
    if not check:
        DRAWING.write_text(drawing, encoding="utf-8")
    elif not DRAWING.exists() or DRAWING.read_text(encoding="utf-8") != drawing:
        print("docs/schema.svg does not show the models as they are: run scripts/schema_diagram.py.", file=sys.stderr)
        return 1
    return 0


def draw() -> str:
    """Render the whole drawing as SVG."""
    boxes = place()
    width = 2 * MARGIN + len(COLUMNS) * WIDTH + (len(COLUMNS) - 1) * GAP + TURN
    bottom = max(box.y + box.height for box in boxes.values())
    height = bottom + MARGIN + 26
    relations = [
        relation(boxes, constraint)
        for box in boxes.values()
        for constraint in sorted(box.table.foreign_key_constraints, key=lambda found: str(found.name))
    ]
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" aria-labelledby="title">',
        '<title id="title">Tables of Jobfolio and how they refer to each other</title>',
        f"<style>{STYLE}</style>",
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
        *relations,
        *(card(box) for box in boxes.values()),
        f'<text class="legend" x="{MARGIN}" y="{bottom + 32}">{LEGEND}</text>',
    ]
    return "\n".join([*parts, "</svg>", ""])


def place() -> dict[str, Box]:
    """Stack the tables of each column. Raises SystemExit naming a table that COLUMNS does not place."""
    tables = Base.metadata.tables
    if missing := set(tables) - {name for column in COLUMNS for name in column}:
        raise SystemExit(f"scripts/schema_diagram.py does not say where to draw {', '.join(sorted(missing))}.")
    boxes: dict[str, Box] = {}
    for number, column in enumerate(COLUMNS):
        y = MARGIN
        for name in column:
            boxes[name] = Box(tables[name], number, MARGIN + number * (WIDTH + GAP), y)
            y += boxes[name].height + BELOW
    return boxes


def card(box: Box) -> str:
    """Draw a table: name, columns with marks and types; what may be NULL ends in a question mark."""
    x, y = box.x, box.y
    lines = [
        f'<rect class="card" x="{x}" y="{y}" width="{WIDTH}" height="{box.height}" rx="8"/>',
        f'<path class="head" d="M{x} {y + HEADER}v-{HEADER - 8}q0 -8 8 -8h{WIDTH - 16}q8 0 8 8v{HEADER - 8}z"/>',
        f'<text class="name" x="{x + 14}" y="{y + 24}">{escape(box.table.name)}</text>',
    ]
    for number, column in enumerate(box.table.columns):
        middle = box.row_y(column.name)
        if number % 2:
            lines.append(
                f'<rect class="stripe" x="{x + 1}" y="{middle - ROW // 2}" width="{WIDTH - 2}" height="{ROW}"/>'
            )
        marks = [mark for mark, holds in (("PK", column.primary_key), ("FK", column.foreign_keys)) if holds]
        for place_in_row, mark in enumerate(marks):
            left = x + 10 + 26 * place_in_row
            lines += [
                f'<rect class="{mark.lower()}" x="{left}" y="{middle - 7}" width="23" height="14" rx="3"/>',
                f'<text class="mark" x="{left + 11.5}" y="{middle + 4}">{mark}</text>',
            ]
        kind = column.type.compile(dialect=postgresql.dialect()).lower()  # type: ignore[no-untyped-call]
        kind = kind.replace("timestamp with time zone", "timestamptz") + ("?" if column.nullable else "")
        lines += [
            f'<text x="{x + 66}" y="{middle + 4}">{escape(column.name)}</text>',
            f'<text class="type" x="{x + WIDTH - 12}" y="{middle + 4}">{escape(kind)}</text>',
        ]
    return "\n".join(lines)


def relation(boxes: dict[str, Box], constraint: ForeignKeyConstraint) -> str:
    """Draw a foreign key: crow's foot at the many, a bar at the one, the deletion rule between them."""
    many, one = boxes[constraint.table.name], boxes[constraint.referred_table.name]
    column = constraint.columns[0]
    rule = f"on delete {constraint.ondelete or 'no action'}".lower().split(" (")[0]
    start, end = many.row_y(column.name), one.row_y(constraint.elements[0].column.name)
    foot = single_foot if column.primary_key else crows_foot
    if many.column == one.column:
        # A loop along the right side of two tables above each other.
        right = many.x + WIDTH
        bend, beside, middle = right + LOOP, right + LOOP + 14, (start + end) // 2
        path = f"M{right} {start}H{bend}V{end}H{right}"
        turned = f'transform="rotate(-90 {beside} {middle})"'
        label = f'<text class="rule" {turned} x="{beside}" y="{middle}">{rule}</text>'
        marks = foot(right, start, 1) + bar(right, end, 1)
    else:
        side = 1 if many.column < one.column else -1
        near = many.x + (WIDTH if side == 1 else 0)
        far = one.x + (0 if side == 1 else WIDTH)
        middle = far - side * TURN
        path = f"M{near} {start}H{middle}V{end}H{far}"
        label = f'<text class="rule" x="{(near + middle) // 2 + side * 7}" y="{start - 6}">{rule}</text>'
        marks = foot(near, start, side) + bar(far, end, -side)
    return f'<path class="line" d="{path}"/>{marks}{label}'


def crows_foot(x: int, y: int, side: int) -> str:
    """Mark many: three toes at the table's edge, which lies against `side`."""
    tip = x + 14 * side
    return f'<path class="line" d="M{x} {y - 8}L{tip} {y}L{x} {y + 8}"/>'


def single_foot(x: int, y: int, side: int) -> str:
    """Mark at most one: a circle and a bar."""
    return f'<circle class="line" cx="{x + 18 * side}" cy="{y}" r="5" style="fill:#fff"/>{bar(x, y, side)}'


def bar(x: int, y: int, side: int) -> str:
    """Mark one: a bar across the line."""
    return f'<path class="line" d="M{x + 9 * side} {y - 7}v14"/>'


if __name__ == "__main__":
    sys.exit(main())
