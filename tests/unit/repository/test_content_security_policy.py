"""The policy under which developers try the built pages is the one that visitors get."""

from pathlib import Path

import yaml

ROOT = Path(__file__).parents[3]


def test_the_preview_sends_the_content_security_policy_of_the_edge() -> None:
    edge = yaml.safe_load((ROOT / "roles/edge/defaults/main.yml").read_text(encoding="utf-8"))
    preview = (ROOT / "app/frontend/vite.config.ts").read_text(encoding="utf-8")
    assert f'"{edge["edge_content_security_policy"].strip()}"' in preview
