"""Articles are written and changed from their pages. What was typed survives every refusal."""

from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db import IntegrityError, transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.text import slugify
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST

from core.claims import LostClaim
from knowledge import editing, gaps, shelf
from knowledge.editing import Wording
from knowledge.forms import AUDIENCES, ArticleForm, RestoreForm, VersionForm
from knowledge.gaps import Prefill
from knowledge.indexing import default_base
from knowledge.models import Article, ArticleVersion, Gap, KnowledgeBase
from knowledge.splitting import windows
from knowledge.views import difference, editors, frame, reader, visible

State = Article.State
SAVED = {State.DRAFT: _("Saved as a draft."), State.PUBLISHED: _("Published."), State.ARCHIVED: _("Saved.")}
LONG_WORDS = 600
SHOWN_PASSAGES = 12


@dataclass(frozen=True)
class Button:
    """One way to save: the state it leads to, and how it reads."""

    state: str
    label: str
    icon: str
    is_first: bool = False


# The first keeps the state: it is what Ctrl Enter and Enter in a field press, so that neither publishes by accident.
BUTTONS = {
    State.DRAFT: (Button(State.DRAFT, _("Save as draft"), "edit", True), Button(State.PUBLISHED, _("Publish"), "check")),
    State.PUBLISHED: (
        Button(State.PUBLISHED, _("Publish changes"), "check", True),
        Button(State.DRAFT, _("Unpublish, save as draft"), "edit"),
    ),
    State.ARCHIVED: (Button(State.ARCHIVED, _("Save"), "edit", True), Button(State.PUBLISHED, _("Publish"), "check")),
}


@require_http_methods(["GET", "HEAD", "POST"])
@editors
def new(request: HttpRequest) -> HttpResponse:
    """A new article; the address may bring a title and a text to begin with."""
    asked = _asked(request)
    if request.method != "POST":
        given: dict[str, Any] = {name: request.GET[name][:2000] for name in ("title", "category") if request.GET.get(name)}
        given = {"title": asked.title} | given if asked else given
        base = KnowledgeBase.objects.filter(pk=asked.base).first() if asked else _only_base()
        return _editor(request, ArticleForm.empty(base, reader(request), **given), asked=asked)
    form = ArticleForm(request.POST)
    if not form.is_valid():
        return _editor(request, form, status=422, asked=asked)
    made = _written(request, form)
    if asked:
        with suppress(LostClaim):  # Closed meanwhile; the article is written all the same.
            gaps.write(Gap.objects.get(pk=asked.gap), made, by=reader(request))
    return _saved(request, made)


def _asked(request: HttpRequest) -> Prefill | None:
    """The gap that the article is written for, where the address names one."""
    named = request.GET.get("gap", "")
    return gaps.prefill(int(named)) if named.isdecimal() and len(named) < 16 else None


def _written(request: HttpRequest, form: ArticleForm) -> Article:
    """The new article, or the one that the same form made already."""
    given, by = form.cleaned_data, reader(request)
    base = given["base"] or _only_base() or default_base()
    key = str(given["key"] or "")
    named = f"{slugify(given['title'])[:60] or 'article'}-{key[:8]}" if key else ""
    try:
        with transaction.atomic():
            return editing.write(
                base, form.wording, by=by, state=_state(request, State.DRAFT), note=given["note"], external_id=named,
                owner=given["owner"], review_by=given["review_by"],
            )  # fmt: skip
    except IntegrityError:
        return Article.objects.get(base=base, external_id=named)


