"""What a customer may expect next, in words. Pure, and honest: a promise is made only where a clock of ours keeps it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from conversations.models import Conversation

# By then the assistant has answered, or its draft is with a person; if neither, something of ours is down.
PATIENCE = timedelta(seconds=60)
# After so long it is asked again whether somebody still writes.
PAUSE = timedelta(seconds=65)


@dataclass(frozen=True)
class Situation:
    """How a conversation stands, as far as its customer is concerned."""

    state: str = Conversation.State.OPEN
    is_merged: bool = False
    draft_state: str = ""
    paused: bool = False
    asked: bool = False
    needs_person: bool = False
    person: str = ""
    person_is_answering: bool = False
    # Who is writing a reply at this moment, by name.
    writer: str = ""
    last_by: str = "customer"
    waiting_since: datetime | None = None
    due_at: datetime | None = None
    # That nobody answers now, and from when somebody will; empty while somebody does.
    closed: str = ""
    # It ended so long ago that whoever writes now begins anew.
    is_long_over: bool = False


@dataclass(frozen=True)
class Outlook:
    """`text`, then "by" and `due_at` when there is one, then `more`. `look_again_at`: time alone changes the words then."""

    key: str
    icon: str
    text: str
    more: str = ""
    due_at: datetime | None = None
    is_busy: bool = False
    can_ask: bool = True
    look_again_at: datetime | None = None


def outlook(now: datetime, it: Situation) -> Outlook:
    """The one thing to say about `it` at the moment `now`."""
    if it.is_merged:
        return Outlook(
            "merged", "merge", _("We answer you in your other conversation with us."), _("What you write here is read too.")
        )
    if it.state == Conversation.State.RESOLVED:
        again = _("Write here, and a new one begins.") if it.is_long_over else _("Write here, and it opens again.")
        return Outlook("closed", "check", _("This conversation is closed."), again)
    if it.writer or (it.person_is_answering and it.state != Conversation.State.WAITING):
        return _answering(now, it)
    if it.state == Conversation.State.WAITING:
        return _answered(it)
    if it.asked and not it.person:
        quiet = _("The assistant says nothing until then.") if it.paused else ""
        return _promise("asked", _("You asked for a person. Someone will answer"), now, it, quiet)
    if it.asked or (it.paused and it.person):
        return _promise(
            "person", _("%(person)s has your conversation and will answer") % {"person": it.person or _("A person")}, now, it
        )
    if it.paused or it.needs_person or it.draft_state == "rejected":
        return _promise("person", _("A person will answer"), now, it)
    if it.draft_state in ("review", "held"):
        return _promise(
            "checking", _("I want to get this right, so a person is checking the answer. You will have it here"), now, it
        )
    if it.draft_state == "approved":
        return Outlook("checked", "check", _("A person has checked your answer. It is on its way."), is_busy=True)
    return _of_assistant(now, it)


def _answering(now: datetime, it: Situation) -> Outlook:
    if it.writer:
        told = _("%(person)s is writing.") % {"person": it.writer}
        return Outlook("writing", "user", told, is_busy=True, can_ask=not it.paused, look_again_at=now + PAUSE)
    told = _("%(person)s is answering you.") % {"person": it.person or _("A person")}
    return Outlook("person", "user", told, is_busy=True, can_ask=not it.paused)


def _answered(it: Situation) -> Outlook:
    if it.last_by == "assistant" and not it.paused:
        return Outlook("answered", "check", _("Does this help? If not, write again or ask for a person."))
    return Outlook("answered", "", "", can_ask=not it.paused)


def _of_assistant(now: datetime, it: Situation) -> Outlook:
    if it.last_by != "customer":
        return _promise("person", _("A person is looking at your conversation and will answer"), now, it)
    patient_until = (it.waiting_since or now) + PATIENCE
    if now >= patient_until:
        return _promise("person", _("The assistant can’t answer at the moment. A person will"), now, it)
    return Outlook("assistant", "ai", _("The assistant is reading your message."), is_busy=True, look_again_at=patient_until)


def _promise(key: str, text: str, now: datetime, it: Situation, more: str = "") -> Outlook:
    """Somebody of ours will answer: by when, or, when that time has passed, that we are late."""
    can_ask = not it.paused
    if it.due_at is None:
        more = " ".join(one for one in (it.closed, more) if one)
        return Outlook(key, "user", _("%(promise)s as soon as possible.") % {"promise": text}, more, can_ask=can_ask)
    if it.due_at <= now:
        late = _("It takes longer than we promised. You need not write again: your place is kept.")
        return Outlook(key, "user", _("%(promise)s as soon as possible.") % {"promise": text}, late, can_ask=can_ask)
    return Outlook(key, "user", text, more, it.due_at, can_ask=can_ask, look_again_at=it.due_at)


def span(minutes: int) -> str:
    """Minutes as people say them: "10 minutes", "an hour", "1 hour and 30 minutes", "2 days"."""
    days, rest = divmod(minutes, 1440)
    hours, left = divmod(rest, 60)
    if minutes == 60:
        return _("an hour")
    if minutes == 1440:
        return _("a day")
    said = [
        ngettext("%(number)s day", "%(number)s days", days) % {"number": days} if days else "",
        ngettext("%(number)s hour", "%(number)s hours", hours) % {"number": hours} if hours else "",
        ngettext("%(number)s minute", "%(number)s minutes", left) % {"number": left} if left else "",
    ]
    return pgettext("between two spans", " and ").join([one for one in said if one][:2]) or _("a moment")
