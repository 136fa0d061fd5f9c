"""Addresses of the dashboard, its socket, and the public status page."""

from django.urls import path

from dashboards import views
from dashboards.consumers import DashboardConsumer

urlpatterns = [
    path("dashboards/", views.overview, name="dashboards"),
    path("dashboards/tiles/", views.tiles, name="dashboard-tiles"),
    path("status/", views.public_status, name="status"),
]
websocket_urlpatterns = [path("ws/dashboards/", DashboardConsumer.as_asgi())]
