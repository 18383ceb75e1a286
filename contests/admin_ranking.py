"""Places, what if without a member, where opinions differ, field visits."""


class RankingAdmin:
    """Mixed into ContestAdmin; adds its pages to `get_urls` and the ways there to `tools`."""
