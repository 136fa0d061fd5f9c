"""manage.py evaluate_answers --kb DIR --questions FILE --out FILE [--review-log FILE] [--provider ...] [--threshold 0.8]"""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from approvals.earning import Tally
from approvals.evaluation import Outcome, answer, throw_away_base
from approvals.policy import FLOOR, is_above
from gateways.choose import PROVIDERS, llm
from knowledge.memory import Reviewed
from knowledge.sources import SourceArticle, Unreadable, read


class Command(BaseCommand):
    help = "Answer questions from a folder of articles by the production code; nothing is sent and nothing is kept."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--kb", type=Path, required=True, metavar="DIR", help="folder with articles.jsonl")
        parser.add_argument("--questions", type=Path, required=True, metavar="FILE", help="JSONL with id and text")
        parser.add_argument("--out", type=Path, required=True, metavar="FILE")
        parser.add_argument(
            "--review-log",
            type=Path,
            metavar="FILE",
            help="JSONL of past decisions to learn from; lines with a confidence also count for their topic",
        )
        parser.add_argument("--provider", choices=PROVIDERS, default="offline")
        parser.add_argument("--threshold", type=float, default=0.8)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            model = llm(options["provider"])
        except ValueError as error:
            raise CommandError(str(error)) from error
        questions = read_lines(options["questions"])
        log = read_lines(options["review_log"]) if options["review_log"] else []
        articles = self._articles(options["kb"] / "articles.jsonl")
        past = ([_decision(one) for one in log], tallies(log, articles))
        with options["out"].open("w", encoding="utf-8") as out, throw_away_base(articles, *past) as base:
            for question in questions:
                outcome = answer(str(question["text"]), base, model, options["threshold"])
                out.write(json.dumps(_line(question["id"], outcome), ensure_ascii=False) + "\n")

    def _articles(self, path: Path) -> list[SourceArticle]:
        found = []
        try:
            for one in read(path, path.parent):
                if isinstance(one, Unreadable):
                    self.stderr.write(f"skipped {path}: {one}")
                else:
                    found.append(one)
        except Unreadable as error:
            raise CommandError(f"{path}: {error}") from error
        return found


def read_lines(path: Path) -> list[dict[str, Any]]:
    """The objects of a JSONL file. Raises CommandError naming the line that is none."""
    found = []
    try:
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            if line.strip():
                found.append(_object(line, f"{path}:{number}"))
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{path}: {error}") from error
    return found


def _object(line: str, place: str) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except ValueError as error:
        raise CommandError(f"{place}: not JSON") from error
    if not isinstance(found, dict) or "text" not in found:
        raise CommandError(f"{place}: no object with a text")
    return found


def _decision(line: dict[str, Any]) -> Reviewed:
    return Reviewed(line["text"], line["outcome"], line.get("proposed_article"), line.get("final_article"))


def tallies(log: list[dict[str, Any]], articles: list[SourceArticle]) -> dict[str, Tally]:
    """What the log says about each topic: only of drafts that are known to have been sure, as the product counts them."""
    topic = {one.external_id: one.category or one.external_id for one in articles}
    found: dict[str, Tally] = {}
    for line in log:
        name = topic.get(str(line.get("proposed_article")))
        if name is not None and is_above(line.get("confidence"), FLOOR):
            before, failed = found.get(name, Tally()), line["outcome"] == "rejected"
            found[name] = Tally(before.approved + (not failed), before.failed + failed)
    return found


def _line(question_id: Any, outcome: Outcome) -> dict[str, Any]:
    reply = outcome.reply
    return {
        "id": question_id,
        "articles": list(reply.articles),
        # Where nothing is answered, nothing is right to send.
        "confidence": reply.confidence if reply.text else 0.0,
        "decision": outcome.decision,
        "answer": reply.text,
        "citations": list(reply.citations),
        "reasons": [one.as_dict() for one in (*reply.reasons, *reply.rules, *reply.failed_checks)],
        "latency_ms": round(outcome.latency_ms, 2),
    }
