"""What a base learns from decisions made on the real review path, and what it forgets when an article goes.

    python bench/learning_curve.py --kb ../shared/data/kb_bank --decide ../shared/data/kb_bank/questions_train.jsonl \
        --measure ../shared/data/kb_bank/questions_dev.jsonl [--steps 0,50,200,800] [--sample 500]

An instance of its own, a new base that has to earn everything. Questions arrive by a door, the assistant drafts, a reviewer who
knows the gold answers approves, edits or rejects through approvals.review, automatic replies are audited, and every job runs as it
would. After each step the same sample of other questions is asked as the evaluation asks them. With `--decide` and `--measure` the same
file, the questions are parted and none is used twice.
"""

import argparse
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import uuid
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "contactcenter.settings")

from contactcenter.instance import borrowed  # noqa: E402

INSIDE = "LEARNING_CURVE_INSIDE"


def main() -> int:
    if os.environ.get(INSIDE):
        return measure(_given())
    with tempfile.TemporaryDirectory(prefix="cc-curve-") as folder, borrowed(Path(folder), os.environ) as settings:
        settings = settings | {INSIDE: "1", "LOG_LEVEL": "ERROR"}
        subprocess.run([sys.executable, str(ROOT / "manage.py"), "prepare_database", "-v", "0"], env=settings, check=True)
        return subprocess.run([sys.executable, *sys.argv], env=settings, check=False).returncode


def _given() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kb", type=Path, required=True)
    parser.add_argument("--decide", type=Path, required=True)
    parser.add_argument("--measure", type=Path, required=True)
    parser.add_argument("--steps", default="0,50,200,800")
    parser.add_argument("--sample", type=int, default=500)
    return parser.parse_args()


if os.environ.get(INSIDE):
    import django

    django.setup()

    from celery import current_app
    from django.db import connections

    from accounts.models import Membership, Team, User
    from approvals import audits, calibration, refitting, review, topics
    from approvals.evaluation import answer
    from approvals.models import Audit, Draft, Label, TopicStanding
    from approvals.policy import FLOOR
    from conversations.models import Inbox, InboxTeam
    from core import jobs
    from core.context import Actor, acting_as
    from core.jobs import enqueue
    from gateways.local_llm import MODEL, LocalModel
    from gateways.types import InboundMessage
    from intake.accept import accept
    from knowledge.importing import import_articles
    from knowledge.indexing import index_articles
    from knowledge.models import Article, KnowledgeBase, ReviewMemory
    from knowledge.sources import SourceArticle

    SYSTEM = Actor.system("bench")
    LLM = LocalModel()


@dataclass
class World:
    """The instance: one base, one inbox, one reviewer who knows what is right."""

    base: int
    inbox: Any
    reviewer: Any
    lot: random.Random = field(default_factory=lambda: random.Random(11))
    arrived: int = 0


def measure(given: argparse.Namespace) -> int:
    articles, decide, asked = (_lines(path) for path in (given.kb / "articles.jsonl", given.decide, given.measure))
    lot = random.Random(5)
    decide = lot.sample(
        [one for one in decide if not one.get("suspect")], len([one for one in decide if not one.get("suspect")])
    )
    asked = lot.sample([one for one in asked if not one.get("suspect")], len([one for one in asked if not one.get("suspect")]))
    sample = asked[: given.sample]
    if given.decide == given.measure:
        kept = {one["id"] for one in sample}
        decide = [one for one in decide if one["id"] not in kept]
    world = _build(articles)
    print(
        "| decisions | labels | ECE | right above .80 | answerable above .80 | right above the line | answerable above the line | sent by itself | wrong of it | topics open | right article first | memories | calibrator |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|---|---|---|")
    for step in map(int, given.steps.split(",")):
        while world.arrived < step:
            _decide_one(world, decide[world.arrived])
        _by_the_timetable(world)
        print(_row(step, world, _asked(world, sample)), flush=True)
    _forget_one(world, sample, asked)
    return 0


