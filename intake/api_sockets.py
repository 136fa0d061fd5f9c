"""The sockets of every room, for people and programs that are not our own pages: one table, and the AsyncAPI document made of it."""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

from core.live import IDLE, MAX_FRAME, NOT_VISIBLE, RIGHTS_CHANGED, SIGNED_OUT

CLOSES = {
    SIGNED_OUT: "Nobody is signed in.",
    RIGHTS_CHANGED: "The role does not allow it, or the rights changed. Signing in again may help.",
    NOT_VISIBLE: "There is no such thing, or it cannot be seen.",
    IDLE: "The session has ended for want of activity.",
    1009: f"More than {MAX_FRAME} bytes were sent. Pages only listen here.",
}
STAFF = (SIGNED_OUT, RIGHTS_CHANGED, IDLE, 1009)


@dataclass(frozen=True)
class Socket:
    """One address to listen at. `session` says that it takes a signed-in person's cookie; else the address itself is the key."""

    name: str
    address: str
    about: str
    closes: tuple[int, ...] = STAFF
    session: bool = True
    parameters: dict[str, str] = field(default_factory=dict)


SOCKETS = (
    Socket("queue", "/ws/queue/", "Everything in the inboxes that the viewer serves: messages, drafts, conversations."),
    Socket(
        "conversation",
        "/ws/conversations/{id}/",
        "One conversation, for a page that shows nothing else.",
        closes=(*STAFF, NOT_VISIBLE),
        parameters={"id": "The conversation's id."},
    ),
    Socket("approvals", "/ws/approvals/", "The drafts that wait for a reviewer."),
    Socket("dashboards", "/ws/dashboards/", "The figures of the dashboards."),
    Socket(
        "customer",
        "/ws/c/{token}/",
        "A customer's own conversation: what is published in it.",
        closes=(NOT_VISIBLE, 1009),
        session=False,
        parameters={"token": "The signed token of the customer's page."},
    ),
)
FRAME = {
    "name": "frame",
    "title": "Regions to swap",
    "summary": "A run of <hx-partial> elements, each naming a target and how to swap its HTML there.",
    "description": (
        "The first partial puts the number of the newest event into #seq. After a lost connection the page asks for"
        " everything from that number on, so a frame that was missed is only late."
    ),
    "contentType": "text/html; charset=utf-8",
    "payload": {"type": "string", "pattern": "^<hx-partial "},
    "examples": [{"payload": '<hx-partial hx-target="#seq" hx-swap="textContent">1042</hx-partial>'}],
}


def document() -> dict[str, Any]:
    """An AsyncAPI 3 document: we send frames, and nobody has to say anything."""
    ours = urlsplit(settings.PUBLIC_URL)
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "AI Contact Center OS: live pages",
            "version": "1",
            "description": "Sockets that push HTML. What a viewer hears is decided by the same row security as his pages.",
        },
        "defaultContentType": "text/html",
        "servers": {"here": {"host": ours.netloc, "protocol": "wss" if ours.scheme == "https" else "ws"}},
        "channels": {one.name: _channel(one) for one in SOCKETS},
        "operations": {f"{one.name}Frames": _operation(one) for one in SOCKETS},
        "components": {
            "messages": {"frame": FRAME},
            "securitySchemes": {
                "session": {
                    "type": "httpApiKey",
                    "in": "cookie",
                    "name": settings.SESSION_COOKIE_NAME,
                    "description": "The cookie of a signed-in person, from a page of this site.",
                }
            },
        },
    }


def _channel(one: Socket) -> dict[str, Any]:
    return {
        "address": one.address,
        "description": one.about,
        "parameters": {name: {"description": about} for name, about in one.parameters.items()},
        "messages": {"frame": {"$ref": "#/components/messages/frame"}},
        "bindings": {"ws": {"method": "GET", "bindingVersion": "0.1.0"}},
        "x-close-codes": {str(code): CLOSES[code] for code in one.closes},
    }


def _operation(one: Socket) -> dict[str, Any]:
    found: dict[str, Any] = {
        "action": "send",
        "channel": {"$ref": f"#/channels/{one.name}"},
        "messages": [{"$ref": f"#/channels/{one.name}/messages/frame"}],
    }
    return found | ({"security": [{"$ref": "#/components/securitySchemes/session"}]} if one.session else {})
