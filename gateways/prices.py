"""What a call costs: tokens times the prices in prices.json, which are dollars for a million tokens, asked and answered."""

import json
import logging
import math
import re
from functools import cache
from pathlib import Path

from gateways.types import Spent

logger = logging.getLogger(__name__)

TABLE = Path(__file__).parent / "prices.json"
# No call of ours comes near; a count beyond it is nonsense from the other side.
MOST_TOKENS = 10_000_000
_EDITION = re.compile(r"-(?:\d{4}-\d{2}-\d{2}|\d{8}|latest)$")


def spent(model: str, tokens_in: object, tokens_out: object) -> Spent:
    """What that many tokens of that model cost. A dollar for a million tokens is a millionth of a dollar for one."""
    asked, answered = _count(tokens_in), _count(tokens_out)
    price = _price(model)
    if price is None:
        return Spent(asked, answered, is_priced=False)
    return Spent(asked, answered, math.ceil(asked * price[0] + answered * price[1]))


@cache
def _price(model: str) -> tuple[float, float] | None:
    """The price of a model, by its name without the date of its edition."""
    table = json.loads(TABLE.read_text(encoding="utf-8"))["models"]
    found = table.get(model) or table.get(_EDITION.sub("", model))
    if found is None:
        logger.warning("a model without a price: its money is not counted", extra={"facts": {"model": model}})
        return None
    return float(found[0]), float(found[1])


def _count(tokens: object) -> int:
    """A number of tokens as the other side gives it; 0 for what cannot be one."""
    return tokens if type(tokens) is int and 0 <= tokens <= MOST_TOKENS else 0
