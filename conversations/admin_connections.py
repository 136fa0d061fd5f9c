"""The admin's page that connects an inbox to its provider, makes its own secrets, and tries everything out."""

import secrets
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext, gettext_lazy
from django.utils.translation import gettext_lazy as _

from conversations import inboxes, trials
from conversations.connection_forms import MADE_HERE, SECRETS, ConnectionForm
from conversations.connections import account_of, transport_of
from conversations.models import Account, Channel, Inbox, InboxSecret, Transport
from core.words import gettext_noop, known

TRIALS = {
    trials.SIGN_IN: (_("Sign in"), _("Does the provider know us?")),
    trials.RECEIVE: (_("Receive"), _("Can we read what has come? Nothing is taken in by it.")),
    trials.SEND: (_("Send"), _("One message of fixed words, to the address that you name.")),
    trials.HOOK: (_("Hook"), _("Does our own address answer, know its secret and refuse strangers?")),
}
STATES = {trials.RUNNING: _("Running…"), trials.WELL: _("Works"), trials.FAILED: _("Does not work")}
TRIED = {
    Channel.EMAIL: (trials.SIGN_IN, trials.RECEIVE, trials.SEND, trials.HOOK),
    Channel.WHATSAPP: (trials.SIGN_IN, trials.SEND, trials.HOOK),
    Channel.WEB: (),
}
LONGEST_TEST = timedelta(minutes=2)
NO_END = gettext_noop("The test came to no end. Try it again.")
HOOKS = {Channel.EMAIL: ("email", "gmail"), Channel.WHATSAPP: ("whatsapp",), Channel.WEB: ()}


def connection_urls(page: Any) -> list[Any]:
    """The page's addresses, to be put in front of those of Django's admin."""
    guard = page.admin_site.admin_view
    return [path("<int:pk>/connection/", guard(lambda request, pk: connection(page, request, pk)), name="inbox-connection")]


def connection(page: Any, request: HttpRequest, pk: int) -> HttpResponse:
    """Show or change how an inbox is connected; 404 for one that does not exist."""
    inbox = Inbox.objects.filter(pk=pk).first()
    if inbox is None:
        raise Http404
    if request.method != "POST":
        return _shown(page, request, inbox, ConnectionForm(inbox, account_of(inbox)))
    does = {"save": _save, "resume": _resume, "try": _try, "make": _make}.get(request.POST.get("do", ""))
    if does is None:
        raise Http404
    return does(page, request, inbox)


def _save(page: Any, request: HttpRequest, inbox: Inbox) -> HttpResponse:
    form = ConnectionForm(inbox, account_of(inbox), request.POST)
    if not form.is_valid():
        return _shown(page, request, inbox, form, status=422)
    inboxes.connect(inbox, form.cleaned_data["transport"], form.settings(), by=request.user)
    page.message_user(request, gettext("The connection is kept. Try it out below."))
    return _back(inbox)


def _resume(page: Any, request: HttpRequest, inbox: Inbox) -> HttpResponse:
    if trials.resume(account_of(inbox), by=request.user):
        page.message_user(request, gettext("What waits is sent from now on."))
    return _back(inbox)


def _try(page: Any, request: HttpRequest, inbox: Inbox) -> HttpResponse:
    which, to = request.POST.get("which", ""), request.POST.get("to", "").strip()
    if which not in TRIED[Channel(inbox.channel)]:
        raise Http404
    if which == trials.SEND and (wrong := _no_address(inbox, to)):
        return _shown(page, request, inbox, ConnectionForm(inbox, account_of(inbox)), status=422, to=to, to_error=wrong)
    trials.begin(inbox, which, by=request.user, to=to)
    return _back(inbox)


def _no_address(inbox: Inbox, to: str) -> str:
    """Why no test message can go there; empty when one can."""
    if inbox.channel == Channel.WHATSAPP:
        return "" if sum(sign.isdigit() for sign in to) >= 7 and len(to) <= 30 else gettext("Give a telephone number.")
    try:
        validate_email(to)
    except ValidationError:
        return gettext("Give an e-mail address.")
    return ""


