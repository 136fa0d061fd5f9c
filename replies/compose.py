"""From a thread to a reply: look, think, check, weigh. Pure: what needs the database or the network is passed in.

The order matters. Rules see the raw message; secrets are taken out before any language model reads it; the answer rests on
numbered passages; every check can only lower what happens to the reply.
"""

import time
from dataclasses import dataclass
from typing import Protocol

from gateways.errors import GatewayError
from gateways.types import Completion, LanguageModel, NumberedPassage, Prompt
from knowledge.findings import Findings
from replies import confidence, guard
from replies.confidence import Calibrators
from replies.features import features
from replies.prompts import prompt_text
from replies.skills import adapt, escalate, identify, retrieve, sentiment
from replies.types import Evidence, Reply, Rule, Thread

PROMPT = "grounded-answer.v1"
MIN_SECONDS = 0.2


class Search(Protocol):
    def __call__(self, question: str, limit: int = 5) -> Findings: ...


@dataclass(frozen=True)
class Seen:
    """What the skills saw in the message before anything was answered."""

    language: str
    sentiment: str
    rules: tuple[Rule, ...]
    priority: str
    attack: bool
    identifiers: dict[str, list[str]]

    @property
    def escalates(self) -> bool:
        return any(rule.escalates for rule in self.rules)


def compose(thread: Thread, *, search: Search, llm: LanguageModel | None, calibrator: Calibrators, deadline: float) -> Reply:
    """Compose a reply before `deadline` (a reading of time.monotonic).

    `llm` None means that no provider can answer now: the reply is held. An error of the provider is a rule that holds;
    anything else that goes wrong is raised, and whoever called holds the conversation for a person.
    """
    seen = look(thread)
    findings = search(retrieve.query(thread), limit=retrieve.ARTICLES)
    evidence = retrieve.evidence(findings)
    completion, failure = _ask(thread, seen, evidence, llm, deadline)
    rules = seen.rules + failure
    if completion is None or not completion.answered:
        rules += () if failure else (Rule("no_answer", "Nothing in the knowledge base answers this"),)
        return _unanswered(seen, rules, findings, evidence)
    return _weighed(thread, seen, rules, findings, evidence, completion, calibrator)


def look(thread: Thread) -> Seen:
    """What the message says about itself: language, mood, identifiers, rules that call for a person, attacks."""
    text = thread.question
    language = identify.language(text, thread.language)
    attack = guard.attack(text)
    mood = sentiment.sentiment(text)
    found = escalate.rules(thread, mood) + ((guard.ATTACK,) if attack else ())
    if identify.is_unsupported(language):
        found += (Rule("language", "No calibration for this language yet"),)
    return Seen(language, mood, found, escalate.priority(found), attack, identify.identifiers(text))


def _ask(
    thread: Thread, seen: Seen, evidence: tuple[Evidence, ...], llm: LanguageModel | None, deadline: float
) -> tuple[Completion | None, tuple[Rule, ...]]:
    if not evidence:
        return None, ()
    if llm is None:
        return None, (Rule("provider", "No language model can be reached"),)
    if deadline - time.monotonic() < MIN_SECONDS:
        return None, (Rule("late", "The assistant took too long"),)
    try:
        return llm.complete(_prompt(thread, seen, evidence), deadline), ()
    except GatewayError as error:
        return None, (Rule("provider", f"The language model failed: {error}"[:160]),)


def _prompt(thread: Thread, seen: Seen, evidence: tuple[Evidence, ...]) -> Prompt:
    passages = tuple(NumberedPassage(one.number, one.title, one.quote, one.language, one.score) for one in evidence)
    history = tuple((turn.author, guard.redact(turn.text)) for turn in thread.turns[:-1][-6:])
    return Prompt(
        name=PROMPT, system=prompt_text(PROMPT), question=guard.redact(thread.question), passages=passages,
        language=seen.language, tone=adapt.tone(thread.channel), history=history,
    )  # fmt: skip


def _weighed(
    thread: Thread, seen: Seen, rules: tuple[Rule, ...], findings: Findings, evidence: tuple[Evidence, ...],
    completion: Completion, calibrators: Calibrators,
) -> Reply:  # fmt: skip
    sentences = guard.supported(completion, evidence)
    checks = guard.checks(sentences, evidence, thread.question)
    calibrator = calibrators.choose(completion.model)
    weighed = confidence.weigh(features(findings, sentences, evidence), calibrator)
    text = adapt.written(sentences, thread, seen.language)
    return Reply(
        text=text, confidence=weighed.probability, raw_score=weighed.raw, reasons=weighed.reasons,
        rules=rules, checks=checks,
        evidence=evidence, sentences=sentences, articles=tuple(hit.external_id for hit in findings.hits),
        language=seen.language, sentiment=seen.sentiment, priority=seen.priority,
        escalates=seen.escalates, wants_person=any(rule.code == "wants_person" for rule in rules), attack=seen.attack,
        identifiers=seen.identifiers, answer_model=completion.model, calibration=weighed.calibration, prompt=PROMPT,
        line=weighed.line,
    )  # fmt: skip


def _unanswered(seen: Seen, rules: tuple[Rule, ...], findings: Findings, evidence: tuple[Evidence, ...]) -> Reply:
    return Reply(
        rules=rules, evidence=evidence,
        articles=tuple(hit.external_id for hit in findings.hits), language=seen.language, sentiment=seen.sentiment,
        priority=seen.priority, escalates=seen.escalates,
        wants_person=any(rule.code == "wants_person" for rule in rules), attack=seen.attack,
        identifiers=seen.identifiers, prompt=PROMPT,
    )  # fmt: skip
