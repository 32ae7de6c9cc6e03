"""The addresses to which gateways and platforms post."""

from django.urls import path

from receipts import incoming, views, whatsapp

app_name = "receipts"
urlpatterns = [
    path("whatsapp", whatsapp.webhook, name="whatsapp"),
    path("sms/messages", incoming.message, name="messages"),
    path("<slug:way>", views.gateway, name="gateway"),
]
