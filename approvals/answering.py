"""A person answers or closes the matter: what the assistant had prepared for it is taken back."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST

from approvals import mining
from approvals.withdrawal import withdraw
from conversations import actions, composing
from conversations.models import ComposerText, Conversation
from conversations.views import reader, staff, visible

WRITTEN = (200, 302)


@require_POST
@staff
def write(request: HttpRequest, pk: int) -> HttpResponse:
    """The room below writes the reply or note; a reply leaves no draft waiting that would answer a second time."""
    response = composing.write(request, pk)
    if response.status_code in WRITTEN and request.POST.get("mode") == ComposerText.Mode.REPLY:
        withdraw(visible(pk))
        mining.propose_from_newest(pk, reader(request))
    elif response.status_code in WRITTEN:
        _withdraw_if_closed(pk)
    return response


@require_POST
@staff
def run_macro(request: HttpRequest, pk: int, macro: int) -> HttpResponse:
    """The room below does what a macro without words does, which may be to close the matter."""
    response = composing.run_macro(request, pk, macro)
    if response.status_code in WRITTEN:
        _withdraw_if_closed(pk)
    return response


def _withdraw_if_closed(pk: int) -> None:
    found = visible(pk)
    if found.state == Conversation.State.RESOLVED:
        withdraw(found)


@require_POST
@staff
def resolve(request: HttpRequest, pk: int) -> HttpResponse:
    """The room below closes the matter; nothing the assistant had prepared for it is left for anybody to decide."""
    response = actions.resolve(request, pk)
    if response.status_code in WRITTEN:
        withdraw(visible(pk))
    return response
