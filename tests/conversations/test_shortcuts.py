"""The one table of keys: what is on the sheet is bound, what is bound is on the sheet, and no two share a key where both are heard."""

import re
from collections import Counter
from pathlib import Path

import pytest
from django.test import Client

from conversations.shortcuts import SHORTCUTS, Shortcut
from core.context import Actor, acting_as
from tests.cast import Cast

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = "\n".join(file.read_text() for file in (ROOT / "templates").rglob("*.html"))
SCRIPTS = {file: file.read_text() for file in (ROOT / "static/js").rglob("*.js")}
NAMED = re.compile(r"Object\.assign\(doing, {(.*?)}\);", re.S)


def actions() -> set[str]:
    """What the scripts say they can do: `doing.name = …` and the names in `Object.assign(doing, {…})`."""
    found = {name for text in SCRIPTS.values() for name in re.findall(r"\bdoing\.(\w+) = ", text)}
    for text in SCRIPTS.values():
        for body in NAMED.findall(text):
            lines = (
                re.findall(r"^    (\w+)(?::|,$)", body, re.M)
                if "\n" in body
                else re.findall(r"(\w+)(?::[^,]*)?(?:,|\s*$)", body)
            )
            found |= set(lines)
    return found


def named(rows: list[Shortcut]) -> list[str]:
    return [row.name for row in rows]


def test_every_row_of_the_table_does_something_that_exists() -> None:
    does = actions()
    assert named([row for row in SHORTCUTS if row.does and row.does not in does]) == []
    assert named([row for row in SHORTCUTS if row.presses and f'data-key="{row.presses}"' not in TEMPLATES]) == []
    ways = [
        row for row in SHORTCUTS if sum(map(bool, (row.presses, row.does, row.to, row.posts, row.by_browser, row.typed))) != 1
    ]
    assert named(ways) == []


def test_every_letter_printed_on_a_button_is_in_the_table() -> None:
    printed = set(re.findall(r'data-key="([^"{]+)"', TEMPLATES))
    assert printed - {row.presses for row in SHORTCUTS} == set()


def test_only_the_table_binds_keys() -> None:
    """Scripts may hear arrows, Enter and Escape within their own lists; letters are bound in one place."""
    bound = re.compile(r"\bkey\s*===?\s*'[a-z?/.\\\]]'|\.key\.toLowerCase\(\)")
    offenders = [file.name for file, text in SCRIPTS.items() if bound.search(text) and file.name != "keys.js"]
    assert offenders == []


def test_no_two_rows_heard_on_one_screen_share_a_key() -> None:
    heard = Counter((screen, key) for row in SHORTCUTS for screen in row.section.heard_on for key in row.keys)
    assert [pair for pair, times in heard.items() if times > 1] == []
    assert [name for name, times in Counter(named(list(SHORTCUTS))).items() if times > 1] == []


def test_no_key_begins_two_after_each_other_and_acts_alone() -> None:
    begins = {key.split()[0] for row in SHORTCUTS for key in row.keys if " " in key}
    alone = {key for row in SHORTCUTS for key in row.keys}
    assert begins & alone == set()


@pytest.mark.parametrize(("role", "sees"), [("ana", True), ("ada", False)])
def test_the_sheet_and_the_palette_print_the_table(client: Client, cast: Cast, role: str, sees: bool) -> None:
    with acting_as(Actor.door()):
        client.force_login(getattr(cast, role))
    html = client.get("/queue/" if sees else "/knowledge/").content.decode()
    shown = set(re.findall(r'data-shortcut="([\w-]+)"', html))
    offered = set(re.findall(r'data-command="([\w-]+)"', html))
    who = getattr(cast, role).role
    mine = [row for row in SHORTCUTS if who in row.roles]
    assert shown == {row.name for row in mine if row.keys and not row.by_browser and not row.typed}
    assert offered == {row.name for row in mine if row.icon}
    assert ("to-queue" in shown) is sees
    assert 'data-keys="j or ArrowDown"' in html
