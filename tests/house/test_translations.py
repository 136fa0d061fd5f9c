"""The interface's words: all of them can be translated, all of them are, and what is compiled is what was written."""

import ast
import gettext
import re
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from django.utils.translation import templatize

ROOT = Path(__file__).resolve().parents[2]
CATALOGUES = sorted((ROOT / "locale").glob("*/LC_MESSAGES/django.po"))
TEMPLATES = [
    pytest.param(file, id=str(file.relative_to(ROOT))) for file in sorted((ROOT / "templates").rglob("*")) if file.is_file()
]
ROOMS = (
    *("accounts", "approvals", "contactcenter", "conversations", "core", "dashboards"),
    *("gateways", "intake", "knowledge", "replies"),
)
# What marks a text, as makemessages asks for it.
KEYWORDS = [
    "--keyword=gettext_noop", "--keyword=gettext_lazy", "--keyword=ngettext_lazy:1,2", "--keyword=pgettext:1c,2",
    "--keyword=npgettext:1c,2,3", "--keyword=pgettext_lazy:1c,2", "--keyword=npgettext_lazy:1c,2,3",
]  # fmt: skip
MARKS = ("_", "gettext", "gettext_lazy", "ngettext", "pgettext", "pgettext_lazy", "npgettext", "gettext_noop")
# Names, and what is the same in every language.
NAMES = {"Contact Center", "UTC", "en", "de", "customer.first_name | there"}
# Parts of a tag, which stand outside of it here: its name in the one, its attributes in the other.
PARTS_OF_TAGS = {ROOT / "templates" / name for name in ("allauth/elements/button.html", "console/_binding.html")}


@dataclass
class Entry:
    """One text of a catalogue. `told` holds the translation, for a plural one of each kind."""

    context: str = ""
    text: str = ""
    plural: str = ""
    flags: str = ""
    told: dict[int, str] = field(default_factory=dict)


def entries(file: Path) -> list[Entry]:
    """What a .po file says, its head left out."""
    return [one for block in file.read_text().split("\n\n") if (one := _entry(block)).text]


def _entry(block: str) -> Entry:
    one, last = Entry(), ""
    found: dict[str, str] = {}
    for line in block.splitlines():
        if line.startswith("#,"):
            one.flags += line
        elif match := re.match(r'(msg\w+(?:\[\d\])?) (".*")$', line):
            last = match.group(1)
            found[last] = ast.literal_eval(match.group(2))
        elif line.startswith('"'):
            found[last] += ast.literal_eval(line)
    one.context, one.text, one.plural = (found.get(name, "") for name in ("msgctxt", "msgid", "msgid_plural"))
    one.told = {int(name[7:-1] or 0) if "[" in name else 0: said for name, said in found.items() if name.startswith("msgstr")}
    return one


def given(text: str) -> list[str]:
    """What a text has to keep in every language: its places for values, and its tags."""
    return sorted(re.findall(r"%\(\w+\)[sd]|%[sd]|\{\w*\}|</?\w+[^>]*>", text))


@pytest.mark.parametrize("file", CATALOGUES, ids=lambda file: file.parts[-3])
def test_every_text_is_translated_with_all_that_is_put_into_it(file: Path) -> None:
    wrong = []
    for one in entries(file):
        asked = [one.text, one.plural] if one.plural else [one.text]
        if len(one.told) != len(asked) or not all(one.told.values()) or "fuzzy" in one.flags:
            wrong.append(f"not translated: {one.text}")
        # The first of a plural may leave its number out: "the one message".
        elif [given(told) for told in one.told.values()] != [given(text) for text in asked]:
            wrong.append(f"other places or tags: {one.text}")
        elif one.text[0].isspace() != one.told[0][0].isspace() or one.text[-1].isspace() != one.told[0][-1].isspace():
            wrong.append(f"other space around it: {one.text!r}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.skipif(shutil.which("xgettext") is None, reason="needs gettext")
def test_the_catalogue_has_the_texts_of_the_sources_and_no_others(tmp_path: Path) -> None:
    names = []
    for number, file in enumerate(_sources()):
        code = file.read_text()
        # A page is read by the same program as a module, as makemessages has it read.
        (tmp_path / f"{number}.py").write_text(code if file.suffix == ".py" else templatize(code, origin=str(file)))
        names.append(f"{number}.py")
    command = ["xgettext", "-d", "found", "-L", "Python", *KEYWORDS, "--from-code=UTF-8", "--no-location", "--no-wrap", *names]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    found = {(one.context, one.text) for one in entries(tmp_path / "found.po")}
    for catalogue in CATALOGUES:
        kept = {(one.context, one.text) for one in entries(catalogue)}
        assert (sorted(found - kept), sorted(kept - found)) == ([], [])


@pytest.mark.parametrize("room", ROOMS)
def test_no_text_hides_in_an_f_string(room: str) -> None:
    """What gathers the texts does not look into one."""
    hidden = []
    for file in sorted((ROOT / room).rglob("*.py")):
        strings = [node for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.JoinedStr)]
        calls = [node for string in strings for node in ast.walk(string) if isinstance(node, ast.Call)]
        hidden += [f"{file}:{one.lineno}" for one in calls if isinstance(one.func, ast.Name) and one.func.id in MARKS]
    assert not hidden


