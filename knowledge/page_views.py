"""The pages of web pages: which are read, what changed on one of them, and what becomes of it."""

from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Case, IntegerField, When
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core.claims import LostClaim
from core.words import known
from gateways.web_address import Refused
from knowledge import webpages
from knowledge.curation_pages import framed, lost, page_of
from knowledge.diffing import compare
from knowledge.forms import AUDIENCES
from knowledge.indexing import default_base
from knowledge.models import Audience, KnowledgeBase, WebPage
from knowledge.views import editors, reader

PAGE = "/knowledge/pages/"
# What waits for a person, then what could not be read, then the rest.
FIRST = (
    Case(When(state=WebPage.State.CHANGED, then=0), When(state=WebPage.State.FAILED, then=1), default=2, output_field=IntegerField()),
    "url",
)  # fmt: skip


class PageForm(forms.Form):
    """A page to be read from now on."""

    url = forms.CharField(
        label=_("Address of the page"),
        max_length=500,
        widget=forms.TextInput(attrs={"class": "input", "inputmode": "url", "placeholder": "https://", "autocomplete": "off"}),
        error_messages={"required": _("Give the address of a page."), "max_length": _("The address is too long.")},
    )
    audience = forms.ChoiceField(label=_("Who is it for?"), choices=Audience.choices, widget=forms.RadioSelect)
    base = forms.ModelChoiceField(
        label=_("Knowledge base"), queryset=KnowledgeBase.objects.none(), widget=forms.Select(attrs={"class": "select"}),
        empty_label=None, required=False,
    )  # fmt: skip

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.fields["base"].queryset = KnowledgeBase.objects.all()  # type: ignore[attr-defined]


@require_http_methods(["GET", "HEAD", "POST"])
@editors
def pages(request: HttpRequest) -> HttpResponse:
    """The pages that are read; a new one begins here."""
    form = PageForm(request.POST or None, initial={"audience": Audience.PUBLIC})
    if request.method != "POST":
        return _list(request, form)
    if form.is_valid() and _added(request, form):
        messages.success(request, gettext("It is read in a moment. What it says waits for you here."), extra_tags="check")
        return redirect(PAGE)
    return _list(request, form, status=422)


def _added(request: HttpRequest, form: PageForm) -> bool:
    given = form.cleaned_data
    base = given["base"] or KnowledgeBase.objects.order_by("pk").first() or default_base()
    try:
        webpages.add(base, given["url"], audience=given["audience"], by=reader(request))
    except Refused as refused:
        form.add_error("url", f"{known(str(refused))}.")
    except webpages.AlreadyThere:
        form.add_error("url", gettext("This page is read already."))
    except webpages.TooMany:
        form.add_error(
            "url",
            gettext("%(number)s pages are read already, which is as many as one knowledge base may have.")
            % {"number": webpages.MOST_PAGES},
        )
    return not form.errors


def _list(request: HttpRequest, form: PageForm, status: int = 200) -> HttpResponse:
    changed = WebPage.State.CHANGED
    found = page_of(request, WebPage.objects.select_related("article", "base").defer("body").order_by(*FIRST))
    context = {
        "found": found,
        "rows": [{"page": page, "chip": CHIPS[page.state], "is_changed": page.state == changed} for page in found],
        "form": form,
        "audiences": [{"value": value, "name": name, "hint": hint} for value, name, hint in AUDIENCES],
        "audience": form["audience"].value(),
        "has_bases": KnowledgeBase.objects.count() > 1,
    }
    return render(request, "knowledge/pages.html", framed(request, "pages") | context, status=status)


CHIPS = {
    WebPage.State.WAITING: {"kind": "plain", "icon": "clock", "text": _("Not read yet")},
    WebPage.State.CURRENT: {"kind": "ok", "icon": "check", "text": _("Up to date")},
    WebPage.State.CHANGED: {"kind": "act", "icon": "edit", "text": _("Waits for you")},
    WebPage.State.FAILED: {"kind": "bad", "icon": "alert", "text": _("Could not be read")},
}


@require_safe
@editors
def page(request: HttpRequest, pk: int) -> HttpResponse:
    """What the page says now, against what its article says."""
    found = _found(pk)
    context = {
        "page": found,
        "chip": CHIPS[found.state],
        "is_changed": found.state == WebPage.State.CHANGED,
        "pieces": compare(found.article.body if found.article else "", found.body) if found.body else [],
    }
    return render(request, "knowledge/page.html", framed(request, "pages") | context)


@require_POST
@editors
def take(request: HttpRequest, pk: int) -> HttpResponse:
    """Its words become the article's."""
    try:
        article = webpages.take(_found(pk), seen=request.POST.get("seen", ""), by=reader(request))
    except LostClaim:
        return lost(request, "pages", f"{PAGE}{pk}/")
    messages.success(request, gettext("Taken. Replies may rest on it as soon as it is indexed."), extra_tags="check")
    return redirect(f"/knowledge/{article.pk}/")


@require_POST
@editors
def leave(request: HttpRequest, pk: int) -> HttpResponse:
    """The article stays as it is."""
    try:
        webpages.leave(_found(pk), seen=request.POST.get("seen", ""), by=reader(request))
    except LostClaim:
        return lost(request, "pages", f"{PAGE}{pk}/")
    messages.success(request, gettext("Left as it is. The page asks again when it changes again."), extra_tags="check")
    return redirect(PAGE)


@require_POST
@editors
def read_now(request: HttpRequest, pk: int) -> HttpResponse:
    """Do not wait for tomorrow."""
    webpages.ask(_found(pk))
    messages.success(request, gettext("It is read in a moment."), extra_tags="refresh")
    return redirect(PAGE)


@require_POST
@editors
def remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Read it no more."""
    webpages.remove(_found(pk), by=reader(request))
    messages.success(request, gettext("The page is read no more. Its article stays."), extra_tags="check")
    return redirect(PAGE)


def _found(pk: int) -> WebPage:
    found = WebPage.objects.select_related("base", "article").filter(pk=pk).first()
    if found is None:
        raise Http404
    return found
