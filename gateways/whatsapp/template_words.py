"""A template's variables: which there are, what it says with them, and how WhatsApp wants to be given them. Pure."""

import re
from collections.abc import Mapping
from typing import Any

# {{1}} or {{name}}; what is longer is no variable.
_PLACE = re.compile(r"\{\{\s*([A-Za-z0-9_]{1,60})\s*\}\}")
LONGEST_VALUE = 1024


def variables_in(text: str) -> list[str]:
    """The names of the variables of `text`, each once, in order."""
    return list(dict.fromkeys(_PLACE.findall(text)))


def filled(text: str, variables: Mapping[str, str], prefix: str = "") -> str:
    """What `text` says with these variables; one that is missing stays as it is."""
    return _PLACE.sub(lambda found: str(variables.get(prefix + found[1], found[0])), text)


def components(variables: Mapping[str, str]) -> list[dict[str, Any]]:
    """As the API takes them. Named "1" or "name" for the body, "header.1" for the header, "button.0" for what the first button's
    address ends with.
    """
    body, header, buttons = [], [], []
    for name, value in variables.items():
        place, _, rest = name.partition(".")
        if place == "header" and rest:
            header.append(_parameter(rest, value))
        elif place == "button" and rest.isdigit():
            given = [_parameter("1", value)]
            buttons.append({"type": "button", "sub_type": "url", "index": rest, "parameters": given})
        else:
            body.append(_parameter(name, value))
    found: list[dict[str, Any]] = [{"type": "header", "parameters": header}] if header else []
    return [*found, *([{"type": "body", "parameters": body}] if body else []), *buttons]


def _parameter(name: str, value: str) -> dict[str, Any]:
    # Line breaks, tabs and runs of spaces are refused in a variable.
    text = " ".join(str(value).split())[:LONGEST_VALUE]
    named = {} if name.isdigit() else {"parameter_name": name}
    return {"type": "text", "text": text, **named}
