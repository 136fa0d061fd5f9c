"""The way of an admin's browser to Google and back. Going changes nothing, coming back changes nothing; only the button there does."""

from django.conf import settings
from django.contrib import admin, messages
from django.core.signing import BadSignature
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import role_required
from accounts.models import User
from conversations.models import Channel, Inbox
from core.sealing import NO_KEY, CannotOpen
from core.words import known
from gateways.errors import GatewayError
from intake.gmail import connecting


@never_cache
@require_safe
@role_required("admin")
def start(request: HttpRequest, slug: str) -> HttpResponse:
    """To Google, which asks the admin whether we may read and send the mail of an account."""
    inbox = _inbox(slug=slug)
    try:
        return redirect(connecting.begin(inbox, _session(request), _back_here()))
    except CannotOpen:
        return _refused(request, inbox, _(NO_KEY))
    except GatewayError as error:
        return _refused(request, inbox, known(str(error)))


@never_cache
@require_http_methods(["GET", "POST"])
@role_required("admin")
def back(request: HttpRequest) -> HttpResponse:
    """Back from Google: what it gave is shown as a button, and pressing that connects the inbox."""
    given = request.POST if request.method == "POST" else request.GET
    state, code = given.get("state", ""), given.get("code", "")
    try:
        inbox = _inbox(pk=connecting.inbox_in(state, _session(request)))
    except BadSignature:
        messages.error(request, _("That was not begun here, or too long ago. Nothing was changed. Begin again."))
        return redirect("admin:conversations_inbox_changelist")
    if not code:
        return _refused(request, inbox, _("Google was not allowed to let us in. Nothing was changed."))
    if request.method == "POST":
        return _finish(request, inbox, code, state)
    context = admin.site.each_context(request) | {
        "title": _("Connect “%s” to Gmail") % inbox, "inbox": inbox, "code": code, "state": state,
    }  # fmt: skip
    return TemplateResponse(request, "intake/gmail_connect.html", context)


def _finish(request: HttpRequest, inbox: Inbox, code: str, state: str) -> HttpResponse:
    assert isinstance(request.user, User)  # The door let nobody else in.
    try:
        address = connecting.finish(inbox, code, state, _back_here(), by=request.user)
    except CannotOpen:
        return _refused(request, inbox, _(NO_KEY))
    except GatewayError as error:
        return _refused(request, inbox, known(str(error)))
    messages.success(request, _("Connected to %(address)s. Mail is read from now on.") % {"address": address})
    return _to_connection(inbox)


def _refused(request: HttpRequest, inbox: Inbox, why: str) -> HttpResponse:
    messages.error(request, why)
    return _to_connection(inbox)


def _to_connection(inbox: Inbox) -> HttpResponse:
    return redirect("admin:inbox-connection", inbox.pk)


def _inbox(**which: object) -> Inbox:
    found = Inbox.objects.filter(channel=Channel.EMAIL, **which).first()
    if found is None:
        raise Http404
    return found


def _session(request: HttpRequest) -> str:
    return str(request.session.session_key or "")


def _back_here() -> str:
    """The address that stands with the client at Google."""
    return settings.PUBLIC_URL + reverse("gmail-back")
