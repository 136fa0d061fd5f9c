"""The pages of proposed articles: the stack, one of them with its words to better, and what becomes of it."""

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from core.claims import LostClaim
from knowledge import proposals
from knowledge.curation_pages import framed, lost, page_of
from knowledge.models import Article, KnowledgeBase, Proposal
from knowledge.prose import opening
from knowledge.sources import MAX_BODY
from knowledge.views import editors, reader

PAGE = "/knowledge/proposals/"
TOLD = {
    Article.State.PUBLISHED: _("Published. Replies may rest on it as soon as it is indexed."),
    Article.State.DRAFT: _("Kept as a draft."),
}


class ProposalForm(forms.Form):
    """The proposed article as the editor leaves it."""

    title = forms.CharField(
        label=_("Title"),
        max_length=300,
        widget=forms.TextInput(attrs={"class": "input is-lg", "autocomplete": "off"}),
        help_text=_("As a customer would ask or look for it."),
        error_messages={"required": _("Give it a title.")},
    )
    body = forms.CharField(
        label=_("Text"),
        max_length=MAX_BODY,
        widget=forms.Textarea(attrs={"class": "textarea know__text", "rows": 10, "spellcheck": "true"}),
        help_text=_("Names, addresses and numbers were taken out. Read it for what is left."),
        error_messages={"required": _("Write something first.")},
    )


@require_safe
@editors
def stack(request: HttpRequest) -> HttpResponse:
    """What waits, oldest first."""
    found = page_of(request, proposals.waiting())
    context = {"found": found, "rows": [{"proposal": one, "opening": opening(one.body)} for one in found]}
    return render(request, "knowledge/proposals.html", framed(request, "proposals") | context)


@require_safe
@editors
def proposal(request: HttpRequest, pk: int) -> HttpResponse:
    """One proposal, its words in a form."""
    found = _found(pk)
    return _shown(request, found, ProposalForm(initial={"title": found.title, "body": found.body}))


@require_POST
@editors
def accept(request: HttpRequest, pk: int) -> HttpResponse:
    """Make it an article, published or as a draft."""
    found, form = _found(pk), ProposalForm(request.POST)
    if not form.is_valid():
        return _shown(request, found, form, status=422)
    state = Article.State.PUBLISHED if request.POST.get("state") == "published" else Article.State.DRAFT
    try:
        article = proposals.accept(found, **form.cleaned_data, state=state, by=reader(request))
    except LostClaim:
        return lost(request, "proposals", PAGE)
    messages.success(request, TOLD[state], extra_tags="check")
    return redirect(f"/knowledge/{article.pk}/")


@require_POST
@editors
def decline(request: HttpRequest, pk: int) -> HttpResponse:
    """It becomes no article."""
    try:
        proposals.decline(_found(pk), by=reader(request), note=request.POST.get("note", ""))
    except LostClaim:
        return lost(request, "proposals", PAGE)
    messages.success(request, gettext("Declined. It does not come back."), extra_tags="check")
    return redirect(PAGE)


def _found(pk: int) -> Proposal:
    found = Proposal.objects.select_related("base", "by", "article").filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def _shown(request: HttpRequest, found: Proposal, form: ProposalForm, status: int = 200) -> HttpResponse:
    context = {
        "proposal": found,
        "form": form,
        "is_waiting": found.state == Proposal.State.WAITING,
        "has_bases": KnowledgeBase.objects.count() > 1,
    }
    return render(request, "knowledge/proposal.html", framed(request, "proposals") | context, status=status)
