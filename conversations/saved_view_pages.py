"""The page on which views are kept, named, put in order and removed. It works without a script."""

from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from accounts.models import Team, User
from conversations import counting, filter_chips, saved_views
from conversations.filters import Filters
from conversations.models import SavedView, Scope
from conversations.views import reader, staff

NAME = 60


class KeepForm(forms.Form):
    """`scope` is "personal", "global" or "team-<id>"."""

    name = forms.CharField(max_length=NAME, error_messages={"required": gettext_lazy("Give the view a name.")})
    query = forms.CharField(max_length=1000, required=False)
    scope = forms.ChoiceField(required=False)

    def __init__(self, *given: Any, scopes: list[tuple[str, str]], **named: Any) -> None:
        super().__init__(*given, **named)
        self.fields["scope"].choices = scopes  # type: ignore[attr-defined]


class RenameForm(forms.Form):
    name = forms.CharField(max_length=NAME)


@require_safe
@staff
def manage(request: HttpRequest) -> HttpResponse:
    """Every view the reader may use, and a form that keeps the filters of the address."""
    return _page(request, Filters.of(request.GET.dict()) if request.GET else None)


@require_POST
@staff
def keep(request: HttpRequest) -> HttpResponse:
    user = reader(request)
    form = KeepForm(request.POST, scopes=scopes(user))
    filters = Filters.of_query(request.POST.get("query", "")[:1000])
    if not form.is_valid():
        said = next(iter(form.errors.values()))[0]
        return _page(request, filters, error=str(said), name=request.POST.get("name", "")[:NAME], status=422)
    chosen, _dash, team = (form.cleaned_data["scope"] or Scope.PERSONAL).partition("-")
    made = saved_views.keep(user, form.cleaned_data["name"], filters, chosen, _team(team))
    return redirect(saved_views.address(made))


@require_POST
@staff
def rename(request: HttpRequest, pk: int) -> HttpResponse:
    view, form = _own(request, pk), RenameForm(request.POST)
    if not form.is_valid():
        return _page(request, None, error=_("Give the view a name."), status=422)
    saved_views.rename(view, form.cleaned_data["name"])
    return redirect("saved-views")


@require_POST
@staff
def remove(request: HttpRequest, pk: int) -> HttpResponse:
    saved_views.remove(_own(request, pk))
    return redirect("saved-views")


@require_POST
@staff
def move(request: HttpRequest, pk: int) -> HttpResponse:
    saved_views.move(_own(request, pk), -1 if "up" in request.POST else 1)
    return redirect("saved-views")


def scopes(user: User) -> list[tuple[str, str]]:
    """For whom `user` may keep a view."""
    own = [(str(Scope.PERSONAL), _("Only me"))]
    if user.role != User.Role.SUPERVISOR:
        return own
    teams = Team.objects.filter(memberships__user=user).values_list("pk", "name")
    return [*own, *[(f"team-{pk}", name) for pk, name in teams], (str(Scope.GLOBAL), _("Everybody"))]


def _page(request: HttpRequest, filters: Filters | None, error: str = "", name: str = "", status: int = 200) -> HttpResponse:
    user = reader(request)
    counts = counting.counts(user)
    shown = [
        {
            "view": one,
            "url": saved_views.address(one),
            "broken": _broken(one, counts),
            "may_change": saved_views.may_change(user, one),
        }
        for one in saved_views.views()
    ]
    context = {
        "section": "queue",
        "shown": shown,
        "filters": filters,
        "query": filters.query() if filters else "",
        "chips": filter_chips.chips(filters, counts) if filters else [],
        "scopes": scopes(user),
        "error": error,
        "name": name,
        "approvals_waiting": counts.views["review"],
    }
    return render(request, "conversations/saved_views.html", context, status=status)


def _broken(view: SavedView, counts: counting.Counts) -> list[str]:
    """What of it no longer makes sense, in words."""
    return [chip.text for chip in filter_chips.chips(Filters.of_query(view.query), counts) if chip.is_gone]


def _own(request: HttpRequest, pk: int) -> SavedView:
    """The view, if the reader may change it. Raises Http404 also when he may only look at it."""
    found = SavedView.objects.filter(pk=pk).first()
    if found is None or not saved_views.may_change(reader(request), found):
        raise Http404
    return found


def _team(text: str) -> Team | None:
    return Team.objects.filter(pk=int(text)).first() if text else None