def _sources() -> list[Path]:
    code = (file for room in ROOMS for file in sorted((ROOT / room).rglob("*.py")))
    return [*code, *(file for file in sorted((ROOT / "templates").rglob("*.*")) if file.suffix in (".html", ".txt"))]


@pytest.mark.parametrize("file", CATALOGUES, ids=lambda file: file.parts[-3])
def test_what_is_compiled_is_what_was_written(file: Path) -> None:
    with file.with_suffix(".mo").open("rb") as compiled:
        read = gettext.GNUTranslations(compiled)
    assert [one.text for one in entries(file) if list(one.told.values()) != compiled_of(read, one)] == []


def compiled_of(read: gettext.GNUTranslations, one: Entry) -> list[str]:
    if one.plural and one.context:
        return [read.npgettext(one.context, one.text, one.plural, number) for number in (1, 2)]
    if one.plural:
        return [read.ngettext(one.text, one.plural, number) for number in (1, 2)]
    return [read.pgettext(one.context, one.text) if one.context else read.gettext(one.text)]


@pytest.mark.parametrize("file", TEMPLATES)
def test_a_template_shows_no_bare_words(file: Path) -> None:
    """Whatever is read or heard stands in translate or blocktranslate."""
    assert file in PARTS_OF_TAGS or bare(file.read_text()) == []


def bare(template: str) -> list[str]:
    """Text between tags, and in attributes that people read or hear, that no translation can reach."""
    left = re.sub(r"{#.*?#}|{% (comment|blocktranslate|verbatim)\b.*?{% end\1 %}", "", template, flags=re.S)
    # Blocks that stand inside of a tag.
    left = re.sub(r"{% block (?:\w+_class|\w+_attributes|socket) %}.*?{% endblock %}", "", left, flags=re.S)
    left = re.sub(r"{%.*?%}|{{.*?}}", "\0", left, flags=re.S)
    left = re.sub(r"<(script|style|kbd)\b.*?</\1>|<!.*?>", "", left, flags=re.S)
    tags = re.findall(r"<[a-zA-Z][^>]*>", left)
    attributes = re.findall(r'\s(?:aria-label|title|placeholder|alt)="([^"]*)"', "".join(tags))
    attributes += re.findall(r'<meta name="description" content="([^"]*)"', left)
    said = [*re.split(r"</?[a-zA-Z][^>]*>|\0| · ", left), *(part for one in attributes for part in one.split("\0"))]
    words = [" ".join(re.sub(r"&\w+;|{\w+}", "", one).split()) for one in said]
    return [one for one in words if re.search(r"[^\W\d_]{2,}", one) and one not in NAMES]


def test_bare_words_are_found_and_others_are_not() -> None:
    assert bare('<p title="Hello there">{% icon "x" %}Hi <b>you</b></p>') == ["Hi", "you", "Hello there"]
    assert (
        bare('<p title="{% translate "Hello" %}" data-x="yes">{% translate "Hi" %} {{ name }} · <kbd class="key">Esc</kbd></p>')
        == []
    )
    assert bare("{% blocktranslate with a=b %}Dear {{ a }}{% endblocktranslate %}{# a note #}<b>Contact Center</b>") == []