def _build(articles: list[Any]) -> World:
    current_app.loader.import_default_modules()
    reviewer = User(email="ana@bench.example", name="Ana", role=User.Role.AGENT, password="!")
    reviewer.save(using="owner")
    team = Team.objects.using("owner").create(name="Bank")
    Membership.objects.using("owner").create(user=reviewer, team=team)
    with acting_as(SYSTEM):
        base = KnowledgeBase.objects.create(name="Bank", slug="bank")
        import_articles(base, [SourceArticle(a["id"], a["title"], a["body"], a.get("category", "")) for a in articles])
    inbox = Inbox.objects.using("owner").create(
        name="Web", slug="web", channel="web", knowledge_base_id=base.pk, undo_seconds=0
    )
    InboxTeam.objects.using("owner").create(inbox=inbox, team=team)
    return World(base.pk, inbox, User.objects.using("owner").get(pk=reviewer.pk))


# ------------------------------------------------------------------------------------------------------------ deciding
def _decide_one(world: World, question: dict[str, Any]) -> None:
    """One question arrives, and somebody decides about the draft or audits what went out."""
    world.arrived += 1
    inbound = InboundMessage(text=question["text"], sender_email=f"c{world.arrived}@bench.example")
    accepted = accept(world.inbox, inbound, provider_id=uuid.uuid4().hex, payload=question["text"].encode())
    _work()
    with acting_as(Actor.of(world.reviewer)):
        draft = Draft.objects.get(in_reply_to=accepted.message)
        if draft.state == Draft.State.IN_REVIEW:
            _review(world, draft, question)
        waiting = Audit.objects.filter(draft=draft, state=Audit.State.WAITING).first()
        if waiting is not None:
            audits.answer(waiting, by=world.reviewer, is_right=_is_right(question, _cited(draft), draft.text))
    _work()


def _review(world: World, draft: Any, question: dict[str, Any]) -> None:
    who: dict[str, Any] = {"by": world.reviewer, "version": draft.version, "request_key": uuid.uuid4()}
    if draft.text and _is_right(question, _cited(draft), draft.text):
        is_edited = world.lot.random() < 0.2
        review.approve(draft, text=f"Hello. {draft.text}" if is_edited else None, **who)
    elif question["answerable"]:
        review.reject(draft, reason="wrong_article", article=question["article_ids"][0], **who)
    else:
        review.reject(draft, reason="missing_fact", **who)


def _is_right(question: dict[str, Any], cited: str, text: str) -> bool:
    found = question["answerable"] and cited in question["article_ids"]
    return bool(found) and all(re.search(one, text, re.IGNORECASE) for one in question.get("must_include") or ())


def _cited(draft: Any) -> str:
    pieces = {piece["number"]: piece["article"] for piece in draft.evidence}
    return next((pieces[number] for sentence in draft.sentences for number in sentence["citations"]), "")


def _work() -> None:
    while due := jobs.due():
        for job in due:
            jobs.run(job.id)


def _by_the_timetable(world: World) -> None:
    """Fit anew, and let the hour of the trial pass."""
    with acting_as(SYSTEM):
        enqueue(refitting.refit, ref=world.base, scope=None)
    _work()
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "UPDATE core_job SET run_at = now(), dispatched_at = NULL WHERE kind LIKE %s AND state = 'ready'", ["%end_trial"]
        )
    _work()


# ----------------------------------------------------------------------------------------------------------- measuring
@dataclass(frozen=True)
class Asked:
    """What became of one question of the sample."""

    confidence: float
    line: float
    right: bool
    answerable: bool
    first: bool
    sent: bool
    article: str


def _asked(world: World, sample: list[Any]) -> list[Asked]:
    return [_ask(world, one) for one in sample]


def _ask(world: World, question: dict[str, Any]) -> Asked:
    outcome = answer(question["text"], world.base, LLM, FLOOR)
    reply = outcome.reply
    first = reply.articles[0] if reply.articles else ""
    cited = reply.citations[0] if reply.citations else ""
    return Asked(
        reply.confidence or 0.0, max(FLOOR, reply.line), _is_right(question, cited, reply.text), question["answerable"],
        first in question["article_ids"], outcome.decision == "auto", first,
    )  # fmt: skip


