"""Addresses of the whole portal. See each app's urls.py."""

from django.conf.urls.i18n import i18n_patterns
from django.contrib import admin
from django.urls import include, path, re_path

from journal.feeds import feed as journal_feed
from journal.old_addresses import old_article
from people.webhooks import whatsapp
from portal import cabinet, health, search_page, sitemap, views
from practices.views.public import short
from publishing.views import media
from themes import views as theme_views

municipalities = (
    [
        path("", views.municipality_list, name="list"),
        path("<str:code>/", views.municipality, name="municipality"),
    ],
    "places",
)

urlpatterns = [
    path("", views.root, name="root"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("robots.txt", views.robots, name="robots"),
    path("sitemap.xml", sitemap.sitemap, name="sitemap"),
    path("sitemap-<slug:name>-<int:page>.xml", sitemap.part, name="sitemap_part"),
    path("manifest.webmanifest", views.manifest, name="manifest"),
    path("felt/theme-<int:position>.svg", theme_views.emblem, name="emblem"),
    path("felt/cover-<int:position>-<int:oblast>-<int:seed>.svg", theme_views.cover, name="cover"),
    path("p/<str:code>", short, name="short"),
    path("media/<str:label>/<uuid:uuid>/<str:filename>", media, name="media"),
    path("feeds/journal-<str:language>.xml", journal_feed, name="journal_feed"),
    path("feeds/journal-<str:language>/<slug:slug>.xml", journal_feed, name="journal_rubric_feed"),
    path("hooks/whatsapp/", whatsapp, name="whatsapp_hook"),
    path("language/", include("django.conf.urls.i18n")),
    path("admin/", admin.site.urls),
]
urlpatterns += i18n_patterns(
    path("", views.home, name="home"),
    path("practices/", include("practices.urls")),
    path("journal/", include("journal.urls")),
    re_path("^article/full/(?P<number>[0-9]{1,9})\\.html/?$", old_article, name="old_article"),
    path("contests/", include("contests.urls")),
    path("partners/", include("partners.urls")),
    path("search/", search_page.search, name="search"),
    path("search/suggestions/", search_page.suggestions, name="suggestions"),
    path("themes/", views.theme_list, name="themes"),
    path("themes/<slug:slug>/", views.theme, name="theme"),
    path("municipalities/", include(municipalities)),
    path("account/", cabinet.account_home, name="account_home"),
    path("account/data/", cabinet.data, name="account_data"),
    path("account/data/export/", cabinet.export, name="account_export"),
    path("account/data/delete/", cabinet.delete, name="account_delete"),
    path("account/data/deleted/", cabinet.deleted, name="account_deleted"),
    path(
        "account/data/consents/<uuid:uuid>/withdraw/",
        cabinet.withdraw_consent,
        name="withdraw_consent",
    ),
    path("data-kept/", cabinet.data_kept, name="data_kept"),
    path("", include("people.urls")),
    path("account/", include("allauth.urls")),
    path("", include("publishing.urls")),
)
handler400 = "portal.views.bad_request"
handler403 = "portal.views.forbidden"
handler404 = "portal.views.not_found"
handler500 = "portal.views.server_error"
handler429 = "portal.views.too_many_requests"  # asked for by allauth
