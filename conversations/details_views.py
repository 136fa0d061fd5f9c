"""The customer's details beside a conversation, and what colleagues change in them. Each change answers with the details as they are then."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from conversations import attributes, customer_merging, families, profiles
from conversations.customer_forms import CustomerForm, NoteForm, ProfileForm
from conversations.details import details, past
from conversations.forms import first_error
from conversations.fragments import answer, drawn, partial, say, toast, wants_fragment
from conversations.models import AttributeType, Conversation, Customer
from conversations.queries import conversation as conversation_of
from conversations.queries import number
from conversations.suggestions import suggestions
from conversations.views import reader, staff, visible
from core.claims import LostClaim

Change = Callable[[HttpRequest, Conversation], str]


class Unclear(ValueError):
    """What was sent makes no sense; the text says why."""


@require_safe
@staff
def show(request: HttpRequest, pk: int) -> HttpResponse:
    """The details alone; with `?after=` the next page of the history. What cannot be seen (any more) is said in place of them."""
    found = conversation_of(pk)
    if found is None:
        return render(request, "conversations/_details_gone.html", {"pk": pk})
    if not wants_fragment(request):
        return redirect("conversation", found.pk)
    after = number(request.GET.get("after"))
    if after:
        return render(request, "conversations/_details_past.html", {"conversation": found, "past": past(found, after)})
    return render(request, "conversations/_details_person.html", details(found))


@require_safe
@staff
def suggest(request: HttpRequest, pk: int) -> HttpResponse:
    """Who may be the same person, and why."""
    found = visible(pk)
    context = {"conversation": found, "suggestions": suggestions(found.customer)}
    return render(request, "conversations/_details_suggestions.html", context)


def changes_details(change: Change) -> Callable[..., HttpResponse]:
    """A view of `change(request, conversation) -> what to tell the person`. 422 with the reason, nothing changed, when it makes no sense."""

    @require_POST
    @staff
    @wraps(change)
    def view(request: HttpRequest, pk: int) -> HttpResponse:
        found = visible(pk)
        try:
            told = change(request, found)
        except (Unclear, customer_merging.CannotMerge) as why:
            return answer(toast(str(why), icon="alert"), status=422)
        except LostClaim:
            told = _("Somebody changed this customer just before you. This is how it is now.")
            return answer(fresh(request, pk), toast(told, icon="alert"), status=409)
        if not wants_fragment(request):
            return redirect("conversation", pk)
        return answer(fresh(request, pk), told)

    return view


@changes_details
def profile(request: HttpRequest, found: Conversation) -> str:
    data = _valid(ProfileForm(request.POST))
    changed = profiles.correct(families.survivor_of(found.customer), by=reader(request), scope=found.inbox_id, **data)
    return toast(_("Saved") if changed else _("Nothing was different"))


@changes_details
def set_attributes(request: HttpRequest, found: Conversation) -> str:
    person = families.survivor_of(found.customer)
    form = attributes.AttributesForm(attributes.types_of(AttributeType.Of.CUSTOMER), person.attributes, request.POST)
    _valid(form)
    profiles.set_attributes(person, form.values(), form.changed(), by=reader(request), scope=found.inbox_id)
    return toast(_("Saved") if form.changed() else _("Nothing was different"))


@changes_details
def note(request: HttpRequest, found: Conversation) -> str:
    text = _valid(NoteForm(request.POST))["text"]
    profiles.add_note(families.survivor_of(found.customer), text, by=reader(request), scope=found.inbox_id)
    return toast(_("Note about the customer saved"), icon="lock")


@changes_details
def same_person(request: HttpRequest, found: Conversation) -> str:
    """The customer named is this one too: nothing moves, and it can be taken back."""
    other = _other(request)
    customer_merging.merge(other, found.customer, by=reader(request), scope=found.inbox_id)
    return undoable(
        request, found, "separation", {"customer": other.pk}, _("%(name)s is known as one person now") % {"name": other}
    )


@changes_details
def someone_else(request: HttpRequest, found: Conversation) -> str:
    other = _other(request)
    customer_merging.tell_apart(found.customer, other, by=reader(request))
    return toast(_("Two people. They are not suggested again."), icon="users")


@changes_details
def separation(request: HttpRequest, found: Conversation) -> str:
    """The customer named is a person of its own again."""
    customer_merging.separate(_other(request), by=reader(request), scope=found.inbox_id)
    return taken(found, "separation") + toast(_("Two customers again"), icon="undo")


def fresh(request: HttpRequest, pk: int) -> str:
    """The details as they are now, in place of those on screen."""
    return drawn(f"#details-{pk}", "outerHTML", "conversations/_details_person.html", details(visible(pk)), request)


def undoable(request: HttpRequest, found: Conversation, act: str, values: dict[str, Any], text: str) -> str:
    """A notice with a way back, by its button or by the key that undoes."""
    context = {"key": f"toast-{act}-{found.pk}", "url": f"/conversations/{found.pk}/{act}/", "values": values, "text": text}
    return drawn("#toasts", "beforeend", "conversations/_joined_toast.html", context, request) + say(
        _("%(what)s. Press Z to undo.") % {"what": text}
    )


def taken(found: Conversation, act: str) -> str:
    """The way back was gone: its notice goes."""
    return partial(f"#toast-{act}-{found.pk}", "delete", "")


def _valid(form: forms.Form) -> dict[str, Any]:
    if not form.is_valid():
        raise Unclear(first_error(form))
    return form.cleaned_data


def _other(request: HttpRequest) -> Customer:
    form = CustomerForm(request.POST)
    found = Customer.objects.filter(pk=form.cleaned_data["customer"]).first() if form.is_valid() else None
    if found is None:
        raise Http404
    return found
