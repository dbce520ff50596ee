"""Build images with the engine's own client, which works with and without the buildx plugin."""

from __future__ import annotations

import os
import re
import subprocess
import tarfile
import tempfile
import time
from pathlib import Path
from typing import IO, TYPE_CHECKING, cast

from .context import select

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

NETWORK_TROUBLE = re.compile(
    r"temporary failure (in name resolution|resolving)|could not resolve|connection (reset|refused|timed out)"
    r"|i/o timeout|tls handshake timeout|read timed out|unable to fetch some archives|hash sum mismatch"
    r"|EAI_AGAIN|ECONNRESET|ETIMEDOUT|\b50[234] (bad gateway|service unavailable|gateway time-?out)",
    re.IGNORECASE,
)
"""What package managers and the engine print when the network, not the build, is at fault."""


class BuildFailedError(RuntimeError):
    """A build did not succeed. The message holds the end of what it printed."""

    def __init__(self, output: str, lines: int = 40) -> None:
        super().__init__("\n".join(output.strip().splitlines()[-lines:]))
        self.worth_another_try = NETWORK_TROUBLE.search(output) is not None


def local_images(references: Iterable[str]) -> set[str]:
    """Return those of the references that the engine has."""
    wanted = set(references)
    listed = subprocess.run(
        ["docker", "image", "ls", "--format", "{{.Repository}}:{{.Tag}}"],  # noqa: S607 - found on PATH, as by hand
        capture_output=True,
        check=True,
        text=True,
    )
    return wanted & set(listed.stdout.split())


def take(kept: Path, reference: str) -> bool:
    """Load an image from its archive under this name; return whether there is one that the engine can read."""
    if not kept.exists():
        return False
    with kept.open("rb") as source:
        loaded = subprocess.run(
            ["docker", "load", "--quiet"],  # noqa: S607 - found on PATH, as by hand
            stdin=source,
            capture_output=True,
            check=False,
            text=True,
        )
    # The name that it was kept under, by whichever registry.
    found = re.search(r"^Loaded image: (\S+)$", loaded.stdout, re.MULTILINE)
    if loaded.returncode != 0 or found is None:
        return False
    if found[1] != reference:
        for command in (["tag", found[1], reference], ["image", "rm", found[1]]):
            subprocess.run(["docker", *command], check=True, capture_output=True)  # noqa: S603, S607 - as above
    return True


def keep(reference: str, kept: Path) -> None:
    """Write an image into an archive, which is there as a whole or not at all."""
    kept.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=kept.parent, delete=False) as whole:
        path = Path(whole.name)
        try:
            subprocess.run(["docker", "save", reference], stdout=whole, check=True)  # noqa: S603, S607 - as above
            path.replace(kept)
        finally:
            path.unlink(missing_ok=True)


def build_command(
    reference: str, dockerfile: str, build_args: Mapping[str, str], network: str, ca: Path | None
) -> list[str]:
    """Return the command that builds from an archive on its standard input.

    The authority's certificate goes in as a build secret (``id=ca``), which no layer and no history keeps.
    """
    arguments = [f"--build-arg={name}={value}" for name, value in sorted(build_args.items())]
    secret = [f"--secret=id=ca,src={ca}"] if ca else []
    return [
        *("docker", "build", "--progress=plain", f"--network={network}", f"--file={dockerfile}", f"--tag={reference}"),
        *arguments,
        *secret,
        "-",
    ]


def attempt(step: Callable[[], None], attempts: int, pause: float = 5.0) -> None:
    """Run a step, again after a pause in seconds when the network failed it.

    Raises:
        BuildFailedError: The step failed for another reason, or as often as is allowed.
    """
    for left in reversed(range(attempts)):
        try:
            step()
        except BuildFailedError as failure:
            if not (left and failure.worth_another_try):
                raise
            time.sleep(pause)
        else:
            return


def build(command: Sequence[str], archive: Path, folders: Sequence[str]) -> None:
    """Build an image from those parts of the archive that lie in the folders.

    Raises:
        BuildFailedError: The build did not succeed.
    """
    with archive.open("rb") as source, tempfile.TemporaryFile() as context:
        select(source, folders, context)
        context.seek(0)
        run(command, context)


def bootstrap(reference: str, script: str, argument: str, archive: Path) -> None:
    """Import as an image the file system that a shell script of the archive prints.

    Raises:
        BuildFailedError: The script or the import did not succeed.
    """
    with tarfile.open(archive) as files:
        text = cast("IO[bytes]", files.extractfile(script)).read().decode()
    with tempfile.TemporaryFile() as root:
        made = subprocess.run(  # noqa: S603 - the repository's own script
            ["sh", "-c", text, script, argument],  # noqa: S607 - found on PATH, as by hand
            stdout=root,
            stderr=subprocess.PIPE,
            check=False,
        )
        if made.returncode != 0:
            raise BuildFailedError(made.stderr.decode(errors="replace"))
        root.seek(0)
        run(["docker", "import", "--change=ENV LANG=C.UTF-8", '--change=CMD ["bash"]', "-", reference], root)


def run(command: Sequence[str], source: IO[bytes]) -> None:
    """Run a command of the engine's client on a file.

    Raises:
        BuildFailedError: It did not succeed.
    """
    ran = subprocess.run(  # noqa: S603 - no shell
        command,
        stdin=source,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**os.environ, "DOCKER_BUILDKIT": "1"},
        check=False,
    )
    if ran.returncode != 0:
        raise BuildFailedError(ran.stdout.decode(errors="replace"))
