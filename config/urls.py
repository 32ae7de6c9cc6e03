"""Every address of the house."""

from django.urls import include, path

from bot.webhook import receive

urlpatterns = [
    path("console/", include("console.account_urls")),
    path("console/", include("console.urls")),
    path("connect/", include("connect.urls")),
    path("telegram/webhook", receive, name="telegram_webhook"),
    path("receipts/", include("receipts.urls")),
    path("atlas/", include("atlas.urls")),
    path("", include("watch.urls")),
    path("", include("public.urls")),
]
