"""The first page: what somebody may do here."""
