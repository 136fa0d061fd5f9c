"""A webhook call of WhatsApp as a list of elements: every entry, every change, every message, status and error of it.

Pure. Whatever JSON comes, nothing is raised but Unreadable for what is no JSON; what has an unknown shape is an Unused element, so
that the count of elements is the count of what was sent.
"""

import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from gateways.whatsapp.contents import content_of, part, parts, phone_of, words
from gateways.whatsapp.elements import (
    Echoed,
    Edited,
    Element,
    Reacted,
    Renumbered,
    Reported,
    Sender,
    TemplateJudged,
    Unused,
    Withdrawn,
    Written,
)  # fmt: skip
from gateways.whatsapp.words import words_for

MOST_ELEMENTS = 100_000
LONGEST_KEY = 255
# The lists of a change in which each item is an element of its own.
LISTS = ("messages", "statuses", "message_echoes", "calls", "errors", "user_preferences")
Where = dict[str, Any]


class Unreadable(ValueError):
    """No JSON, or JSON that says two things under one name."""


def read(raw: bytes) -> list[Element]:
    """Every element of a call's body, in order. Raises Unreadable."""
    return elements(loaded(raw))


def loaded(raw: bytes) -> Any:
    """The JSON of a body. What two readers could take for two different things is refused: a name that comes twice, NaN."""
    try:
        return json.loads(raw.decode("utf-8"), object_pairs_hook=_once, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise Unreadable("no JSON that has one meaning") from error


def elements(body: Any) -> list[Element]:
    """Every element of a body that was read before."""
    found: list[Element] = []
    for entry in parts(body, "entry"):
        for change in parts(entry, "changes"):
            found.extend(_of_change(entry, change))
            if len(found) > MOST_ELEMENTS:
                raise Unreadable("more elements than a call can hold")
    return found


def _of_change(entry: dict[str, Any], change: dict[str, Any]) -> Iterator[Element]:
    value, name = part(change, "value"), words(change.get("field"))
    where = {"number_id": words(part(value, "metadata").get("phone_number_id")), "account_id": words(entry.get("id"))}
    people = _People(parts(value, "contacts"))
    items = [(kind, item) for kind in LISTS for item in parts(value, kind)]
    for kind, item in items:
        card = people.card_of(item)
        one = {"metadata": part(value, "metadata"), "contacts": [card] if card else [], kind: [item]}
        here = where | {"at": moment(item.get("timestamp")), "raw": _alone(entry, name, one)}
        yield _element(kind, item, here, _contact(card) if card else Sender())
    if not items:
        yield _of_account(name, value, entry, where | {"at": moment(entry.get("time")), "raw": _alone(entry, name, value)})


def _alone(entry: dict[str, Any], name: str, value: dict[str, Any]) -> dict[str, Any]:
    """A call's body with this one thing in it: reading it gives the same element."""
    return {"entry": [{"id": entry.get("id"), "time": entry.get("time"), "changes": [{"field": name, "value": value}]}]}


class _People:
    """A call's list of people, by id and by number; there can be as many of them as there are messages."""

    def __init__(self, cards: list[dict[str, Any]]) -> None:
        self._cards = cards
        known = [(card, _contact(card)) for card in cards]
        self._by_id = {one.user_id: card for card, one in known if one.user_id}
        self._by_phone = {one.phone: card for card, one in known if one.phone}

    def card_of(self, item: dict[str, Any]) -> dict[str, Any] | None:
        """Whom an item is about: by id, then by number. Where it names nobody, the one there is."""
        user_id, phone = words(item.get("from_user_id")), phone_of(item.get("from"))
        if not user_id and not phone:
            return self._cards[0] if len(self._cards) == 1 else None
        return self._by_id.get(user_id) or self._by_phone.get(phone)


def _element(kind: str, item: dict[str, Any], where: Where, known: Sender) -> Element:
    if kind == "messages":
        return _message(item, where, known)
    if kind == "statuses":
        return _status(item, where)
    if kind == "message_echoes":
        return _echo(item, where)
    return Unused(key=_key(kind, item), what=kind, **where)


def _message(item: dict[str, Any], where: Where, known: Sender) -> Element:
    wamid, kind = words(item.get("id")), words(item.get("type"))
    if not wamid:
        return Unused(key=_key("messages", item), what="message without an id", **where)
    key, sender = _named(f"{kind}:{wamid}"), _sender(item, known)
    if kind == "edit":
        edit = part(item, "edit")
        said = content_of(part(edit, "message"))
        return Edited(key, about=words(edit.get("original_message_id")), sender=sender, text=said.text if said else "", **where)
    if kind == "revoke":
        return Withdrawn(key, about=words(part(item, "revoke").get("original_message_id")), sender=sender, **where)
    if kind == "reaction":
        given = part(item, "reaction")
        return Reacted(key, about=words(given.get("message_id")), sender=sender, sign=words(given.get("emoji"))[:32], **where)
    if kind in ("system", "request_welcome"):
        return _system(key, part(item, "system"), sender, where)
    content = content_of(item)
    if content is None or not (sender.phone or sender.user_id):
        return Unused(key, what=kind, **where)
    return Written(
        _named(wamid), wamid=wamid, sender=sender, text=content.text, subject=content.subject, files=content.files,
        marks=content.marks, context=words(part(item, "context").get("id")), **where,
    )  # fmt: skip


def _system(key: str, system: dict[str, Any], sender: Sender, where: Where) -> Element:
    """A person's number or id changed. That a phone was set up anew is no news for us."""
    kind = words(system.get("type"))
    if kind not in ("user_changed_number", "customer_changed_number", "user_changed_user_id"):
        return Unused(key, what=kind or "system", **where)
    before = Sender(sender.phone, words(system.get("previous_user_id")) or sender.user_id)
    after = Sender(
        phone_of(system.get("wa_id") or system.get("new_wa_id")), words(system.get("user_id") or system.get("new_user_id"))
    )
    return Renumbered(key, before=before, after=after, **where)


def _status(item: dict[str, Any], where: Where) -> Element:
    wamid, status = words(item.get("id")), words(item.get("status"))
    if not wamid or not status:
        return Unused(key=_key("statuses", item), what="status without an id", **where)
    trouble = next(iter(parts(item, "errors")), {})
    code = trouble.get("code")
    code = code if isinstance(code, int) and not isinstance(code, bool) else 0
    key = _named(f"status:{wamid}:{status}:{words(item.get('timestamp'))}")
    reason = (
        words_for(code, words(part(trouble, "error_data").get("details")) or words(trouble.get("title"))) if trouble else ""
    )
    sent_along = words(item.get("biz_opaque_callback_data"))
    return Reported(key, wamid=wamid, status=status, send_key=sent_along, code=code, reason=reason[:200], **where)


def _echo(item: dict[str, Any], where: Where) -> Element:
    wamid, said = words(item.get("id")), content_of(item)
    if not wamid or said is None or words(item.get("type")) in ("edit", "revoke", "reaction"):
        return Unused(key=_key("message_echoes", item), what="echo", **where)
    recipient = Sender(phone_of(item.get("to")), words(item.get("to_user_id")))
    if not (recipient.phone or recipient.user_id):
        return Unused(key=_key("message_echoes", item), what="echo", **where)
    return Echoed(_named(f"echo:{wamid}"), wamid=wamid, recipient=recipient, text=said.text, files=said.files, **where)


def _of_account(name: str, value: dict[str, Any], entry: dict[str, Any], where: Where) -> Element:
    key = _key(name or "change", {"value": value, "of": entry.get("id"), "at": entry.get("time")})
    if name.startswith("message_template"):
        verdict = words(value.get("event")).upper() if name == "message_template_status_update" else ""
        template, language = words(value.get("message_template_name")), words(value.get("message_template_language"))
        return TemplateJudged(key, name=template, language=language, verdict=verdict, **where)
    return Unused(key, what=name or "change", **where)


def _contact(card: dict[str, Any]) -> Sender:
    name = words(part(card, "profile").get("name"))[:160]
    return Sender(phone_of(card.get("wa_id")), words(card.get("user_id"))[:200], name)


def _sender(item: dict[str, Any], known: Sender) -> Sender:
    """Who wrote, with what the call's own list of people says of him."""
    phone, user_id = phone_of(item.get("from")), words(item.get("from_user_id"))[:200]
    return Sender(phone or known.phone, user_id or known.user_id, known.name)


def moment(given: Any) -> datetime | None:
    """Seconds since 1970, as a number or in a text; None for what is none, and for years that no calendar of ours shows."""
    try:
        told = datetime.fromtimestamp(int(words(given)), UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return told if 1970 <= told.year <= 2100 else None


def _key(kind: str, item: dict[str, Any]) -> str:
    """A name for what has none of its own: made of all that it says."""
    return f"{kind[:40]}:{hashlib.sha256(json.dumps(item, sort_keys=True).encode()).hexdigest()}"


def _named(key: str) -> str:
    return key if len(key) <= LONGEST_KEY else f"long:{hashlib.sha256(key.encode()).hexdigest()}"


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name comes twice")
    return found


def _no_number(name: str) -> Any:
    raise ValueError(f"{name} is no number")
