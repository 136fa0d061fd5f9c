"""The public form, as a page, in a frame of a site, or as the beginning of a chat. It works without a script; a second arrival of the
same sending is the first one again."""

import json
from dataclasses import dataclass
from typing import Any

from django.core.signing import BadSignature
from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from conversations.models import Inbox, Level
from gateways.types import InboundFile, InboundMessage
from intake import accounts_of_sites, files, framing, nonces, queries, quotas
from intake.accept import DifferentBody, accept
from intake.answers import OLD, OTHER, UNPROVEN, SeeOther, page, wait_in_words
from intake.forms import ChatForm, ContactForm
from intake.identity import SignedIn
from intake.links import conversation_token
from intake.opening import opening
from intake.outlook import span

TO_PUT_RIGHT = (
    "", gettext_lazy("One thing to put right"), gettext_lazy("Two things to put right"),
    gettext_lazy("Three things to put right"), gettext_lazy("Four things to put right"), gettext_lazy("Five things to put right"),
    gettext_lazy("Several things to put right"),
)  # fmt: skip
# What of its own address the form sends to; the site's token is not in it.
KEPT = ("inbox", "embed", "chat")


@dataclass(frozen=True)
class Visit:
    """One look at the form of an inbox, and whom a site vouches for, if it does."""

    request: HttpRequest
    inbox: Inbox
    who: SignedIn | None

    @property
    def is_chat(self) -> bool:
        return self.request.GET.get("chat") == "1"

    @property
    def place(self) -> str:
        return f"inbox {self.inbox.pk}"

    @property
    def token(self) -> str:
        """The site's token, when it is good: what is not is carried no further."""
        return (self.request.POST.get(accounts_of_sites.FIELD) or self.request.GET.get(accounts_of_sites.FIELD) or "") * bool(
            self.who
        )

    @property
    def action(self) -> str:
        kept = QueryDict(mutable=True)
        for name in KEPT:
            if name in self.request.GET:
                kept[name] = self.request.GET[name]
        return self.request.path + (f"?{kept.urlencode()}" if kept else "")

    def form(self, *given: Any, **more: Any) -> ContactForm:
        made = (ChatForm if self.is_chat else ContactForm)(*given, auto_id="%s", **more)
        if self.who is not None:
            made.knows_who()
        return made


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@framing.from_our_pages
def contact(request: HttpRequest) -> HttpResponse:
    """The empty form, or what became of a sent one: the customer's page, or the form again with every word kept."""
    inbox = queries.web_inbox(request.GET.get("inbox", ""))
    if inbox is None:
        return page(request, "no_form.html", status=404)
    visit = Visit(request, inbox, accounts_of_sites.signed_in(request, inbox))
    if request.method != "POST":
        return _form(visit, visit.form())
    form, chosen = visit.form(request.POST), files.chosen(request)
    if not form.is_valid() or chosen.refused:
        return _form(visit, form, status=422, refused=chosen.refused)
    return _sent(visit, form, chosen.files)


def unproven(request: HttpRequest) -> HttpResponse:
    """The form again, words kept, for a sending that no page of ours is known to have sent; nothing was stored."""
    inbox = queries.web_inbox(request.GET.get("inbox", ""))
    if inbox is None:
        return page(request, "no_form.html", status=404)
    visit = Visit(request, inbox, None)
    # A form that holds what was typed and finds no fault with it.
    typed = visit.form(initial={name: request.POST.get(name, "") for name in ContactForm.base_fields})
    return _form(visit, typed, status=403, notice=UNPROVEN)


def _sent(visit: Visit, form: ContactForm, sent: tuple[InboundFile, ...]) -> HttpResponse:
    request, inbox = visit.request, visit.inbox
    signed = request.POST.get("nonce", "")
    try:
        provider_id = nonces.read(signed, visit.place)
    except BadSignature:
        return _form(visit, form, status=422, notice=OLD)
    wait = quotas.wait_for_form(request)
    if wait:
        notice = _("You have sent several messages. Your text is kept: send it again in %(wait)s.") % {
            "wait": wait_in_words(wait)
        }
        response = _form(visit, form, status=429, notice=notice, nonce=signed)
        response["Retry-After"] = str(wait)
        return response
    inbound = _inbound(visit, form, provider_id, sent)
    try:
        accepted = accept(inbox, inbound, provider_id=provider_id, payload=_payload(form, inbound))
    except DifferentBody:
        return _form(visit, form, status=409, notice=OTHER)
    framed = framing.ASKED if framing.is_asked(request) else ""
    return SeeOther(f"/c/{conversation_token(accepted.conversation.pk, inbound.level)}/{framed}")


def _form(visit: Visit, form: ContactForm, *, status: int = 200, refused: tuple[str, ...] = (), **more: Any) -> HttpResponse:
    mistakes = [(name, errors[0]) for name, errors in form.errors.items()] + [(files.FIELD, reason) for reason in refused]
    if more.get("notice"):
        mistakes = []
    context = {
        "form": form,
        "action": visit.action,
        "nonce": nonces.issue(visit.place),
        "chat": visit.is_chat,
        "who": visit.who,
        "identity": visit.token,
        "allowed": files.allowed(),
        "refused": refused,
        "hours": opening(visit.inbox, timezone.now()),
        "person_within": span(visit.inbox.first_reply_minutes),
        "mistakes": mistakes,
        "mistakes_title": TO_PUT_RIGHT[min(len(mistakes), len(TO_PUT_RIGHT) - 1)],
        "sites": framing.origins(visit.inbox.allowed_origins),
        "inbox": visit.inbox.slug,
    }
    response = page(visit.request, "contact.html", status=status, **(context | more))
    if framing.is_asked(visit.request):
        framing.allow(response, visit.inbox.allowed_origins)
    return response


def _inbound(visit: Visit, form: ContactForm, provider_id: str, sent: tuple[InboundFile, ...]) -> InboundMessage:
    given, who = form.cleaned_data, visit.who
    return InboundMessage(
        text=given["message"],
        provider_id=provider_id,
        sender_name=who.name if who else given["name"],
        sender_email=who.email if who else given["email"],
        sender_account=accounts_of_sites.account_of(visit.inbox, who) if who else "",
        subject=given.get("topic", ""),
        attachments=sent,
        level=Level.PROVEN if who else Level.CLAIMED,
    )


def _payload(form: ContactForm, inbound: InboundMessage) -> bytes:
    facts = form.cleaned_data | {"name": inbound.sender_name, "email": inbound.sender_email}
    if inbound.sender_account:
        facts["account"] = inbound.sender_account
    if inbound.attachments:
        facts["files"] = files.digests(inbound.attachments)
    return json.dumps(facts, sort_keys=True, ensure_ascii=False).encode()
