"""HTTP to Django, sockets to the rooms; a socket must come from a page of ours."""

import os
from importlib import import_module

from channels.routing import ProtocolTypeRouter, URLRouter
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "contactcenter.settings")
http = get_asgi_application()
# Everything below needs the apps that the line above has loaded.
same_origin = import_module("contactcenter.origin").SameOrigin
signed_in = import_module("accounts.sockets").signed_in

ROOMS = ["approvals", "intake", "dashboards"]
sockets = [pattern for room in ROOMS for pattern in import_module(f"{room}.urls").websocket_urlpatterns]
application = ProtocolTypeRouter({"http": http, "websocket": same_origin(signed_in(URLRouter(sockets)))})
