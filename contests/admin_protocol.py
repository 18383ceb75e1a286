"""Protocols and awards."""


class ProtocolsAdmin:
    """Mixed into ContestAdmin; adds its pages to `get_urls` and the ways there to `tools`."""
