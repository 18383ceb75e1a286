"""The information campaign: texts, what was done, what it brought."""


class CampaignAdmin:
    """Mixed into ContestAdmin; adds its pages to `get_urls` and the ways there to `tools`."""
