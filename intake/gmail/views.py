"""/hooks/gmail/<inbox>/: Google tells that something changed in a mailbox. It does not say what, so all that follows is a reading."""

import base64
import json
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from conversations.connections import account_of
from conversations.models import Channel, Inbox, InboxSecret
from core.comparing import is_same
from core.context import acting_as
from core.sealing import CannotOpen
from gateways.errors import GatewayError
from gateways.mail.gmail_push import is_googles
from intake.bodies import body_of
from intake.gmail.connected import is_at_gmail
from intake.gmail.sync import ask
from intake.models import DOORMAN

LONGEST = 65_536


@csrf_exempt
@require_POST
def push(request: HttpRequest, slug: str) -> HttpResponse:
    """Have the inbox read. 403 for strangers, 413 and 400 for what is no push, 503 while nobody can tell who it is."""
    try:
        inbox, told = _admitted(request, slug)
    except (GatewayError, CannotOpen):
        return HttpResponse(status=503, headers={"Retry-After": "30"})
    if inbox is None:
        return HttpResponse(status=403)
    body = body_of(request, LONGEST)
    if body is None:
        return HttpResponse(status=413)
    address = _address(body)
    if address is None:
        return HttpResponse(status=400)
    # One topic may tell of several mailboxes: what is about another one is heard, and means nothing here.
    if not told or address == told:
        with acting_as(DOORMAN):
            ask(inbox.pk)
    return HttpResponse(status=204)


def _admitted(request: HttpRequest, slug: str) -> tuple[Inbox | None, str]:
    """The inbox and the mailbox it is told about, when whoever calls proves to be Google in every way that was set up."""
    with acting_as(DOORMAN, read_only=True):
        inbox = Inbox.objects.filter(slug=slug, channel=Channel.EMAIL).first()
        if inbox is None or not is_at_gmail(inbox):
            return None, ""
        known = account_of(inbox).settings
        secret = InboxSecret.objects.filter(inbox=inbox, name="push_token").values_list("value", flat=True).first()
    audience, account = (str(known.get(name) or "") for name in ("push_audience", "push_account"))
    signed = bool(audience and account)
    is_google = bool(secret or signed)
    if secret:
        is_google = is_same(request.GET.get("token", ""), secret)
    if is_google and signed:
        bearer = request.headers.get("Authorization", "").removeprefix("Bearer ")
        is_google = is_googles(bearer, audience=audience, email=account)
    return (inbox if is_google else None), str(known.get("email") or "")


def _address(body: bytes) -> str | None:
    """Which mailbox changed; None when the body is no push of Gmail's."""
    try:
        message = _object(_object(json.loads(body)).get("message"))
        told = _object(json.loads(base64.b64decode(str(message["data"]), altchars=b"-_", validate=True)))
        int(told["historyId"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    address = told.get("emailAddress")
    return address.lower() if isinstance(address, str) else None


def _object(found: Any) -> dict[str, Any]:
    if not isinstance(found, dict):
        raise TypeError("no object")
    return found
