"""The page of canned replies: one's own, and by role the team's and everybody's. What was typed survives every refusal."""

from typing import Any

from django.contrib import messages
from django.db.models.functions import Now
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import role_required
from accounts.models import User
from conversations.canned import VARIABLES
from conversations.canned_forms import CannedForm
from conversations.models import CannedReply, Scope

everybody = role_required("agent", "supervisor", "admin")
MOST = 500


@require_safe
@everybody
def listed(request: HttpRequest) -> HttpResponse:
    rows = CannedReply.objects.select_related("team").order_by("name", "pk")[:MOST]
    replies = sorted(rows, key=lambda one: Scope.values.index(one.scope))
    shown = [{"reply": one, "text": _first(one), "may_change": may_change(_user(request), one)} for one in replies]
    return render(request, "conversations/canned.html", {"shown": shown, "section": "canned"})


@require_http_methods(["GET", "POST"])
@everybody
def new(request: HttpRequest) -> HttpResponse:
    form = CannedForm(request.POST or None, user=_user(request))
    if request.method == "POST" and form.is_valid():
        _made(form.cleaned_data, _user(request))
        messages.success(request, _("Kept"))
        return redirect("canned")
    return _form(request, form)


@require_http_methods(["GET", "POST"])
@everybody
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    kept = _mine(request, pk)
    form = CannedForm(request.POST or None, user=_user(request), kept=kept)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        fields = {name: data[name] for name in ("name", "shortcut", "texts", "actions")}
        CannedReply.objects.filter(pk=kept.pk).update(**fields, changed_at=Now())
        messages.success(request, _("Kept"))
        return redirect("canned")
    return _form(request, form, kept)


@require_POST
@everybody
def remove(request: HttpRequest, pk: int) -> HttpResponse:
    kept = _mine(request, pk)
    CannedReply.objects.filter(pk=kept.pk).delete()
    messages.success(request, _("%s is deleted") % kept.name)
    return redirect("canned")


def may_change(user: User, reply: CannedReply) -> bool:
    """Agents change their own, supervisors and admins what is shared as well."""
    return reply.owner_id == user.pk or (reply.scope != Scope.PERSONAL and user.role != User.Role.AGENT)


def _made(data: dict[str, Any], user: User) -> CannedReply:
    """As row security demands: a personal one has an owner, a team's a team."""
    scope = data["scope"] or Scope.PERSONAL
    return CannedReply.objects.create(
        name=data["name"], shortcut=data["shortcut"], texts=data["texts"], actions=data["actions"], scope=scope,
        owner=user if scope == Scope.PERSONAL else None, team=data["team"] if scope == Scope.TEAM else None,
    )  # fmt: skip


def _mine(request: HttpRequest, pk: int) -> CannedReply:
    found = CannedReply.objects.filter(pk=pk).first()
    if found is None or not may_change(_user(request), found):
        raise Http404
    return found


def _form(request: HttpRequest, form: CannedForm, kept: CannedReply | None = None) -> HttpResponse:
    names = [f"{of}.{name}" for of, known in VARIABLES.items() if of != "contact" for name in known]
    context = {"form": form, "kept": kept, "variables": names, "section": "canned"}
    return render(request, "conversations/canned_form.html", context, status=422 if form.errors else 200)


def _first(reply: CannedReply) -> str:
    return str(reply.texts.get("") or next(iter(reply.texts.values()), ""))


def _user(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user
