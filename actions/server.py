"""The action server: rasa-sdk on loopback."""

from __future__ import annotations


def actions_command(host: str, port: int) -> None:
    """Serves `actions.actions` until SIGTERM or Ctrl-C."""
    from rasa_sdk.endpoint import create_app

    from actions.context import context
    from nlu.slots import prepare

    here = context()  # a broken catalogue is reported at the start and not in a citizen's turn
    prepare(here.catalogue, here.today())
    app = create_app("actions.actions")
    app.run(host=host, port=port, access_log=False, debug=False, motd=False)