@require_http_methods(["GET", "HEAD", "POST"])
@editors
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change an article. 409 when somebody else did meanwhile: both texts are shown, and saving again is a decision."""
    found = visible(pk)
    if request.method != "POST":
        return _editor(request, ArticleForm.about(found), found)
    form = ArticleForm(request.POST, article=found)
    if not form.is_valid():
        return _editor(request, form, found, status=422)
    state = _state(request, found.state)
    try:
        changed = editing.change(
            found, form.wording, expected=form.cleaned_data["version"] or 0, by=reader(request), state=state,
            note=form.cleaned_data["note"],
        )  # fmt: skip
    except LostClaim:
        if Wording.of(found) != form.wording or found.state != state:
            return _conflict(request, form, found)
        changed = found  # The same sent twice, or both wrote the same.
    if "owner" in form.changed_data:
        editing.set_owner(changed, form.cleaned_data["owner"])
    if "review_by" in form.changed_data:
        editing.set_review_by(changed, form.cleaned_data["review_by"])
    return _saved(request, changed)


def _conflict(request: HttpRequest, form: ArticleForm, found: Article) -> HttpResponse:
    """The form as typed, on top of what the article says now and what had changed."""
    began = found.versions.filter(version=form.cleaned_data["version"] or 0).first()
    now = found.versions.filter(version=found.version).select_related("by").first()
    told = difference(began, now) if began and now else {}
    form.data = form.data.copy()
    form.data["version"] = str(found.version)
    return _editor(request, form, found, status=409, conflict=now, **told)


def _editor(
    request: HttpRequest, form: ArticleForm, found: Article | None = None, status: int = 200, **more: Any
) -> HttpResponse:
    text = str(form["body"].value() or "")
    context = frame(request) | {
        "form": form,
        "article": found,
        "buttons": BUTTONS[State(found.state)] if found else BUTTONS[State.DRAFT],
        "audiences": [{"value": value, "name": name, "hint": hint} for value, name, hint in AUDIENCES],
        "audience": form["audience"].value(),
        "categories": shelf.categories(),
        "mistakes": [(name, errors[0]) for name, errors in form.errors.items()] if form.is_bound else [],
        "has_bases": found is None and KnowledgeBase.objects.count() > 1,
        "action": f"/knowledge/{found.pk}/edit/" if found else f"/knowledge/new/{_gap_of(more)}",
    }
    return render(request, "knowledge/editor.html", context | measured(text) | more, status=status)


def _gap_of(more: dict[str, Any]) -> str:
    asked = more.get("asked")
    return f"?gap={asked.gap}" if asked else ""


@require_POST
@editors
def measure(request: HttpRequest) -> HttpResponse:
    """How long a text is, and the passages that it is searched by, while it is written."""
    return render(request, "knowledge/_measure.html", measured(request.POST.get("body", "")))


def measured(text: str) -> dict[str, Any]:
    words, passages = len(text.split()), windows(text)
    shown = passages[:SHOWN_PASSAGES]
    more = len(passages) - len(shown)
    return {"words": words, "passages": shown, "passage_count": len(passages), "more_passages": more} | {
        "is_long": words > LONG_WORDS
    }


@require_POST
@editors
def publish(request: HttpRequest, pk: int) -> HttpResponse:
    """Let the article be found."""
    return _moved(request, pk, editing.publish, gettext("Published. Replies may rest on it as soon as it is indexed."))


@require_POST
@editors
def archive(request: HttpRequest, pk: int) -> HttpResponse:
    """Take the article out of use."""
    return _moved(request, pk, editing.archive, gettext("Archived. No reply rests on it any more; publishing brings it back."))


@require_POST
@editors
def restore(request: HttpRequest, pk: int) -> HttpResponse:
    """Bring an earlier version's words back as a new one."""
    found, form = visible(pk), RestoreForm(request.POST)
    if not form.is_valid():
        raise Http404
    number, expected = form.cleaned_data["number"], form.cleaned_data["version"]
    try:
        changed = editing.restore_version(found, number, expected=expected, by=reader(request))
    except ArticleVersion.DoesNotExist as missing:
        raise Http404 from missing
    except LostClaim:
        return render(request, "knowledge/changed.html", frame(request) | {"article": found}, status=409)
    messages.success(
        request,
        gettext("Version %(old)s is back, as version %(new)s.") % {"old": number, "new": changed.version},
        extra_tags="undo",
    )
    return redirect(f"/knowledge/{pk}/")


def _moved(request: HttpRequest, pk: int, verb: Any, told: str) -> HttpResponse:
    found, form = visible(pk), VersionForm(request.POST)
    expected = form.cleaned_data["version"] if form.is_valid() else 0
    try:
        verb(found, expected=expected, by=reader(request))
    except LostClaim:
        return render(request, "knowledge/changed.html", frame(request) | {"article": found}, status=409)
    messages.success(request, told, extra_tags="check")
    return redirect(f"/knowledge/{pk}/")


def _saved(request: HttpRequest, saved: Article) -> HttpResponse:
    messages.success(request, SAVED[State(saved.state)], extra_tags="check")
    return redirect(f"/knowledge/{saved.pk}/")


def _state(request: HttpRequest, otherwise: str) -> str:
    """The state that the pressed button leads to."""
    asked = request.POST.get("state", "")
    return asked if asked in State.values else otherwise


def _only_base() -> KnowledgeBase | None:
    """The knowledge base, where there is but one; else the first of them."""
    return KnowledgeBase.objects.order_by("pk").first()
