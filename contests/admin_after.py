"""After the decision: letters, practices, tasks, the public vote."""


class AfterAdmin:
    """Mixed into ContestAdmin; adds its pages to `get_urls` and the ways there to `tools`."""
