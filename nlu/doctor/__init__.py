"""`seva doctor`: looks at a deployment as it stands and changes nothing.

A check is one function with the decorator `check` in a module of `nlu/doctor/checks`, `api/doctor`
or `actions/doctor`: on the floor that knows what it looks at. Those modules are found by their
place, not by entry points, for an installation that was not renewed may be what is wrong.
"""

from nlu.doctor.check import Check, Finding, NotLooked, check
from nlu.doctor.deployment import Deployment

__all__ = ["Check", "Deployment", "Finding", "NotLooked", "check"]
