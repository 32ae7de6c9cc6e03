"""The addresses to which gateways and platforms post."""

from django.urls import path

from receipts import accounts, incoming, mail, views, whatsapp

app_name = "receipts"
urlpatterns = [
    path("whatsapp", whatsapp.webhook, name="whatsapp"),
    path("sms/messages", incoming.message, name="messages"),
    path("email/messages", mail.message, name="mail"),
    path("accounts/<slug:slug>", accounts.webhook, name="accounts"),
    path("<slug:way>", views.gateway, name="gateway"),
]
