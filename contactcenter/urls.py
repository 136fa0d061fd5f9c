"""The table of rooms."""

from importlib.util import find_spec

from django.contrib import admin
from django.urls import include, path

from core import health

handler400 = "intake.refusals.unreadable"
handler429 = "accounts.refusal.too_many_tries"

ROOMS = ["conversations", "approvals", "intake", "dashboards"]

urlpatterns = [
    path("healthz", health.live, name="healthz"),
    path("readyz", health.ready, name="readyz"),
    path("metrics", health.metrics, name="metrics"),
    path("accounts/", include("accounts.urls")),
    path("admin/", admin.site.urls),
    *[path("", include(f"{room}.urls")) for room in ROOMS if find_spec(f"{room}.urls")],
]
