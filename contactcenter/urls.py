"""The table of rooms."""

from django.contrib import admin
from django.urls import include, path

from accounts.preferences import preferences, zone
from accounts.views import home
from core import health

handler400 = "intake.refusals.unreadable"
handler429 = "accounts.refusal.too_many_tries"

urlpatterns = [
    path("", home),
    path("settings/", preferences, name="settings"),
    path("settings/zone/", zone, name="zone"),
    path("healthz", health.live, name="healthz"),
    path("readyz", health.ready, name="readyz"),
    path("metrics", health.metrics, name="metrics"),
    path("accounts/", include("accounts.urls")),
    path("admin/", admin.site.urls),
    path("", include("conversations.urls")),
    path("", include("approvals.urls")),
    path("", include("intake.urls")),
    path("", include("dashboards.urls")),
    path("", include("knowledge.urls")),
]
