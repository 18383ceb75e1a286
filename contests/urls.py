"""Addresses of contests, under the language of the page."""

from django.urls import path

from contests import views

app_name = "contests"
urlpatterns = [
    path("", views.contest_list, name="list"),
    # Any word may be a contest’s address: what else there is stands above (Contest.reserved_slugs).
    path("<slug:slug>/", views.contest, name="contest"),
]
