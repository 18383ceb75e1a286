from django.urls import path

from publishing import views

app_name = "publishing"
urlpatterns = [
    path("about/<slug:slug>/", views.page, name="page"),
    path("preview/<str:label>/<uuid:uuid>/", views.preview, name="preview"),
]
