"""What every page knows: its address in both languages. Touches neither session nor user."""

from django.conf import settings
from django.urls import translate_url
from django.utils.translation import get_language, get_language_info


def page(request):
    """language_links: [{code, name, url, current}]; canonical: the absolute address of this page.

    The switch keeps the page and its filters: the query string goes along.
    """
    address = request.get_full_path()
    current = get_language()
    return {
        "language_links": [
            {
                "code": code,
                "name": get_language_info(code)["name_local"].capitalize(),
                "url": translate_url(address, code),
                "path": translate_url(request.path, code),
                "current": code == current,
            }
            for code, _name in settings.LANGUAGES
        ],
        "site_url": settings.SITE_URL,
        "canonical": settings.SITE_URL + request.path,
    }
