from django.urls import path

from people import views

urlpatterns = [
    path("go/<str:token>/", views.go, name="go"),
    path("account/municipality/", views.membership, name="membership"),
    path("account/municipality/<uuid:uuid>/", views.membership_code, name="membership_code"),
    path(
        "account/municipality/<uuid:uuid>/new-code/",
        views.membership_new_code,
        name="membership_new_code",
    ),
    # Before allauth's own page at the same address.
    path(
        "account/login/code/confirm/", views.confirm_login_code, name="account_confirm_login_code"
    ),
]
