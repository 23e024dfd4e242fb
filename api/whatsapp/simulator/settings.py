"""The simulator's view of the settings: those of Seva, and where Seva listens."""

from __future__ import annotations

from pydantic import Field

from api.setting_types import Address
from api.settings import Settings

WEBHOOK_PATH = "/webhooks/whatsapp"


class SimulatorSettings(Settings):
    """Seva's own settings, so that both sides share number, token and secret."""

    simulator_webhook_url: Address = Field(
        default="",
        description="Where the simulator delivers webhooks; empty means "
        "`/webhooks/whatsapp` at `SEVA_SERVE_HOST` and `SEVA_SERVE_PORT`.",
    )

    @property
    def webhook_url(self) -> str:
        """Where webhooks go."""
        host = "127.0.0.1" if self.serve_host in ("0.0.0.0", "::") else self.serve_host
        return self.simulator_webhook_url or f"http://{host}:{self.serve_port}{WEBHOOK_PATH}"

    @property
    def public_url(self) -> str:
        """Where the bot reaches the simulator: the base of media URLs in webhooks."""
        host = "127.0.0.1" if self.simulator_host in ("0.0.0.0", "::") else self.simulator_host
        return f"http://{host}:{self.simulator_port}"
