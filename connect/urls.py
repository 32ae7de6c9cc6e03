"""The editors' addresses. A link's token stands in one of them only, is used once, and is kept out of the logs."""

from django.urls import path, register_converter
from django.urls.converters import StringConverter

from connect import describing, ending, views


class TokenConverter(StringConverter):
    """The token of a link: 32 random bytes."""

    regex = "[A-Za-z0-9_-]{43}"


register_converter(TokenConverter, "token")

app_name = "connect"
urlpatterns = [
    path("callback/<slug:slug>/", views.callback, name="callback"),
    path("client-metadata/<slug:slug>.json", describing.describe, name="describe"),
    path("done/", views.done, name="done"),
    path("end/<int:pk>/", ending.end, name="end"),
    path("<token:token>/", views.link, name="link"),
    path("<str:other>/", views.unknown, name="unknown"),
]
