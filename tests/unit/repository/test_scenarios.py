"""A scenario of Molecule starts from nothing, whatever an earlier run left on the machine."""

from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[3]
SHARED = yaml.safe_load((ROOT / ".config/molecule/config.yml").read_text())
SCENARIOS = sorted((ROOT / "molecule").glob("*/molecule.yml"))


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.parent.name)
def test_a_scenario_removes_what_a_killed_run_left_before_it_makes_its_hosts(path: Path) -> None:
    scenario = SHARED["scenario"] | yaml.safe_load(path.read_text()).get("scenario", {})
    assert scenario["test_sequence"][:2] == ["destroy", "create"]
    assert scenario["test_sequence"][-1] == "destroy"
