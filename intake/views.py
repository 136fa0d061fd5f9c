"""The customer's own page. Reading only; actions.py changes things."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.core.signing import BadSignature
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from conversations.file_links import handed_out
from conversations.fragments import answer, drawn, partial
from conversations.live import customer_group
from conversations.models import Attachment, Level
from conversations.queries import number
from core import live
from core.context import Actor, acting_as
from intake import answers, cards, codes, files, framing, links, nonces, queries, sight
from intake.cards import Page
from intake.forms import LONGEST_MESSAGE

Door = Callable[..., HttpResponse]


@dataclass(frozen=True)
class Guest:
    """Whoever holds the link of one conversation; `level` is how sure his link makes us of him. `sites` may show it in a frame."""

    token: str
    conversation_id: int
    customer_id: int
    level: int = 0
    sites: tuple[str, ...] = ()
    is_framed: bool = False

    @property
    def url(self) -> str:
        return f"/c/{self.token}/"

    @property
    def query(self) -> str:
        """What every address of the page carries, so that it stays in its layout."""
        return framing.ASKED if self.is_framed else ""

    @property
    def page(self) -> str:
        return self.url + self.query

    @property
    def place(self) -> str:
        return f"conversation {self.conversation_id}"


def for_guest(view: Door) -> Door:
    """A view of `view(request, guest)` for whoever holds a token of ours; 404 for a forged one and for an erased conversation."""

    @wraps(view)
    def opened(request: HttpRequest, token: str, **more: Any) -> HttpResponse:
        guest = guest_of(token, is_framed=framing.is_asked(request))
        response = gone(request) if guest is None else view(request, guest, **more)
        if guest is not None and guest.is_framed:
            framing.allow(response, guest.sites)
        response["X-Robots-Tag"] = "noindex, nofollow"
        response["Cache-Control"] = "no-store"
        # The address is a key: no other site may learn it. Not "no-referrer", under which a form sends "Origin: null", which is refused.
        response["Referrer-Policy"] = "same-origin"
        return response

    return opened


def guest_of(token: str, *, is_framed: bool = False) -> Guest | None:
    """The holder of `token`, or None when it is not ours or what it names is not there any more."""
    try:
        conversation_id, level = links.read(token)
    except BadSignature:
        return None
    found = queries.door_of(conversation_id)
    if found is None:
        return None
    return Guest(token, conversation_id, found[0], level, framing.origins(found[1]), is_framed)


@require_safe
@for_guest
def conversation(request: HttpRequest, guest: Guest) -> HttpResponse:
    """The page: what was said, how it stands, a box to write in, a way to a person."""
    with acting_as(Actor.customer(guest.customer_id), read_only=True):
        response = whole(request, guest)
    # Reading is reading: what was shown is written down afterwards, in a transaction of its own.
    if sight.is_looked_at(request):
        sight.mark_seen(guest.conversation_id)
    return response


@require_safe
@for_guest
def sync(request: HttpRequest, guest: Guest) -> HttpResponse:
    """What a page missed since the number `after`; everything when it names none, only the new number when nothing happened."""
    with acting_as(Actor.customer(guest.customer_id), read_only=True):
        seq = partial("#seq", "textContent", str(live.cursor()))
        after = number(request.GET.get("after"))
        if after is not None and not live.anything_since(after, [customer_group(guest.conversation_id)]):
            return answer(seq)
        return answer(seq, *regions(shown(guest)))


@require_safe
@for_guest
def file(request: HttpRequest, guest: Guest, pk: int) -> HttpResponse:
    """A file that was sent along with what the customer may read here."""
    with acting_as(Actor.customer(guest.customer_id), read_only=True):
        try:
            return handed_out(Attachment.objects.filter(pk=pk, conversation=guest.conversation_id))
        except Http404:
            return gone(request)


def whole(request: HttpRequest, guest: Guest, status: int = 200, **more: Any) -> HttpResponse:
    """The whole page, acting as the customer. `more` may keep a `text` that was typed, and say what was wrong with it."""
    # The number first: what happens after it is read is asked for again, never missed.
    seq, page = live.cursor(), shown(guest)
    context = {"seq": seq, "page": page, "longest": LONGEST_MESSAGE}
    is_proven = guest.level >= Level.PROVEN
    can_prove = page.has_mail and not is_proven and codes.can_prove(guest.conversation_id)
    proof = {"is_proven": is_proven, "can_prove": can_prove}
    return answers.page(request, "conversation.html", status=status, **(context | writing(guest) | proof | more))


def writing(guest: Guest) -> dict[str, Any]:
    """What the box to write in prints: where it sends to, and the number that makes a second sending the first."""
    return {
        "url": guest.url,
        "query": guest.query,
        "token": guest.token,
        "nonce": nonces.issue(guest.place),
        "allowed": files.allowed(),
        "sites": guest.sites,
    }


def shown(guest: Guest) -> Page:
    """The conversation as the customer may see it; runs as the customer, who was found to have it."""
    found = queries.matter(guest.conversation_id)
    assert found is not None
    return cards.page(found, guest.url, guest.query)


def regions(page: Page) -> list[str]:
    """Every region that can change by itself, as replacements; the same partials make the first paint."""
    return [*standing(page), drawn("#chat-log", "innerMorph", "intake/_log.html", {"page": page})]


def standing(page: Page) -> list[str]:
    """How it stands, without what was said."""
    context = {"page": page}
    return [
        drawn("#chat-head", "outerMorph", "intake/_head.html", context),
        drawn("#outlook", "outerMorph", "intake/_outlook.html", context),
        drawn("#ask", "outerMorph", "intake/_ask.html", context),
        drawn("#rate", "outerMorph", "intake/_rate.html", context),
    ]


def gone(request: HttpRequest) -> HttpResponse:
    """The same for a link that never was ours, one that was cut off, and a conversation that was erased."""
    return answers.page(request, "gone.html", status=404)
