"""Addresses of contests, under the language of the page."""

from django.urls import path

from contests import views, views_applicants, views_jury, views_protocol, views_sheets, views_vote

app_name = "contests"
urlpatterns = [
    path("", views.contest_list, name="list"),
    path("archive/", views.archive, name="archive"),
    path("applications/<uuid:uuid>/", views_applicants.draft, name="draft"),
    path("applications/<uuid:uuid>/discard/", views_applicants.discard, name="discard"),
    path("applications/<uuid:uuid>/send/", views_applicants.send, name="send"),
    path("applications/<uuid:uuid>/<slug:name>/", views_applicants.section, name="section"),
    path("applications/sent/<uuid:uuid>/", views_applicants.application, name="application"),
    path("applications/sent/<uuid:uuid>/documents/", views_applicants.documents, name="documents"),
    path("applications/sent/<uuid:uuid>/receipt.pdf", views_applicants.receipt, name="receipt"),
    path("applications/sent/<uuid:uuid>/take-back/", views_applicants.take_back, name="take_back"),
    path("diplomas/", views_protocol.diploma_check, name="diploma_check"),
    path("diplomas/<str:code>/", views_protocol.diploma, name="diploma"),
    path("diplomas/<str:code>/diploma.pdf", views_protocol.diploma_file, name="diploma_pdf"),
    path("jury/<int:pk>/", views_jury.home, name="jury"),
    path("jury/<int:pk>/statement/", views_jury.statement, name="jury_statement"),
    path("jury/<int:pk>/entries/<str:code>/", views_sheets.entry, name="jury_entry"),
    path("jury/<int:pk>/entries/<str:code>/hand-in/", views_sheets.handing_in, name="jury_hand_in"),
    path(
        "jury/<int:pk>/entries/<str:code>/recuse/",
        views_sheets.stepping_aside,
        name="jury_recuse",
    ),
    path(
        "jury/<int:pk>/entries/<str:code>/photos/<int:number>.jpg",
        views_sheets.photo,
        name="jury_photo",
    ),
    path(
        "jury/<int:pk>/entries/<str:code>/documents/<int:number>/",
        views_sheets.document,
        name="jury_document",
    ),
    path("jury/<int:pk>/protocols/<int:protocol>/", views_protocol.sign, name="protocol_sign"),
    path(
        "jury/<int:pk>/protocols/<int:protocol>/protocol.pdf",
        views_protocol.sign_file,
        name="protocol_sign_pdf",
    ),
    # Any word may be a contest’s address: what else there is stands above (Contest.reserved_slugs).
    path("<slug:slug>/", views.contest, name="contest"),
    path("<slug:slug>/apply/", views_applicants.apply, name="apply"),
    path("<slug:slug>/rules/", views.rules, name="rules"),
    path("<slug:slug>/rules/<int:number>/", views.rules_version, name="rules_version"),
    path("<slug:slug>/questions/", views.questions, name="questions"),
    path("<slug:slug>/calendar.ics", views.calendar, name="calendar"),
    path("<slug:slug>/results/", views.results, name="results"),
    path("<slug:slug>/whatsapp/", views.whatsapp, name="whatsapp"),
    path("<slug:slug>/share.jpg", views.share_image, name="share_image"),
    path("<slug:slug>/vote/", views_vote.vote, name="vote"),
    path("<slug:slug>/protocol-<int:pk>/", views_protocol.protocol, name="protocol"),
    path(
        "<slug:slug>/protocol-<int:pk>.<slug:kind>",
        views_protocol.protocol_file,
        name="protocol_file",
    ),
]
