"""Addresses of the journal, under the language of the page."""

from django.urls import path

from journal import views, views_authors, views_outputs, views_subscriptions

app_name = "journal"
urlpatterns = [
    path("", views.archive, name="archive"),
    path("rubrics/<slug:slug>/", views.rubric, name="rubric"),
    path("authors/", views.authors, name="authors"),
    path("authors/<slug:slug>/", views.author, name="author"),
    path("articles/<slug:slug>/", views.article, name="article"),
    path("articles/<slug:slug>/article.pdf", views_outputs.article_file, name="article_pdf"),
    path("articles/<slug:slug>/cite.<str:suffix>", views.cite, name="cite"),
    path("articles/<slug:slug>/whatsapp/", views.whatsapp, name="whatsapp"),
    path("articles/<slug:slug>/share.jpg", views.share_image, name="share_image"),
    path("suggest/", views_authors.suggest, name="suggest"),
    path("suggest/<uuid:uuid>/", views_authors.suggested, name="suggested"),
    path("writing/<uuid:uuid>/", views_authors.writing, name="writing"),
    path("writing/<uuid:uuid>/hand-in/", views_authors.hand_in, name="hand_in"),
    path("writing/<uuid:uuid>/remarks/", views_authors.author_remarks, name="author_remarks"),
    path("subscribe/", views_subscriptions.subscribe, name="subscribe"),
    path("subscribe/asked/", views_subscriptions.asked, name="subscribe_asked"),
    path("subscribe/confirm/<str:token>/", views_subscriptions.confirm, name="subscribe_confirm"),
    path("subscribe/leave/<str:token>/", views_subscriptions.leave, name="unsubscribe"),
    # Any word may be an issue’s address: what else there is stands above.
    path("<slug:slug>/", views.issue, name="issue"),
    path("<slug:slug>/issue.pdf", views_outputs.issue_file, {"kind": "pdf"}, name="issue_pdf"),
    path("<slug:slug>/issue.epub", views_outputs.issue_file, {"kind": "epub"}, name="issue_epub"),
    path("<slug:slug>/cover.svg", views.cover, name="cover"),
]
