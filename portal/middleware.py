"""The language of addresses that name none."""

from django.middleware.locale import LocaleMiddleware
from django.utils import translation

from publishing.languages import visitor_language


class VisitorLanguageMiddleware(LocaleMiddleware):
    """Django's own, but an address without a language speaks by cookie, then by browser, else Kyrgyz.

    Django would fall back to LANGUAGE_CODE, which here only says where missing strings come from.
    """

    def process_request(self, request):
        super().process_request(request)
        if not translation.get_language_from_path(request.path_info):
            translation.activate(visitor_language(request))
            request.LANGUAGE_CODE = translation.get_language()
