"""The bar under the list: choosing what happens to the selected conversations, how far it has got, its report, and taking it back."""

from typing import Any

from django.db.models import Count, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from approvals.bulk_work import carry_on, step_back
from conversations import bulk, bulk_choices, canned
from conversations.bulk_choices import Unclear
from conversations.filters import Filters
from conversations.fragments import answer, drawn, partial, say, toast, wants_fragment
from conversations.listing import matching
from conversations.models import BulkItem, BulkRun, CannedReply, Conversation
from conversations.queries import number
from conversations.sheets import closed, sheet
from conversations.views import reader, staff
from core.claims import LostClaim

LISTED = 500
# The selection has served: a script takes it back when it sees this.
BEGAN = '<hx-partial hx-target="#bulk-scope" hx-swap="innerHTML"><i data-began></i></hx-partial>'


@require_safe
@staff
def scope(request: HttpRequest) -> HttpResponse:
    """How many conversations the list's filters mean, and the filters, to be sent along with what is chosen next."""
    filters = Filters.of(request.GET.dict())
    total = matching(reader(request), filters).count()
    told = ngettext("The %d that matches is selected", "All %d that match are selected", total) % total
    context = {"query": filters.query(), "total": total, "told": told}
    return answer(drawn("#bulk-scope", "innerHTML", "conversations/_bulk_scope.html", context, request), say(told))


@require_safe
@staff
def choose(request: HttpRequest, action: str) -> HttpResponse:
    """What there is to choose from for an action that needs a choice."""
    context = bulk_choices.sheet_for(action, reader(request))
    if context is None:
        raise Http404
    return sheet(request, "conversations/_bulk_sheet.html", context) if wants_fragment(request) else redirect("/queue/")


@require_POST
@staff
def start(request: HttpRequest) -> HttpResponse:
    """Begin a run. Mail to customers is confirmed first, with the number of those who will get it."""
    user, action = reader(request), request.POST.get("action", "")
    try:
        params = bulk_choices.params_of(action, request.POST, by=user)
        rows, query = _meant(request)
    except Unclear as why:
        context = (bulk_choices.sheet_for(action, user) or {}) | {
            "when": request.POST.get("when", ""),
            "at": request.POST.get("at", ""),
        }
        return sheet(request, "conversations/_bulk_sheet.html", context, status=422, told=str(why))
    if action == "reply" and not _is_confirmed(request, rows):
        return _confirm(request, CannedReply.objects.get(pk=params["canned"]), rows)
    try:
        run = bulk.start(bulk.Wish(action, params, query), rows, by=user, work=carry_on)
    except bulk.TooMany:
        told = _("These are more than %d conversations. Narrow the list down first. Nothing was changed.") % bulk.MOST
        return answer(toast(told, icon="alert"), closed(), status=422)
    if not wants_fragment(request):
        return redirect("/queue/")
    return answer(
        closed(), BEGAN, drawn("#toasts", "beforeend", "conversations/_bulk_run.html", _shown(run), request), say(_title(run))
    )


@require_safe
@staff
def progress(request: HttpRequest, pk: int) -> HttpResponse:
    """How far it has got; asked for again by the notice itself until it is over."""
    run = _mine(pk)
    context = _shown(run, is_undoing=request.GET.get("undoing") == "1")
    told = [] if context["is_going"] else [say(context["text"]), partial("#list-stale", "innerHTML", "<i data-stale></i>")]
    return answer(drawn(f"#bulk-run-{pk}", "outerHTML", "conversations/_bulk_run.html", context, request), *told)


@require_safe
@staff
def report(request: HttpRequest, pk: int) -> HttpResponse:
    """What was left as it is, and why."""
    run = _mine(pk)
    rows = bulk.left(run)
    total = rows.count()
    more = _("And %d more.") % (total - LISTED) if total > LISTED else ""
    context = {"title": _title(run), "text": _counted(run), "items": rows[:LISTED], "more": more}
    return sheet(request, "conversations/_bulk_report.html", context)


