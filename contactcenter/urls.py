"""The table of rooms."""

from importlib.util import find_spec

from django.contrib import admin
from django.urls import include, path

ROOMS = ["core", "conversations", "approvals", "intake", "dashboards"]

urlpatterns = [
    path("accounts/", include("allauth.urls")),
    path("admin/", admin.site.urls),
    *[path("", include(f"{room}.urls")) for room in ROOMS if find_spec(f"{room}.urls")],
]