def _row(step: int, world: World, found: list[Asked]) -> str:
    answerable = [one for one in found if one.answerable]
    sure = [one for one in found if one.confidence > FLOOR]
    above = [one for one in found if one.confidence > one.line]
    sent = [one for one in found if one.sent]
    with acting_as(SYSTEM):
        names = set(Article.objects.filter(base=world.base).values_list("category", flat=True))
        spoke = calibration.for_base(world.base).choose(MODEL)
        is_open = sum(topics.reach(world.base, name, MODEL, spoke.name if spoke else "").allowed for name in names)
        labels = Label.objects.filter(base=world.base).count()
        memories = ReviewMemory.objects.filter(base=world.base).count()
    cells = [
        step, labels, f"{_ece(found):.3f}", _share(sure), f"{sum(o.right for o in sure) / len(answerable):.3f}",
        _share(above), f"{sum(o.right for o in above) / len(answerable):.3f}", f"{len(sent) / len(found):.3f}",
        sum(not one.right for one in sent), f"{is_open} of {len(names)}",
        f"{sum(one.first for one in answerable) / len(answerable):.3f}", memories,
        f"{spoke.name if spoke else 'none'}, line {spoke.line if spoke else 1:.3f}",
    ]  # fmt: skip
    return "| " + " | ".join(map(str, cells)) + " |"


def _share(some: list[Asked]) -> str:
    return f"{sum(one.right for one in some) / len(some):.3f}" if some else "none"


def _ece(found: list[Asked]) -> float:
    bins: dict[int, list[Asked]] = {}
    for one in found:
        bins.setdefault(min(int(one.confidence * 15), 14), []).append(one)
    return sum(abs(sum(o.confidence - o.right for o in part)) for part in bins.values()) / len(found)


# ---------------------------------------------------------------------------------------------------------- forgetting
def _forget_one(world: World, sample: list[Any], asked: list[Any]) -> None:
    """The article that answers most of the questions is taken away."""
    with acting_as(SYSTEM):
        remembered = Counter(ReviewMemory.objects.filter(base=world.base).values_list("article__external_id", flat=True))
    alone = Counter(one["article_ids"][0] for one in asked if one["answerable"] and len(one["article_ids"]) == 1)
    gone = max(alone, key=lambda name: (remembered[name] > 5) * alone[name])
    about = [one for one in asked if one["article_ids"] == [gone]]
    others = [one for one in sample if gone not in one["article_ids"]][:100]
    print(f"\nAfter {gone} is archived ({len(about)} questions only it answers, {len(others)} others):\n")
    print(
        "| | its questions: mean confidence | above .80 | sent by itself | found it first | others: mean confidence | its topic, approved and failed |"
    )
    print("|---|---|---|---|---|---|---|")
    print(_forgotten("before", world, gone, about, others), flush=True)
    with acting_as(SYSTEM):
        rows = Article.objects.filter(base=world.base, external_id=gone)
        rows.update(state=Article.State.ARCHIVED)
        index_articles(rows)
        topics.recount(world.base)
    print(_forgotten("after", world, gone, about, others))


def _forgotten(when: str, world: World, gone: str, about: list[Any], others: list[Any]) -> str:
    mine, rest = _asked(world, about), _asked(world, others)
    with acting_as(SYSTEM):
        category = Article.objects.get(base=world.base, external_id=gone).category
        row = TopicStanding.objects.filter(base=world.base, topic=category).first()
    cells = [
        when, f"{sum(o.confidence for o in mine) / len(mine):.3f}", f"{sum(o.confidence > FLOOR for o in mine) / len(mine):.3f}",
        f"{sum(o.sent for o in mine) / len(mine):.3f}", f"{sum(o.article == gone for o in mine) / len(mine):.3f}",
        f"{sum(o.confidence for o in rest) / len(rest):.3f}",
        f"{category}: {row.approved:.1f}, {row.failed:.1f}" if row else "none",
    ]  # fmt: skip
    return "| " + " | ".join(cells) + " |"


def _lines(path: Path) -> list[Any]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


if __name__ == "__main__":
    sys.exit(main())
