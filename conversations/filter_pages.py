"""The form that sets the filters: a page of its own, and the same as a piece of the list's menu."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from conversations import counting, filter_chips
from conversations.filters import SORTS, WORDS, Filters
from conversations.fragments import wants_fragment
from conversations.views import reader, staff


@require_safe
@staff
def choose(request: HttpRequest) -> HttpResponse:
    """Everything that a list can be narrowed by, with the address's filters chosen."""
    filters, counts = Filters.of(request.GET.dict()), counting.counts(reader(request))
    context = {"filters": filters, "fields": _fields(filters, filter_chips.options(counts))}
    if wants_fragment(request):
        return render(request, "conversations/_filters.html", context)
    return render(
        request, "conversations/filters.html", context | {"section": "filters", "approvals_waiting": counts.views["review"]}
    )


def _fields(filters: Filters, options: dict[str, list[tuple[Any, Any]]]) -> list[dict[str, Any]]:
    names = filter_chips.NAMES
    return [
        _choice("view", names["view"], options["views"], filters.view.key, _("Everywhere")),
        *[_choice(name, names[name], options[plural], getattr(filters, name)) for name, plural in _LISTS],
        {
            "name": "language",
            "label": names["language"],
            "value": filters.language,
            "any": _("Any, or a code such as de"),
            "most": 12,
        },
        {"name": "q", "label": names["words"], "value": filters.words, "any": _("Any"), "most": WORDS},
        _choice("sort", names["sort"], list(SORTS.items()), filters.sort, _("As the view")),
    ]


_LISTS = (
    ("inbox", "inboxes"), ("team", "teams"), ("assignee", "assignees"), ("tag", "tags"), ("channel", "channels"),
    ("priority", "priorities"), ("lane", "lanes"),
)  # fmt: skip


def _choice(name: str, label: Any, options: list[tuple[Any, Any]], chosen: Any, any_of_them: str = "") -> dict[str, Any]:
    shown = [(value, said, str(value) == str(chosen)) for value, said in options]
    return {"name": name, "label": label, "options": shown, "any": any_of_them or _("Any")}
