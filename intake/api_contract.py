"""The documents that say what other systems may rely on. The API's own part is generated; the rest is one table."""

import json
from functools import cache
from typing import Any

from django.http import HttpResponse
from ninja import NinjaAPI

from intake import api_sockets

# What machines ask for outside of /api/, by address and method: what it is, and (status, meaning, media type) of each answer.
TEXT, JSON, PROMETHEUS = "text/plain", "application/json", "text/plain; version=0.0.4"
PLAIN: dict[str, dict[str, tuple[str, list[tuple[int, str, str]]]]] = {
    "/healthz": {"get": ("Whether this process lives.", [(200, "It does.", TEXT)])},
    "/readyz": {
        "get": (
            "Whether it can serve, with each dependency by name.",
            [(200, "It can.", JSON), (503, "The database is away, or its schema is older than this build.", JSON)],
        )
    },
    "/metrics": {"get": ("Figures to scale and alarm by.", [(200, "Prometheus text.", PROMETHEUS)])},
}


@cache
def openapi(api: NinjaAPI) -> dict[str, Any]:
    """The OpenAPI 3.1 document."""
    found = dict(api.get_openapi_schema())
    found["paths"] = found["paths"] | {address: _plain(methods) for address, methods in PLAIN.items()}
    found["servers"] = [{"url": "/"}]
    return found


def asyncapi() -> dict[str, Any]:
    """The AsyncAPI 3 document of the sockets."""
    return api_sockets.document()


def as_json(found: dict[str, Any]) -> HttpResponse:
    return HttpResponse(json.dumps(found), content_type=JSON)


def _plain(methods: dict[str, tuple[str, list[tuple[int, str, str]]]]) -> dict[str, Any]:
    return {
        method: {
            "summary": summary,
            "tags": ["machines"],
            "responses": {str(status): {"description": meaning, "content": {media: {}}} for status, meaning, media in answers},
        }
        for method, (summary, answers) in methods.items()
    }
