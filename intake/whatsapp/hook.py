"""/hooks/whatsapp/<inbox>/: the handshake by which WhatsApp learns that the address is ours, and the calls that it makes from then on."""

import logging

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from core.failpoints import failpoint
from core.limits import Limit, address_of, spend
from gateways.whatsapp.parsing import Unreadable
from gateways.whatsapp.signature import HEADER
from intake.bodies import body_of
from intake.whatsapp.accepting import NoSuchInbox, NotSigned, accept, knows_token

logger = logging.getLogger(__name__)

# WhatsApp's own calls stay below this.
MOST_BYTES = 3 * 1024 * 1024
LONGEST_CHALLENGE = 500
HANDSHAKES = Limit("whatsapp-handshake", times=20, seconds=60)
# A flood of forged calls must not become a flood of lines in the log.
TOLD = Limit("whatsapp-refused", times=30, seconds=60)


@csrf_exempt
@require_http_methods(["GET", "POST"])
def hook(request: HttpRequest, inbox: str) -> HttpResponse:
    """200 once a signed call is kept. 401 for one that is not signed, 400 for no JSON, 413 for too long a one, 404 for no inbox of ours."""
    try:
        return _shake_hands(request, inbox) if request.method == "GET" else _take(request, inbox)
    except NoSuchInbox:
        return _plain("no such inbox", 404)
    except NotSigned:
        if not spend(TOLD, inbox):
            logger.warning("webhook call refused", extra={"facts": {"inbox": inbox}})
        return _plain("not signed", 401)
    except Unreadable:
        return _plain("no JSON", 400)


def _take(request: HttpRequest, inbox: str) -> HttpResponse:
    raw = body_of(request, MOST_BYTES)
    if raw is None:
        return _plain("too long", 413)
    accept(inbox, raw, request.headers.get(HEADER, ""))
    failpoint("ingest.after_commit")
    return _plain("kept", 200)


def _shake_hands(request: HttpRequest, inbox: str) -> HttpResponse:
    asked = request.GET
    guesses_too_often = bool(spend(HANDSHAKES, address_of(request)))
    is_known = knows_token(inbox, asked.get("hub.verify_token", ""))
    if guesses_too_often or not is_known or asked.get("hub.mode") != "subscribe":
        return _plain("wrong token", 403)
    return _plain(asked.get("hub.challenge", "")[:LONGEST_CHALLENGE], 200)


def _plain(text: str, status: int) -> HttpResponse:
    response = HttpResponse(text, status=status, content_type="text/plain; charset=utf-8")
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "no-store"
    return response
