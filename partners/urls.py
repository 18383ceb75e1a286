from django.urls import path

from partners import views, views_own

app_name = "partners"

urlpatterns = [
    path("", views.partner_list, name="list"),
    path("projects/", views.projects, name="projects"),
    path("<slug:slug>/", views.partner, name="partner"),
    path("<slug:slug>/edit/", views_own.edit, name="edit"),
    path("<slug:slug>/edit/project/", views_own.edit_project, name="new_project"),
    path("<slug:slug>/edit/project/<uuid:uuid>/", views_own.edit_project, name="edit_project"),
    path(
        "<slug:slug>/edit/proposal/<int:pk>/take-back/",
        views_own.take_proposal_back,
        name="take_back",
    ),
]