def _make(page: Any, request: HttpRequest, inbox: Inbox) -> HttpResponse:
    """A new secret, shown in this answer and never again. What was there before stops working."""
    name = request.POST.get("name", "")
    if name not in MADE_HERE[Channel(inbox.channel)]:
        raise Http404
    secret = InboxSecret.objects.filter(inbox=inbox, name=name).first() or InboxSecret(inbox=inbox, name=name)
    secret.value = secrets.token_urlsafe(32)
    inboxes.keep_secret(secret, by=request.user)
    made = {"label": SECRETS[name], "value": secret.value}
    return _shown(page, request, inbox, ConnectionForm(inbox, account_of(inbox)), made=made)


def _back(inbox: Inbox) -> HttpResponse:
    return redirect("admin:inbox-connection", inbox.pk)


def _shown(
    page: Any, request: HttpRequest, inbox: Inbox, form: ConnectionForm, *, status: int = 200, **more: Any
) -> HttpResponse:
    account = account_of(inbox)
    tried = [_trial(account, which) for which in TRIED[Channel(inbox.channel)]]
    context = page.admin_site.each_context(request) | {
        "opts": page.opts, "title": gettext("Connection of “%s”") % inbox, "inbox": inbox, "account": account, "form": form,
        "hooks": [f"{settings.PUBLIC_URL}/hooks/{name}/{inbox.slug}/" for name in HOOKS[Channel(inbox.channel)]],
        "trials": tried, "is_running": any(one["is_running"] for one in tried),
        "stand_in": _stand_in(inbox, account), "connects": _oauth(inbox, account), "secrets": _secrets(inbox),
        "makes": [{"name": name, "label": SECRETS[name]} for name in MADE_HERE[Channel(inbox.channel)]],
    }  # fmt: skip
    response = TemplateResponse(request, "admin/conversations/inbox/connection.html", context | more, status=status)
    response["Cache-Control"] = "no-store"
    return response


def _trial(account: Account, which: str) -> dict[str, Any]:
    kept = _ended(account.trials.get(which, {}))
    title, what = TRIALS[which]
    return {
        "which": which, "title": title, "what": what, "state": kept.get("state", ""), "told": STATES.get(kept.get("state", ""), ""),
        "words": known(kept.get("words", "")), "at": parse_datetime(kept.get("at", "")) if kept else None,
        "is_running": kept.get("state") == trials.RUNNING, "asks_to": which == trials.SEND, "to": kept.get("to", ""),
    }  # fmt: skip


def _ended(kept: dict[str, Any]) -> dict[str, Any]:
    """A test whose worker died never says so: after a while it is one that did not work."""
    began = parse_datetime(kept.get("at", ""))
    if kept.get("state") != trials.RUNNING or began is None or began > timezone.now() - LONGEST_TEST:
        return kept
    return kept | {"state": trials.FAILED, "words": NO_END}


def _stand_in(inbox: Inbox, account: Account) -> str:
    """The transport that the environment names instead of the sandbox; empty when the account's own is used."""
    used = transport_of(inbox, account)
    return "" if used == account.transport else str(Transport(used).label)


def _oauth(inbox: Inbox, account: Account) -> str:
    """Where an admin lets Google ask him; empty where that is not how the inbox is connected."""
    return reverse("gmail-connect", args=[inbox.slug]) if account.transport == Transport.GMAIL else ""


def _secrets(inbox: Inbox) -> list[dict[str, Any]]:
    """Which secrets are there, by name alone."""
    there = InboxSecret.objects.filter(inbox=inbox).order_by("name").values_list("name", flat=True)
    return [{"name": name, "label": SECRETS.get(name, gettext_lazy("Another secret"))} for name in there]
