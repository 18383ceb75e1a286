"""The admin site; its index is «My work»."""

from functools import wraps

from django.apps import apps
from django.conf import settings
from django.contrib.admin import AdminSite
from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.shortcuts import redirect, resolve_url
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import translation
from django.utils.translation import gettext_lazy as _
from django.views.i18n import JavaScriptCatalog

#: The text editor adds one constant <style>; this is its digest (a test derives it anew from the
#: installed file, so an update of the editor tells by itself).
EDITOR_STYLE = "'sha256-PlumsSlvJ7vvWzjqibGAYKq92O3y/4JTxWWsWJvyUYA='"
#: What pages of the admin need beyond the public policy.
ADMIN_POLICY = {"style-src": [EDITOR_STYLE]}


class LabelledAutocompleteView(AutocompleteJsonView):
    """Suggestions carry what tells two things of one name apart: ModelAdmin.suggestion_label."""

    def serialize_result(self, obj, to_field_name):
        result = super().serialize_result(obj, to_field_name)
        label = getattr(self.model_admin, "suggestion_label", None)
        return result | {"text": label(obj)} if label else result


class PortalAdminSite(AdminSite):
    """Django's admin with the work that waits on its first page, in the person's language."""

    site_header = _("Portal of best practice")
    site_title = _("Portal of best practice")
    index_title = _("My work")
    index_template = "admin/my_work.html"
    enable_nav_sidebar = False

    def admin_view(self, view, cacheable=False):
        inner = super().admin_view(view, cacheable)

        @wraps(inner)
        def with_policy(request, *args, **kwargs):
            self._speak_language_of(request)
            response = inner(request, *args, **kwargs)
            response._csp_update = ADMIN_POLICY  # noqa: SLF001  (django-csp's own way)
            return response

        return with_policy

    @staticmethod
    def _speak_language_of(request):
        """Who has never switched the language reads the admin in the language of their account."""
        if settings.LANGUAGE_COOKIE_NAME not in request.COOKIES and request.user.is_authenticated:
            translation.activate(request.user.language)
            request.LANGUAGE_CODE = translation.get_language()

    def get_urls(self):
        return [path("parity/", self.admin_view(self.parity), name="parity"), *super().get_urls()]

    def i18n_javascript(self, request, extra_context=None):
        """Words of scripts, out of the portal’s own catalogue too."""
        return JavaScriptCatalog.as_view()(request)

    def get_app_list(self, request, app_label=None):
        """The portal's own apps first, from the roof down; then what packages bring."""
        order = [config.label for config in apps.get_app_configs()]
        own = order.index("portal")
        found = super().get_app_list(request, app_label)
        return sorted(
            found,
            key=lambda app: (order.index(app["app_label"]) < own, order.index(app["app_label"])),
        )

    def index(self, request, extra_context=None):
        from publishing.work import overview

        return super().index(request, overview(self, request) | (extra_context or {}))

    def parity(self, request):
        """How much of what is public exists in each language."""
        from publishing.parity import sections

        context = self.each_context(request) | {
            "title": _("Parity of languages"),
            "sections": sections(self, request),
        }
        return TemplateResponse(request, "admin/parity.html", context)

    def autocomplete_view(self, request):
        return LabelledAutocompleteView.as_view(admin_site=self)(request)

    def login(self, request, extra_context=None):
        """Everybody signs in on one page; who has no business here is told so."""
        if self.has_permission(request):
            return redirect("admin:index")
        if request.user.is_authenticated:
            raise PermissionDenied
        return redirect_to_login(
            request.GET.get("next") or resolve_url("admin:index"), resolve_url("account_login")
        )

    def logout(self, request, extra_context=None):
        if request.method == "POST":
            logout(request)
            return redirect("root")
        return redirect("admin:index")

    def password_change(self, request, extra_context=None):
        return redirect("account_change_password")
