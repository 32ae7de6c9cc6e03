"""The public addresses; every alert's text links to /a/CODE."""

from django.urls import path

from public import asking, passes, privacy, views

app_name = "public"
urlpatterns = [
    path("", views.front, name="front"),
    path("a/<slug:code>", views.page, name="alert"),
    path("m/<str:token>.jpg", views.card, name="card"),
    path("leave/<str:token>", views.leave, name="leave"),
    path("verify", asking.verify, name="verify"),
    path("api/verify", asking.api, name="api_verify"),
    path("privacy", privacy.page, name="privacy"),
    path("pass/<slug:code>", passes.page, name="pass"),
    path("favicon.ico", views.favicon, name="favicon"),
]
