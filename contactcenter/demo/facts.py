"""What a script has to know of the demo, in DATA_DIR/demo-facts.json, readable by its owner alone."""

import json
import os
from typing import Any

from django.conf import settings

from accounts import tokens
from contactcenter.demo.ground import TOKEN_NAME
from contactcenter.demo.people import PASSWORD, PEOPLE, Staff
from conversations.models import Account, Inbox, InboxSecret
from core.context import Actor, acting_as

FACTS = {
    "web": ("website", ("slug",)),
    "email": ("email", ("slug", "address", "secret")),
    "whatsapp": ("whatsapp", ("slug", "phone_number_id", "app_secret", "verify_token")),
}


def tell(staff: Staff) -> None:
    """Give Sam's programs a token and write everything down. The token's row is what says that the demo is complete."""
    with acting_as(Actor.of(staff.fresh("ada"))):
        inboxes = {channel: _facts(staff.inboxes[key], names) for channel, (key, names) in FACTS.items()}
    sam = staff.fresh("sam")
    with acting_as(Actor.of(sam)):
        token = tokens.issue(sam, TOKEN_NAME, tokens.Scope)
        users = [{"email": one.email, "password": PASSWORD, "role": one.role} for one in PEOPLE if one.is_told]
        _write({"users": users, "api_token": token, "inboxes": inboxes})


def _facts(inbox: Inbox, names: tuple[str, ...]) -> dict[str, str]:
    kept = dict(InboxSecret.objects.filter(inbox=inbox).values_list("name", "value"))
    numbers = Account.objects.filter(inbox=inbox).values_list("settings", flat=True).first() or {}
    return {name: kept.get(name) or numbers.get(name) or str(getattr(inbox, name)) for name in names}


def _write(facts: dict[str, Any]) -> None:
    file = settings.DATA_DIR / "demo-facts.json"
    fresh = file.with_suffix(".new")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as out:
        json.dump(facts, out, indent=1)
        out.flush()
        os.fsync(out.fileno())
    fresh.replace(file)
