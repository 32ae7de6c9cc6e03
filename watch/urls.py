"""The watchers' addresses."""

from django.urls import path

from watch import views

app_name = "watch"
urlpatterns = [
    path("metrics", views.metrics, name="metrics"),
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
]
