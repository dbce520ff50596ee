"""What a change looks like to the person who reads the diff. Secrets never get this far."""

from __future__ import annotations

from .plan import Change, Found, Wanted

LONGEST_SHOWN = 100_000


def describe(change: Change) -> dict[str, str]:
    """Return Ansible's diff of one change. Of secrets and of what is removed no content is shown, nor a digest."""
    before, after = _attributes(change.found), _attributes(change.wanted)
    if change.action == "write" and change.wanted is not None:
        if change.found.kind == "file" and before == after:
            before = after = ""
        old, new = _contents(change.found, change.wanted)
        before, after = before + old, after + new
    return {
        "before_header": change.path,
        "after_header": f"{change.path} ({change.action})",
        "before": before,
        "after": after,
    }


def _attributes(side: Found | Wanted | None) -> str:
    """Return what is known beside the content: kind, mode and owner."""
    kind = "absent" if side is None else side.kind if isinstance(side, Found) else side.state
    if side is None or kind == "absent":
        return "absent\n"
    return f"{kind} mode={side.mode:04o} owner={side.uid} group={side.gid}\n"


def _contents(found: Found, wanted: Wanted) -> tuple[str, str]:
    if wanted.secret:
        old = "" if found.kind == "absent" else "(secret content)\n"
        return old, "(secret content, not shown)\n" if not old else "(secret content differs, not shown)\n"
    return _text(found.content), _text(wanted.content)


def _text(content: bytes | None) -> str:
    if content is None:
        return ""
    if len(content) > LONGEST_SHOWN:
        return f"({len(content)} bytes, not shown)\n"
    try:
        return content.decode()
    except UnicodeDecodeError:
        return f"({len(content)} bytes, not text)\n"
