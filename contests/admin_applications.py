"""Applications as the secretary works with them: what is sent, whether it is admitted."""


class AdmissionAdmin:
    """Mixed into ContestAdmin; adds its pages to `get_urls` and the ways there to `tools`."""
