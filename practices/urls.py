from django.urls import path

from practices.views import adoptions, checks, contribution, public, templates

app_name = "practices"
urlpatterns = [
    path("", public.practice_list, name="list"),
    path("add/", contribution.add, name="add"),
    path("add/word/", contribution.word, name="word"),
    path("add/form-<str:language>.docx", contribution.word_form, name="word_form"),
    path("add/<uuid:uuid>/", contribution.draft, name="draft"),
    path("add/<uuid:uuid>/discard/", contribution.discard, name="discard"),
    path("add/<uuid:uuid>/send/", contribution.send, name="send"),
    path("add/<uuid:uuid>/<slug:name>/", contribution.section, name="section"),
    path("mine/<uuid:uuid>/", contribution.mine, name="mine"),
    path("adoptions/<int:pk>/", adoptions.adoption, name="adoption"),
    path("adoptions/<int:pk>/confirm/", adoptions.adoption_confirm, name="adoption_confirm"),
    path("adoptions/<int:pk>/move/<slug:name>/", adoptions.adoption_move, name="adoption_move"),
    path("adoptions/<int:pk>/photos/", adoptions.adoption_photo, name="adoption_photo"),
    path(
        "adoptions/<int:pk>/photos/<uuid:uuid>/remove/",
        adoptions.adoption_photo_remove,
        name="adoption_photo_remove",
    ),
    path("checks/<int:pk>/", checks.check, name="check"),
    path("<slug:slug>/", public.practice_detail, name="detail"),
    path("<slug:slug>/passport.pdf", public.passport, name="passport"),
    path("<slug:slug>/whatsapp/", public.whatsapp, name="whatsapp"),
    path("<slug:slug>/share.jpg", public.share_image, name="share_image"),
    path("<slug:slug>/cost/", public.calculator, name="calculator"),
    path("<slug:slug>/documents/<uuid:uuid>/fill/", templates.fill_template, name="fill"),
    path("<slug:slug>/adopt/", adoptions.adopt, name="adopt"),
    path("<slug:slug>/adoptions.svg", adoptions.adoptions_map, name="adoptions_map"),
]
