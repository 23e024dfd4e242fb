"""Without a collector the ids are in the logs all the same, and nothing of OpenTelemetry is loaded
by any role."""

from __future__ import annotations

from pathlib import Path

from nlu.trace import TraceContext
from tests.processes import PHONE
from tests.traces.roles import roles

ASKED = "నా కరెంటు బిల్లు ఎంత వచ్చింది 6123401005678"
ROLES = ("serve", "worker", "actions")


def test_ids_without_a_collector(tmp_path: Path) -> None:
    """Python tells of every module that a process imports."""
    with roles(tmp_path, PYTHONPROFILEIMPORTTIME="1", SEVA_TRACED_DEPARTMENTS="") as here:
        here.start(*ROLES)
        here.say(PHONE, ASKED)
        here.until_told(PHONE, "₹845")
        here.stop()
        lines = {role: here.lines(role) for role in ROLES}
        [came] = [one for one in lines["serve"] if one["event"] == "message_came"]
        for role, event in (("worker", "turn"), ("actions", "department_call")):
            [told] = [one for one in lines[role] if one["event"] == event]
            assert told["trace"] == came["trace"]
        for role in ROLES:
            imported = here.log(role)
            assert "import time:" in imported and "nlu.trace.export" in imported
            assert "opentelemetry" not in imported
        assert here.door.headers
        assert not [one for one in here.door.headers if TraceContext.read(one.get("traceparent"))]
