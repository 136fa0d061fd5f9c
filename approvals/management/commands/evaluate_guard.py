"""manage.py evaluate_guard --messages FILE --out FILE"""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from approvals.management.commands.evaluate_answers import read_lines
from replies.compose import look
from replies.types import Thread, Turn


class Command(BaseCommand):
    help = "Judge messages by the guards alone: must a person see it, how urgent, which mood, is it an attack."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--messages", type=Path, required=True, metavar="FILE", help="JSONL with id and text")
        parser.add_argument("--out", type=Path, required=True, metavar="FILE")

    def handle(self, *args: Any, **options: Any) -> None:
        messages = read_lines(options["messages"])
        with options["out"].open("w", encoding="utf-8") as out:
            for message in messages:
                out.write(json.dumps(_line(message), ensure_ascii=False) + "\n")


def _line(message: dict[str, Any]) -> dict[str, Any]:
    """The guards cannot allow an answer, they can only forbid one: without an answer `review` is the best there is."""
    seen = look(Thread(turns=(Turn("customer", str(message["text"])),), language="en"))
    return {
        "id": message["id"],
        "decision": "escalate" if seen.escalates else "review",
        "priority": seen.priority,
        "sentiment": seen.sentiment,
        "reasons": [rule.code for rule in seen.rules],
        "attack": seen.attack,
    }
