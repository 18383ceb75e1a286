"""The commission: appointing, links, conflicts, who scores what, how far they are."""


class CommissionAdmin:
    """Mixed into ContestAdmin; adds its pages to `get_urls` and the ways there to `tools`."""
