from django.urls import path

from practices import views

app_name = "practices"
urlpatterns = [
    path("", views.practice_list, name="list"),
    path("<slug:slug>/", views.practice_detail, name="detail"),
    path("<slug:slug>/passport.pdf", views.passport, name="passport"),
    path("<slug:slug>/whatsapp/", views.whatsapp, name="whatsapp"),
    path("<slug:slug>/share.jpg", views.share_image, name="share_image"),
    path("<slug:slug>/cost/", views.calculator, name="calculator"),
]
