"""The customer answers how it was. Only a sending counts: a program that merely follows the link has rated nothing."""

from django import forms
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from conversations.fragments import answer, drawn, say, wants_fragment
from conversations.live import conversation_changed
from core.context import Actor, acting_as
from core.limits import Limit, spend
from intake import queries, rating
from intake.answers import SeeOther, wait_in_words
from intake.forms import TextField
from intake.framing import from_our_pages
from intake.models import DOORMAN
from intake.views import Guest, for_guest, shown, whole

RATINGS = Limit("rating.conversation", times=20, seconds=300)


class RatingForm(forms.Form):
    score = forms.TypedChoiceField(
        coerce=int,
        choices=[(number, number) for number in range(1, 6)],
        error_messages={
            "required": gettext_lazy("Choose one of the five first"),
            "invalid_choice": gettext_lazy("Choose one of the five"),
        },
    )
    comment = TextField(
        required=False,
        max_length=rating.LONGEST_COMMENT,
        error_messages={"max_length": gettext_lazy("Shorten the comment to 1,000 characters")},
    )


@require_POST
@from_our_pages
@for_guest
def rate(request: HttpRequest, guest: Guest) -> HttpResponse:
    """Keep the answer; a second one replaces the first while it may."""
    form = RatingForm(request.POST)
    if not form.is_valid():
        return _refused(request, guest, 422, str(next(iter(form.errors.values()))[0]))
    wait = spend(RATINGS, str(guest.conversation_id))
    if wait:
        return _refused(request, guest, 429, _("Try again in %(wait)s.") % {"wait": wait_in_words(wait)})
    with acting_as(Actor.customer(guest.customer_id)):
        found = queries.matter(guest.conversation_id)
        assert found is not None
        try:
            rating.give(found, form.cleaned_data["score"], form.cleaned_data["comment"])
        except rating.NotAsked as why:
            return _refused(request, guest, 409, str(why))
        with acting_as(DOORMAN):
            conversation_changed(found.conversation)
        if not wants_fragment(request):
            return SeeOther(f"{guest.page}#rate")
        return answer(drawn("#rate", "outerHTML", "intake/_rate.html", {"page": shown(guest)}, request), say(_("Thank you.")))


def _refused(request: HttpRequest, guest: Guest, status: int, error: str) -> HttpResponse:
    with acting_as(Actor.customer(guest.customer_id)):
        if wants_fragment(request):
            context = {"page": shown(guest), "rate_error": error}
            return answer(drawn("#rate", "outerMorph", "intake/_rate.html", context, request), status=status)
        return whole(request, guest, status=status, rate_error=error)
