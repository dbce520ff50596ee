#!/usr/bin/env python3
"""Replace the project's certificate authority, in three steps. After each, run playbooks/deploy.yml and build.yml.

    scripts/authority.py trust DIRECTORY    make a new one, which is trusted beside the one that signs
    scripts/authority.py switch DIRECTORY   have it sign; the former stays trusted
    scripts/authority.py drop DIRECTORY     trust the former no more

DIRECTORY is .state/ENVIRONMENT/tls. A step that was taken already changes nothing; one that was killed is taken again.
"""

from __future__ import annotations

import argparse
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "plugins" / "module_utils"))

from tls.plan import RefusedError
from tls.rotation import STEPS


def write(path: Path, content: bytes) -> None:
    """Write a file as a whole, nobody else's to read where it is a key."""
    whole = path.with_name(f".{path.name}.new")
    with os.fdopen(os.open(whole, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    whole.chmod(0o600 if path.suffix == ".key" else 0o644)
    whole.replace(path)


def main() -> int:
    """Take one step, and tell."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("step", choices=STEPS)
    parser.add_argument("directory", type=Path)
    given = parser.parse_args()
    try:
        stored = {path.name: path.read_bytes() for path in given.directory.glob("*.*") if not path.name.startswith(".")}
        files = STEPS[given.step](stored, datetime.now(tz=UTC))
        for name, content in files.items():
            if content is None:
                (given.directory / name).unlink()
            else:
                write(given.directory / name, content)
    except (RefusedError, ValueError, OSError) as error:
        print(f"{given.directory}: {error}", file=sys.stderr)
        return 1
    print(f"Changed: {', '.join(files)}." if files else "That was done already.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
