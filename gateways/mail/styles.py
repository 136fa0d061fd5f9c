"""Whether what a mail's markup says would be seen: the few declarations that hide words, in attributes and in simple style sheets."""

import re
from dataclasses import dataclass

from gateways.mail.markup_signs import Tag

_NOTHING = re.compile(r"^[+-]?0*\.?0*(?:px|pt|em|rem|%|vw|vh|ex|ch)?$")
_AWAY = re.compile(r"^-\d{3,}")
_SHORT = re.compile(r"^#([0-9a-f])([0-9a-f])([0-9a-f])$")
_NUMBERS = re.compile(r"^rgba?\(([\d.,\s%/]{1,60})\)")
_SELECTOR = re.compile(r"^[a-z0-9]{0,20}[.#]?[\w-]{0,80}$")
_WORDS = {"white": (255, 255, 255), "black": (0, 0, 0), "snow": (255, 250, 250), "transparent": None}
_NEAR = 10
_MOST_RULES = 400
_LONGEST_SHEET = 200_000

Colour = tuple[int, int, int]
Declared = dict[str, str]


@dataclass(frozen=True)
class Look:
    """What has come down to an element from those around it. A background that nobody can tell is None, and hides nothing."""

    hid: bool = False
    colour: Colour | None = (0, 0, 0)
    background: Colour | None = (255, 255, 255)
    is_small: bool = False

    @property
    def is_hidden(self) -> bool:
        """Letters of no size and letters in the colour of their ground come back where a smaller element changes that."""
        return self.hid or self.is_small or _is_same(self.colour, self.background)

    def under(self, declared: Declared) -> "Look":
        """The look of an element inside with what is declared for it."""
        if not declared:
            return self
        background = self.background
        if shown := declared.get("background-color") or declared.get("background") or declared.get("background-image"):
            background = _colour(shown, self.background)
        colour = _colour(declared["color"], None) if "color" in declared else self.colour
        is_small = bool(_NOTHING.match(declared["font-size"])) if "font-size" in declared else self.is_small
        return Look(self.hid or _hides(declared), colour, background, is_small)


def _hides(declared: Declared) -> bool:
    if declared.get("display") == "none" or declared.get("visibility") in ("hidden", "collapse") or "mso-hide" in declared:
        return True
    if _NOTHING.match(declared.get("opacity", "1")) or _AWAY.match(declared.get("text-indent", "")):
        return True
    is_cut = declared.get("overflow", "").startswith("hidden")
    if is_cut and any(_NOTHING.match(declared.get(one, "1")) for one in ("max-height", "height", "max-width", "width")):
        return True
    is_placed = declared.get("position") in ("absolute", "fixed")
    return is_placed and any(_AWAY.match(declared.get(one, "")) for one in ("left", "top", "right"))


def _is_same(colour: Colour | None, background: Colour | None) -> bool:
    """Whether letters of this colour cannot be told from what they stand on."""
    if colour is None or background is None:
        return False
    return all(abs(one - other) <= _NEAR for one, other in zip(colour, background, strict=True))


def _colour(value: str, around: Colour | None) -> Colour | None:
    """A colour as numbers; `around` for what shows it through, None for what only a browser could tell."""
    name = value.split(maxsplit=1)[0] if value.split() and not value.startswith("rgb") else value
    if name in ("transparent", "inherit", "none", "initial", "unset"):
        return around
    if name in _WORDS:
        return _WORDS[name]
    short = _SHORT.match(name)
    name = "#" + "".join(sign * 2 for sign in short.groups()) if short else name
    if re.fullmatch(r"#[0-9a-f]{6}(?:[0-9a-f]{2})?", name):
        return int(name[1:3], 16), int(name[3:5], 16), int(name[5:7], 16)
    numbers = _NUMBERS.match(value)
    parts = [int(float(part)) for part in re.findall(r"\d{1,3}(?:\.\d{1,4})?", numbers[1])[:3]] if numbers else []
    return (parts[0], parts[1], parts[2]) if len(parts) == 3 else None


class StyleSheet:
    """Rules of a mail's own style sheets with simple selectors; those for some screens only (@media) are nobody's."""

    def __init__(self) -> None:
        self._rules: dict[str, Declared] = {}

    def add(self, text: str) -> None:
        """Take up one sheet."""
        text = re.sub(r"<!--|-->", "", _without_comments(text[:_LONGEST_SHEET]))
        depth, at, selector = 0, 0, ""
        for brace in re.finditer(r"[{}]", text):
            if len(self._rules) > _MOST_RULES:
                return
            between = text[at : brace.start()]
            if brace[0] == "{":
                depth += 1
                selector = between if depth == 1 else ""
            else:
                if depth == 1 and not selector.strip().startswith("@"):
                    self._keep(selector, between)
                depth = max(depth - 1, 0)
            at = brace.end()

    def _keep(self, selectors: str, body: str) -> None:
        declared = _declarations(body)
        for one in selectors[:2000].lower().split(",") if declared else ():
            if _SELECTOR.match(one.strip()) and one.strip():
                self._rules.setdefault(one.strip(), {}).update(declared)

    def declared(self, tag: Tag) -> Declared:
        """Everything that is declared for a tag, its own attributes last."""
        given = tag.attributes
        found: Declared = {}
        if self._rules:
            for key in _selectors(tag):
                found.update(self._rules.get(key, {}))
        if "background" in given:
            found["background"] = "url()"
        if "bgcolor" in given:
            found["background-color"] = given["bgcolor"].strip().lower()
        if tag.name == "font" and "color" in given:
            found["color"] = given["color"].strip().lower()
        if "hidden" in given:
            found["display"] = "none"
        if "style" in given:
            found.update(_declarations(given["style"]))
        return found


def _without_comments(text: str) -> str:
    pieces = text.split("/*")
    return pieces[0] + "".join(piece.partition("*/")[2] for piece in pieces[1:])


def _selectors(tag: Tag) -> list[str]:
    classes = tag.attributes.get("class", "").lower().split()[:20]
    marks = [f".{one}" for one in classes] + [f"#{one}" for one in (tag.attributes.get("id", "").lower(),) if one]
    return [tag.name, *marks, *(f"{tag.name}{mark}" for mark in marks)]


_READ = frozenset(
    [
        "display",
        "visibility",
        "opacity",
        "font-size",
        "color",
        "background",
        "background-color",
        "background-image",
        "mso-hide",
        "text-indent",
        "overflow",
        "position",
        "left",
        "right",
        "top",
        "height",
        "max-height",
        "width",
        "max-width",
    ]
)


def _declarations(body: str) -> Declared:
    found: Declared = {}
    for one in body[:5000].lower().split(";"):
        name, _, value = one.partition(":")
        if name.strip() in _READ and value.strip():
            found[name.strip()] = value.replace("!important", "").strip()
    if found.get("mso-hide") != "all":
        found.pop("mso-hide", None)
    return found
