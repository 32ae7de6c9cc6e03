"""The public addresses; every alert's text links to /a/CODE."""

from django.urls import path

from public import (
    accessibility,
    answering,
    asking,
    checkin,
    front,
    managing,
    passes,
    privacy,
    seeking,
    staying,
    subscribing,
    views,
)

app_name = "public"
urlpatterns = [
    path("", front.page, name="front"),
    path("a/<slug:code>", views.page, name="alert"),
    path("a/<slug:code>/check-in", checkin.check_in, name="check_in"),
    path("a/<slug:code>/check-in/<slug:form>", checkin.checked_in, name="checked_in"),
    path("c/<str:token>", answering.answer, name="own_check_in"),
    path("subscribe", subscribing.subscribe, name="subscribe"),
    path("subscribe/sent", subscribing.sent, name="sent"),
    path("confirm/<str:token>", subscribing.confirm, name="confirm"),
    path("manage", subscribing.find, name="find"),
    path("manage/<str:token>", managing.manage, name="manage"),
    path("stay/<str:token>", staying.stay, name="stay"),
    path("m/<str:token>.jpg", views.card, name="card"),
    path("leave/<str:token>", views.leave, name="leave"),
    path("seek", seeking.seek, name="seek"),
    path("seek/sent", seeking.sought, name="sought"),
    path("seek/answer/<str:token>", seeking.found, name="found"),
    path("verify", asking.verify, name="verify"),
    path("api/verify", asking.api, name="api_verify"),
    path("privacy", privacy.page, name="privacy"),
    path("accessibility", accessibility.page, name="accessibility"),
    path("pass/<slug:code>", passes.page, name="pass"),
    path("favicon.ico", views.favicon, name="favicon"),
]
