"""What a company has set up in its console before the day begins: tags, attributes, canned replies, saved views."""

import tomllib
from typing import Any

from contactcenter.demo.people import Staff
from contactcenter.demo.story import FOLDER
from conversations.models import AttributeType, CannedReply, SavedView, Scope, Tag
from core.context import Actor, acting_as


def put_up(staff: Staff) -> None:
    """The admin makes the attributes, the supervisor what everybody uses."""
    told = tomllib.loads((FOLDER / "furniture.toml").read_text(encoding="utf-8"))
    with acting_as(Actor.of(staff.fresh("ada"))):
        for place, one in enumerate(told["attribute"]):
            AttributeType.objects.create(position=place, **one)
    with acting_as(Actor.of(staff.fresh("sam"))):
        tags = {name: Tag.objects.create(name=name, hue=hue) for name, hue in told["tags"].items()}
        for one in told["canned"]:
            CannedReply.objects.create(**_tidied(one, tags), scope=Scope.GLOBAL)
        for place, one in enumerate(told["view"]):
            query = one.get("query") or f"view=open&tag={tags[one['tag']].pk}"
            SavedView.objects.create(name=one["name"], query=query, scope=Scope.GLOBAL, position=place)


def _tidied(canned: dict[str, Any], tags: dict[str, Tag]) -> dict[str, Any]:
    """With its texts trimmed, and its tags by their rows instead of their names."""
    texts = {language: text.strip() for language, text in canned["texts"].items()}
    actions = [
        one | {"tags": [tags[name].pk for name in one["tags"]]} if "tags" in one else one for one in canned.get("actions", [])
    ]
    return canned | {"texts": texts, "actions": actions}
