from django.urls import path

from practices.views import public

app_name = "practices"
urlpatterns = [
    path("", public.practice_list, name="list"),
    path("<slug:slug>/", public.practice_detail, name="detail"),
    path("<slug:slug>/passport.pdf", public.passport, name="passport"),
    path("<slug:slug>/whatsapp/", public.whatsapp, name="whatsapp"),
    path("<slug:slug>/share.jpg", public.share_image, name="share_image"),
    path("<slug:slug>/cost/", public.calculator, name="calculator"),
]