@require_POST
@staff
def undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Put back what the run changed, where it is still as the run left it."""
    run = _mine(pk)
    try:
        bulk.undo(run, by=reader(request), undoing=step_back)
    except LostClaim:
        return answer(toast(_("It cannot be undone while it goes on, or twice."), icon="alert"), status=409)
    return answer(drawn(f"#bulk-run-{pk}", "outerHTML", "conversations/_bulk_run.html", _shown(run, is_undoing=True), request))


def _meant(request: HttpRequest) -> tuple[QuerySet[Conversation], str]:
    """The conversations that were picked, or every one that the filters mean."""
    user = reader(request)
    if request.POST.get("all"):
        filters = Filters.of_query(request.POST.get("query", ""))
        # As a sub-query: with words in it the search has an order of its own.
        return Conversation.objects.filter(pk__in=matching(user, filters).order_by().values("pk")), filters.query()
    picked = [pk for pk in map(number, request.POST.getlist("pick")) if pk]
    if not picked:
        raise Unclear(_("Select some conversations first."))
    return Conversation.objects.filter(pk__in=picked), ""


def _customers(rows: QuerySet[Conversation]) -> int:
    return int(rows.order_by().aggregate(number=Count("customer", distinct=True))["number"])


def _is_confirmed(request: HttpRequest, rows: QuerySet[Conversation]) -> bool:
    return number(request.POST.get("confirm")) == _customers(rows)


def _confirm(request: HttpRequest, reply: CannedReply, rows: QuerySet[Conversation]) -> HttpResponse:
    customers = _customers(rows)
    first = rows.select_related("customer", "inbox").order_by("pk").first()
    if first is None:
        return answer(toast(_("Nothing is selected any more."), icon="alert"), closed(), status=422)
    context = {
        "title": ngettext("Send to %d customer?", "Send to %d customers?", customers) % customers,
        "warning": ngettext(
            "%d customer will get this message. After the undo time it cannot be taken back.",
            "%d customers will get this message. After the undo time it cannot be taken back.",
            customers,
        ) % customers,
        "verb": ngettext("Send to %d customer", "Send to %d customers", customers) % customers,
        "canned": reply,
        "customers": customers,
        "sample": canned.fill(canned.text_for(reply, first), first, agent=reader(request)).text,
        "sample_for": _("As %s will read it") % first.customer,
    }  # fmt: skip
    return sheet(request, "conversations/_bulk_confirm.html", context)


def _mine(pk: int) -> BulkRun:
    found = BulkRun.objects.filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def _shown(run: BulkRun, *, is_undoing: bool = False) -> dict[str, Any]:
    """The notice of a run: what it does, how far it is, and what can be done about it."""
    is_undoing = is_undoing and run.state != BulkRun.State.UNDONE
    is_going = run.state == BulkRun.State.RUNNING or is_undoing
    so_far = run.items.filter(state=BulkItem.State.UNDONE).count() if is_undoing else run.done + run.skipped + run.failed
    return {
        "run": run,
        "is_going": is_going,
        "is_undoing": is_undoing,
        "mark": "refresh" if is_going else "alert" if run.failed else "check",
        "text": _("Putting it back") if is_undoing else _title(run),
        "sub": "" if is_undoing else _counted(run),
        "total": run.done if is_undoing else run.total,
        "so_far": so_far,
        "can_undo": not is_going and run.state != BulkRun.State.UNDONE and run.done > 0,
        "has_report": not is_going and bulk.left(run).exists(),
    }


def _title(run: BulkRun) -> str:
    if run.state == BulkRun.State.UNDONE:
        return _("Put back")
    if run.state == BulkRun.State.STOPPED:
        return _("Stopped")
    said = bulk_choices.TITLES[run.action]
    return str(said.going if run.state == BulkRun.State.RUNNING else said.done)


def _counted(run: BulkRun) -> str:
    if run.state == BulkRun.State.UNDONE:
        back = run.items.filter(state=BulkItem.State.UNDONE).count()
        kept = run.done - back
        left = ngettext("%d was changed since and left alone", "%d were changed since and left alone", kept) % kept
        return _("%(back)d put back") % {"back": back} + (f", {left}" if kept else "")
    parts = [_("%(done)d of %(total)d done") % {"done": run.done, "total": run.total}]
    parts += [_("%d skipped") % run.skipped] if run.skipped else []
    parts += [_("%d failed") % run.failed] if run.failed else []
    return ", ".join(parts)
