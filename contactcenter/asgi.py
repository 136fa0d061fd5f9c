"""HTTP to Django, sockets to the rooms; a socket must come from a page of ours."""

import os
from importlib import import_module
from importlib.util import find_spec

from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import AllowedHostsOriginValidator
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "contactcenter.settings")
http = get_asgi_application()
signed_in = import_module("accounts.sockets").signed_in

ROOMS = ["conversations", "approvals", "intake", "dashboards"]
sockets = [
    pattern
    for room in ROOMS
    if find_spec(f"{room}.urls")
    for pattern in getattr(import_module(f"{room}.urls"), "websocket_urlpatterns", [])
]
application = ProtocolTypeRouter({"http": http, "websocket": AllowedHostsOriginValidator(signed_in(URLRouter(sockets)))})
