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
    "/hooks/email/{slug}/": {
        "post": (
            "A mail for an inbox, as raw MIME or in the form of a mail provider; proven by the inbox's secret.",
            [
                (202, "It is kept and will be read.", JSON), (400, "There is no mail in it.", JSON), (401, "No proof came with it.", JSON),
                (403, "The proof is not right, or there is no such inbox.", JSON), (413, "It is larger than 25 MB.", JSON),
                (503, "The database is away: send it again.", JSON),
            ],
        )
    },
    "/hooks/gmail/{slug}/": {
        "post": (
            "Google's push that something is new in a mailbox.",
            [
                (204, "It will be read.", TEXT), (400, "This is no push.", TEXT), (403, "It is not proven to come from Google.", TEXT),
                (413, "It is too large.", TEXT), (503, "The database is away: push it again.", JSON),
            ],
        )
    },
    "/hooks/whatsapp/{slug}/": {
        "get": (
            "The handshake by which WhatsApp is told of this address.",
            [(200, "The challenge.", TEXT), (403, "The token is not right.", TEXT)],
        ),
        "post": (
            "A webhook call of WhatsApp, signed over its raw bytes.",
            [
                (200, "It is kept and will be taken apart.", TEXT), (400, "It is no JSON.", TEXT), (401, "It is not signed.", TEXT),
                (403, "The signature is not right.", TEXT), (404, "There is no such inbox.", TEXT), (413, "It is larger than 3 MB.", TEXT),
                (503, "The database is away: call again.", JSON),
            ],
        ),
    },
}  # fmt: skip


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
