"""Quote what goes into SQL (PostgreSQL manual, 4.1.1 and 4.1.2.1)."""

from __future__ import annotations


def identifier(name: str) -> str:
    """Return a name as an identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(value: str) -> str:
    """Return a text as a string constant, whatever standard_conforming_strings says."""
    quoted = value.replace("'", "''")
    return "E'" + quoted.replace("\\", "\\\\") + "'" if "\\" in quoted else f"'{quoted}'"
