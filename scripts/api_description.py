#!/usr/bin/env python3
"""Write the API's OpenAPI document as docs/openapi.json, from the code alone: no database.

`--check` writes nothing and fails when the document is out of date.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any, cast

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "app" / "backend"), str(ROOT / "app" / "phased_migrations")]

from jobfolio import create_app  # noqa: E402 - needs the path above

DOCUMENT = ROOT / "docs" / "openapi.json"


def main() -> int:
    """Write or check the document."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="fail when the document is out of date")
    check = parser.parse_args().check
    described = describe()
    if not check:
        DOCUMENT.write_text(described, encoding="utf-8")
    elif not DOCUMENT.exists() or DOCUMENT.read_text(encoding="utf-8") != described:
        print("docs/openapi.json does not describe the API as it is: run scripts/generated.", file=sys.stderr)
        return 1
    return 0


def describe() -> str:
    """Give the document, paths in order; the database is never asked."""
    app = create_app({"DATABASE_URL": "postgresql:///none"})
    with app.app_context():
        document = cast("dict[str, Any]", app.spec)  # a string only where YAML is configured
    document["paths"] = dict(sorted(document["paths"].items()))
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.exit(main())
