"""A mistake in the ruleset shows in what can be seen from outside: mutants of it are told from the original."""

from __future__ import annotations

import os
import random
import re
import subprocess
from dataclasses import replace

from firewall_panel import Panel
from firewall_stage import HOSTS, Model, load
from mutants import Mutant, mutants
from packets import Machine

COUNT = int(os.environ.get("FIREWALL_MUTANTS", "8"))
SEED = int(os.environ.get("FIREWALL_SEED", "4"))

# Mistakes that change nothing anyone could see, and why.
EQUIVALENT = {
    r"^(service|forward): counter drop: left out": "the chain's policy, or that of the one which led here, drops",
    r"^forward: (counter drop: .*accept|.*,new)": "it is the second line, and prerouting has dropped that before",
    r"^(prerouting|forward): .*: policy drop becomes": "the last rule drops before the policy is asked",
    r"established,related becomes 'established'": "errors about a connection are let in by their ICMP type, too",
    r"^prerouting: ct state invalid": "what is invalid is not established, and is judged by its port",
    r"^prerouting: icmpv6 type \{ mld": "the bridge that the fleet lives on floods multicast",
    r"546 accept: .*ip6 daddr": "a link-local address is reached from the link itself only, too",
    r"nd-router": "there is no router in the fleet's network that would advertise itself",
    r"\.21 .*meta time < \d+ accept: (?!meta time <)": "the grant has expired, and a line for it does nothing",
    r"^service: .*saddr .* 8443 .*saddr \\S\+ +becomes ''": "the rule cuts, and answers only those whom it names",
    r"^service: .*\.21 .* 8443 .*meta time >": "the rule cuts, and answers only those whom it names",
}


def equivalent(mutant: Mutant) -> bool:
    """Whether the table with this mistake does the same as the one without."""
    return any(re.search(pattern, mutant.mistake) for pattern in EQUIVALENT)


def caught(panel: Panel, host: Machine, mutant: Mutant, model: Model) -> str:
    """How a mutant was told from the original; empty when it was not."""
    try:
        load(host, mutant.text)
    except AssertionError:
        return "nft refuses it"
    except subprocess.TimeoutExpired:
        return "the host is stuck"
    return next(panel.problems(host, model), "") or next(iter(panel.connections(host, mutant.text)), "")


def test_the_original_is_not_taken_for_a_mutant(model: Model, panel: Panel) -> None:
    for host in HOSTS:
        assert not caught(panel, host, Mutant("none", model.ruleset(host)), model)


def test_every_mutant_that_can_be_observed_is_caught(model: Model, panel: Panel) -> None:
    chance = random.Random(SEED)  # noqa: S311  no secret
    candidates = [(host, mutant) for host in HOSTS for mutant in mutants(model.ruleset(host)) if not equivalent(mutant)]
    # What a mutant loses, it loses for good.
    panel = replace(panel, lookout=replace(panel.lookout, patient=(1.0,)), patience=1.5)
    survivors = []
    for host, mutant in chance.sample(candidates, min(COUNT, len(candidates))):
        found = caught(panel, host, mutant, model)
        print(f"{host.name}: {mutant.mistake} -> {found or 'SURVIVED'}", flush=True)
        if not found:
            survivors.append(f"{host.name}: {mutant.mistake}")
    assert not survivors
