#!/usr/bin/python
"""Watch the servers of a new release beside those of the release before, on one edge."""

from __future__ import annotations

DOCUMENTATION = r"""
module: haproxy_canary
short_description: Compare servers that run a new release with those that run the release before
description:
  - Reads HAProxy's counters on an edge at short intervals, and compares what both have done since the first look -
    the share of requests that ended with a status of 500 or above or without an answer, and the mean response time.
  - Ends early where nothing could save the new release any more, or where one of its servers goes down. It never fails
    because of what it sees; RV(passed) tells.
  - Where no HAProxy runs, or where it knows none of the servers, there is nothing to see.
options:
  socket:
    description: HAProxy's runtime socket.
    type: path
    required: true
  backend:
    description: HAProxy backend of the servers.
    type: str
    required: true
  servers:
    description: Both slots of every host that has the new release. Those that get requests are watched.
    type: list
    elements: str
    required: true
  others:
    description:
      - Both slots of every host that still has the release before.
      - Where there are none, the emptied slots among O(servers) take their place, with all that HAProxy has counted for
        them since it started.
    type: list
    elements: str
    default: []
  seconds:
    description: How long to watch.
    type: float
    required: true
  requests:
    description: How many requests make a judgement. Those that lack are taken for good ones.
    type: int
    required: true
  errors:
    description: Percentage points by which the share of errors may exceed that of the others.
    type: float
    required: true
  latency:
    description: Milliseconds by which the mean response time may exceed that of the others in half of the watch.
    type: float
    required: true
attributes:
  check_mode:
    support: full
    description: It changes nothing in any mode.
  diff_mode:
    support: none
author:
  - Jobfolio operations
"""

EXAMPLES = r"""
- name: Watch the first backend that was replaced
  haproxy_canary:
    socket: /var/lib/jobfolio/edge/runtime.sock
    backend: be_backend
    servers: [backend1-a, backend1-b]
    others: [backend2-a, backend2-b]
    seconds: 10
    requests: 50
    errors: 2
    latency: 200
  register: canary
"""

RETURN = r"""
routed:
  description: Whether this edge runs and knows the servers. Nothing else is returned where not.
  returned: always
  type: bool
passed:
  description: Whether the new release does well enough.
  returned: where routed
  type: bool
said:
  description: The evidence, in one sentence.
  returned: where routed
  type: str
  sample: backend1-b answered 23 of 412 requests with an error (5.6 %), the others 0 of 398 (0.0 %); 2 percentage points
    more are allowed.
servers:
  description: The servers that were watched.
  returned: where routed
  type: list
  elements: str
canary:
  description: What they did, C(requests), C(errors) among these, and C(milliseconds), the sum of their response times.
  returned: where routed
  type: dict
others:
  description: The same of the release before.
  returned: where routed
  type: dict
slow:
  description: In how many of the watch's ten parts they took longer than I(latency) allows.
  returned: where routed
  type: int
"""

import time
from dataclasses import asdict, replace
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.rolling.canary import (
    PARTS,
    Comparison,
    Counters,
    Limits,
    Verdict,
    compare,
    is_slow,
    judge,
    read_counters,
)
from ansible.module_utils.rolling.runtime import ask, listening

ARGUMENTS = {
    "socket": {"type": "path", "required": True},
    "backend": {"type": "str", "required": True},
    "servers": {"type": "list", "elements": "str", "required": True},
    "others": {"type": "list", "elements": "str", "default": []},
    "seconds": {"type": "float", "required": True},
    "requests": {"type": "int", "required": True},
    "errors": {"type": "float", "required": True},
    "latency": {"type": "float", "required": True},
}
INTERVAL = 0.25


def look(params: dict[str, Any]) -> dict[str, Counters]:
    """Return what HAProxy has counted for the servers."""
    counters: dict[str, Counters] = read_counters(ask(params["socket"], "show stat"), params["backend"])
    return counters


def watch(params: dict[str, Any], first: dict[str, Counters]) -> tuple[Comparison, Verdict]:
    """Watch until the verdict is certain or the time is over; return what was seen, and the verdict."""
    limits = Limits(params["requests"], params["errors"], params["latency"])
    seconds, begun = params["seconds"], time.monotonic()
    part, parts, slow = first, 0, 0
    while True:
        time.sleep(min(INTERVAL, seconds / PARTS))
        left = max(0.0, 1 - (time.monotonic() - begun) / seconds)
        now = look(params)
        if (1 - left) * PARTS >= parts + 1:
            slow += is_slow(compare(part, now, params["servers"], params["others"]), limits)
            part, parts = now, parts + 1
        seen = replace(compare(first, now, params["servers"], params["others"]), slow=slow)
        verdict = judge(seen, limits, left=left)
        if not verdict.passed or not left:
            return seen, verdict


def main() -> None:
    """Run the module."""
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    params = module.params
    if params["seconds"] <= 0 or params["requests"] <= 0:
        module.fail_json(msg="There is nothing to judge by: seconds and requests have to be greater than 0.")
    try:
        first = look(params) if listening(params["socket"]) else {}
        if not first.keys() & set(params["servers"]):
            module.exit_json(changed=False, routed=False)
        seen, verdict = watch(params, first)
    except OSError as error:
        module.fail_json(msg=f"HAProxy at {params['socket']}: {error}")
    module.exit_json(
        changed=False,
        routed=True,
        servers=list(seen.names),
        canary=asdict(seen.canary),
        others=asdict(seen.others),
        slow=seen.slow,
        **asdict(verdict),
    )


if __name__ == "__main__":
    main()
