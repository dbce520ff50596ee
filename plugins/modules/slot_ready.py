#!/usr/bin/python
"""Wait until a container is ready, and say all that is known where it does not get ready."""

from __future__ import annotations

DOCUMENTATION = r"""
module: slot_ready
short_description: Wait until a new container is ready to serve
description:
  - Asks the readiness endpoint directly, which is quicker than Docker's own health check and says why not.
    Without an endpoint the container's health check is run, which Docker itself does only an interval later.
  - A container that was started with less than the whole weight of the processor has it from then on.
  - Gives up at once when the container ended, or ended and was started again twice.
  - On failure the container is stopped where another one serves (it stays for a look at its logs; the next run takes it
    away), and the message holds its exit code, its last answer, its last words and the command to see more.
options:
  name:
    description: Name of the container.
    type: str
    required: true
  address:
    description: Address on which it is published. Together with O(port) and O(path).
    type: str
  port:
    description: Published port.
    type: int
  path:
    description: Path that answers 200 as soon as requests may come.
    type: str
  timeout:
    description: Seconds to get ready.
    type: int
    default: 60
  grace:
    description: Seconds it is given to end when it is given up.
    type: int
    default: 30
  still_serving:
    description: Name of the container that goes on serving when this one fails. Without one, this one is left running.
    type: str
attributes:
  check_mode:
    support: full
    description: Waits for nothing.
  diff_mode:
    support: none
author:
  - Jobfolio operations
"""

EXAMPLES = r"""
- name: Wait until the new backend is ready
  slot_ready:
    name: backend-b
    address: 10.0.1.12
    port: 8002
    path: /readyz
    still_serving: backend-a
"""

RETURN = r"""
seconds:
  description: How long it took.
  returned: success
  type: float
  sample: 1.4
answer:
  description: The last answer of the readiness endpoint.
  returned: success
  type: str
"""

import time
from http import HTTPStatus
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.rolling.engine import Engine, EngineError
from ansible.module_utils.rolling.readiness import ANSWER_SHOWN, Answer, ask, checks, health, hopeless

ARGUMENTS = {
    "name": {"type": "str", "required": True},
    "address": {"type": "str"},
    "port": {"type": "int"},
    "path": {"type": "str"},
    "timeout": {"type": "int", "default": 60},
    "grace": {"type": "int", "default": 30},
    "still_serving": {"type": "str"},
}
LOG_LINES = 30
INTERVAL = 0.25
# Of the processor, as role container gives it to whatever serves.
WHOLE_WEIGHT = 1024


def give_up(module: AnsibleModule, engine: Engine, reason: str, answer: Answer) -> None:
    """Fail with all that an operator needs; take the container off the host's memory where another one serves."""
    params: dict[str, Any] = module.params
    logs = engine.logs(params["name"], LOG_LINES)
    rest = "Nothing else serves: it is left as it is."
    if params["still_serving"]:
        engine.stop(params["name"], params["grace"])
        rest = f"It was stopped; {params['still_serving']} goes on serving."
    module.fail_json(
        msg=(
            f"{params['name']} did not get ready: {reason}. Last answer of {params['path'] or 'its health check'}: "
            f"{answer}. {rest} To see more, on this host: docker logs {params['name']}\n" + "\n".join(logs)
        )
    )


def asked_now(engine: Engine, inspected: dict[str, Any]) -> Answer:
    """Return what the container's health check says now."""
    if command := checks(inspected):
        try:
            status, text = engine.run(inspected["Id"], command)
        except EngineError as error:
            # It has ended meanwhile.
            return Answer(0, str(error))
        return Answer(HTTPStatus.SERVICE_UNAVAILABLE if status else HTTPStatus.OK, text.strip()[:ANSWER_SHOWN])
    return health(inspected)


def main() -> None:
    """Run the module."""
    module = AnsibleModule(
        argument_spec=ARGUMENTS, supports_check_mode=True, required_together=[["address", "port", "path"]]
    )
    params = module.params
    if module.check_mode:
        module.exit_json(changed=False, seconds=0.0, answer="not asked in check mode")
    engine, begun = Engine(), time.monotonic()
    answer = Answer(0, "none")
    try:
        while time.monotonic() - begun < params["timeout"]:
            inspected = engine.inspect(params["name"])
            if reason := hopeless(inspected):
                give_up(module, engine, reason, answer)
            if params["path"]:
                answer = ask(params["address"], params["port"], params["path"])
            elif inspected:
                answer = asked_now(engine, inspected)
            if answer.ready:
                # It got ready with less, so that whoever serves did not notice. 0: from before there were weights.
                if inspected and inspected["HostConfig"]["CpuShares"] not in (0, WHOLE_WEIGHT):
                    engine.weigh(params["name"], WHOLE_WEIGHT)
                module.exit_json(changed=False, seconds=round(time.monotonic() - begun, 2), answer=str(answer))
            time.sleep(INTERVAL)
        give_up(module, engine, f"it was not ready after {params['timeout']} s", answer)
    except OSError as error:
        module.fail_json(msg=f"Docker cannot be asked about {params['name']}: {error}")


if __name__ == "__main__":
    main()
