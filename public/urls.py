"""The public addresses; every alert's text links to /a/CODE."""

from django.urls import path

from public import views

app_name = "public"
urlpatterns = [
    path("", views.front, name="front"),
    path("a/<slug:code>", views.page, name="alert"),
    path("m/<str:token>.jpg", views.card, name="card"),
    path("leave/<str:token>", views.leave, name="leave"),
    path("favicon.ico", views.favicon, name="favicon"),
]
