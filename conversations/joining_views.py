"""The dialogs in which two conversations are put together or one is taken apart. Reading only; approvals/joining.py does it."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from conversations.fragments import wants_fragment
from conversations.history import choices
from conversations.models import Message
from conversations.previews import first_words
from conversations.views import staff, visible

SHOWN = 40
FIRST_WORDS = 90


@require_safe
@staff
def merge_choices(request: HttpRequest, pk: int) -> HttpResponse:
    """The dialog; with `?q=` the customer's conversations that the words or the number find."""
    found = visible(pk)
    if not wants_fragment(request):
        return redirect("conversation", pk)
    words = request.GET.get("q", "").replace("\0", "").strip()[:100]
    context = {"conversation": found, "choices": choices(found.customer, found.pk, words), "words": words}
    template = "_merge_choices.html" if "q" in request.GET else "_merge_dialog.html"
    return render(request, f"conversations/{template}", context)


@require_safe
@staff
def split_choices(request: HttpRequest, pk: int) -> HttpResponse:
    """The dialog: the messages of this conversation but its first, the newest on top; `?from=` is the one to begin with."""
    found = visible(pk)
    if not wants_fragment(request):
        return redirect("conversation", pk)
    rows = Message.objects.filter(conversation=found).select_related("customer", "sender").order_by("pk")
    later = list(rows[1:])[-SHOWN:][::-1]
    chosen = request.GET.get("from", "")
    context = {
        "conversation": found,
        "messages": [(one, first_words(one.text, FIRST_WORDS)) for one in later],
        "chosen": int(chosen) if chosen.isdecimal() else later[0].pk if later else 0,
    }
    return render(request, "conversations/_split_dialog.html", context)
