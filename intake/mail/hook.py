"""/hooks/email/<inbox>/: a mail provider brings mails. They are kept and read later; nothing is decided here but who may come in."""

from http import HTTPStatus

from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from core.limits import Limit, address_of, spend
from intake.bodies import body_of
from intake.mail import proof
from intake.mail.accepting import LONGEST, accept_mail
from intake.mail.posted import mail_in

# What a provider writes around a mail (the form's other fields, escapes) is a little more than the mail.
MOST_BODY = LONGEST + 1024 * 1024
REFUSED_BY_ADDRESS = Limit("hook.email.refused", times=60, seconds=60)
TOO_LARGE = "A mail may have 25 MB."


class Refused(Exception):
    """Why it does not come in, as the answer says it."""

    def __init__(self, status: HTTPStatus, code: str, message: str) -> None:
        super().__init__(code)
        self.status, self.code, self.message = status, code, message


@csrf_exempt
@never_cache
@require_POST
def email_hook(request: HttpRequest, inbox: str) -> JsonResponse:
    """202 with the receipt's number once the mail is kept."""
    try:
        receipt = _taken(request, inbox)
    except Refused as refused:
        problem = {"error": {"code": refused.code, "message": refused.message}}
        return JsonResponse(problem, status=_status(request, refused.status))
    return JsonResponse({"receipt": receipt}, status=HTTPStatus.ACCEPTED)


def _taken(request: HttpRequest, slug: str) -> int:
    inbox, secret = proof.inbox_and_secret(slug)
    is_known = proof.is_known(request, secret)
    if not is_known and not proof.has_signed(request):
        raise _unknown()
    body = body_of(request, MOST_BODY)
    if body is None:
        raise Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too_large", TOO_LARGE)
    if inbox is None or not (is_known or proof.is_signed(request, body, secret)):
        raise _unknown()
    raw = mail_in(request.headers.get("Content-Type", ""), body)
    if raw is None:
        raise Refused(HTTPStatus.BAD_REQUEST, "no_mail", "There is no mail in this. Nothing was stored.")
    if len(raw) > LONGEST:
        raise Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too_large", TOO_LARGE)
    return int(accept_mail(inbox, raw, facts={"by": "hook"}).pk)


def _unknown() -> Refused:
    """The same words whether the inbox or the secret is not right."""
    return Refused(HTTPStatus.UNAUTHORIZED, "unknown", "No inbox takes mails with this secret. Nothing was stored.")


def _status(request: HttpRequest, status: HTTPStatus) -> int:
    """Whoever keeps guessing is told to stop."""
    guesses = status == HTTPStatus.UNAUTHORIZED and spend(REFUSED_BY_ADDRESS, address_of(request))
    return HTTPStatus.TOO_MANY_REQUESTS if guesses else status
