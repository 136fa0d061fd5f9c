"""A base fits its own calibrator to what people decided, and only a better one takes over."""

import math
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from approvals import calibration, fitting, refitting, restoring
from approvals.fitting import Correction, Example, Figures
from approvals.models import Calibration, Draft, Label
from core.context import acting_as
from core.models import AuditEvent
from gateways.local_llm import MODEL
from replies.confidence import Calibrator, percent, weigh
from tests import build
from tests.cast import SYSTEM, Cast
from tests.house.world import owner_sql

COLD = calibration.foundation(MODEL, is_warm=False).document  # type: ignore[union-attr]
WARM = calibration.foundation(MODEL, is_warm=True).document  # type: ignore[union-attr]


def seen(lot: random.Random, document: dict[str, Any] = COLD) -> dict[str, float]:
    """Features as the calibrator has met them, and a little beyond."""
    linear = document["linear"]
    pairs = zip(document["features"], linear["mean"], linear["scale"], strict=True)
    found = {name: lot.gauss(mean, 1.2 * scale) for name, mean, scale in pairs}
    return found | {name: found.get(name, at["mean"]) for name, at in document["surroundings"].items()}


def examples(
    count: int, scale: float = 1.0, shift: float = 0.0, seed: int = 1, document: dict[str, Any] = COLD
) -> list[Example]:
    """Labels of a world in which the log-odds are `scale` times what the calibrator says, plus `shift`."""
    lot = random.Random(seed)
    features = [seen(lot, document) for _ in range(count)]
    truth = fitting.corrected(document, Correction(scale, shift))
    chances = [(Calibrator(truth) and weigh(one, Calibrator(truth)).probability) or 0.5 for one in features]
    return [
        Example(one, float(lot.random() < chance), 1.0, number)
        for number, (one, chance) in enumerate(zip(features, chances, strict=True))
    ]


# ------------------------------------------------------------------------------------------------------- the correction
def test_without_labels_nothing_is_corrected_and_few_change_little() -> None:
    few = fitting.fit(COLD, examples(5, shift=-3.0))
    many = fitting.fit(COLD, examples(390, shift=-3.0))
    assert abs(few.shift) < 0.5 < 1.5 < -many.shift
    assert many.weights == ()


@pytest.mark.parametrize(("scale", "shift"), [(1.0, 0.0), (1.0, -1.5), (0.5, 0.0), (1.6, 0.8)])
def test_what_is_off_in_the_world_is_found(scale: float, shift: float) -> None:
    found = fitting.fit(COLD, examples(399, scale, shift, seed=4))
    assert found.scale == pytest.approx(scale, abs=0.35) and found.shift == pytest.approx(shift, abs=0.45)


def test_from_four_hundred_labels_on_a_few_features_have_a_say_of_their_own() -> None:
    names = [name for name, _ in fitting.fit(COLD, examples(400)).weights]
    assert names and set(names) <= set(fitting.FEATURES)


@given(st.floats(0.25, 4), st.floats(-4, 4), st.floats(-1, 1), st.integers(0, 10_000))
@settings(max_examples=60, deadline=None)
def test_the_correction_is_in_the_numbers_so_the_reasons_still_add_up(
    scale: float, shift: float, more: float, seed: int
) -> None:
    own = fitting.corrected(COLD, Correction(scale, shift, (("match", more),)))
    features = seen(random.Random(seed))
    weighed = weigh(features, Calibrator(own))
    assert weighed.probability is not None
    assert sum(reason.points for reason in weighed.reasons) == percent(weighed.probability)
    plain = Calibrator(COLD)
    start, shares = plain.contributions(features)
    odds = start + sum(share for group, share in shares.items() if group != "strange")
    place = COLD["features"].index("match")
    scaled = (features["match"] - COLD["linear"]["mean"][place]) / COLD["linear"]["scale"][place]
    wanted = odds * scale + shift + more * scaled
    start, shares = Calibrator(own).contributions(features)
    assert start + sum(share for group, share in shares.items() if group != "strange") == pytest.approx(wanted, abs=1e-6)


def test_weighted_labels_count_for_no_more_than_they_are_worth() -> None:
    rows = examples(200, shift=-2.0)
    heavy = [Example(one.features, one.value, 20.0, one.group) for one in rows]
    assert fitting.fit(COLD, heavy).shift == pytest.approx(fitting.fit(COLD, rows).shift, abs=1e-6)
    one_loud = [*rows[:-1], Example(rows[-1].features, 1.0, 100.0, 0)]
    assert abs(fitting.fit(COLD, one_loud).shift) < abs(fitting.fit(COLD, rows).shift)


def test_out_of_fold_claims_never_saw_their_own_group() -> None:
    rows = examples(100)
    same = [Example(one.features, one.value, 1.0, 3) for one in rows]
    assert fitting.out_of_fold(COLD, same) == [0.5] * 100
    assert fitting.out_of_fold(COLD, rows) != fitting.claims(COLD, rows)


def test_a_correction_holds_its_claims_better_where_the_shipped_one_is_off() -> None:
    off, honest = examples(600, shift=-1.5, seed=2), examples(600, seed=3)
    assert fitting.figures(fitting.out_of_fold(COLD, off), off).is_no_worse_than(
        fitting.figures(fitting.claims(COLD, off), off)
    )
    shipped = fitting.figures(fitting.claims(COLD, honest), honest)
    assert fitting.figures(fitting.out_of_fold(COLD, honest), honest).brier == pytest.approx(shipped.brier, abs=0.01)


def test_no_worse_means_neither_in_error_nor_in_brier() -> None:
    base = Figures(0.05, 0.1)
    assert base.is_no_worse_than(base) and Figures(0.04, 0.1).is_no_worse_than(base)
    assert not Figures(0.04, 0.11).is_no_worse_than(base) and not Figures(0.06, 0.09).is_no_worse_than(base)


# -------------------------------------------------------------------------------------------------------------- the line
def band(claims: list[tuple[float, float]], weight: float = 1.0) -> tuple[list[float], list[Example]]:
    return [claim for claim, _ in claims], [Example({}, value, weight, 0) for _, value in claims]


def test_the_line_is_the_least_above_which_hardly_any_were_wrong() -> None:
    good = [(0.9, 1.0)] * 100
    assert fitting.line(*band(good), 0.85) == fitting.Line(0.80, True)
    bad_below = good + [(0.84, 0.0)] * 20
    assert fitting.line(*band(bad_below), 0.85) == fitting.Line(0.84, True)


def test_few_labels_in_the_band_prove_nothing_and_the_shipped_line_stands() -> None:
    assert fitting.line(*band([(0.9, 1.0)] * 58), 0.85) == fitting.Line(0.85, False)
    assert fitting.line(*band([(0.9, 1.0)] * 59), 0.85) == fitting.Line(0.80, True)
    assert fitting.line([], [], 0.85) == fitting.Line(0.85, False)
    assert fitting.line([], [], 0.0).value == 0.80


def test_where_the_shipped_line_is_proven_wrong_nothing_goes_out() -> None:
    assert fitting.line(*band([(0.9, 1.0)] * 80 + [(0.9, 0.0)] * 20), 0.85) == fitting.Line(fitting.NEVER, False)
    assert fitting.line(*band([(0.9, 1.0)] * 95 + [(0.9, 0.0)] * 5), 0.85) == fitting.Line(0.85, False)


def test_only_the_newest_thousand_count_and_weights_count_for_what_they_are_worth() -> None:
    assert fitting.line(*band([(0.9, 0.0)] * 500 + [(0.9, 1.0)] * 1000), 0.85).is_proven
    claims, rows = band([(0.9, 1.0)] * 70)
    assert fitting.line(claims, rows, 0.85).is_proven
    rows = [Example({}, 1.0, 20.0 if number < 5 else 1.0, 0) for number in range(70)]
    assert not fitting.line(claims, rows, 0.85).is_proven


# ---------------------------------------------------------------------------------------------------------- the database
@pytest.fixture
def draft(cast: Cast) -> Draft:
    accepted = build.arrives(cast.orders, "Hello there")
    owner_sql("UPDATE core_job SET state = 'done'")
    with acting_as(SYSTEM):
        return Draft.objects.create(
            conversation=accepted.conversation, inbox=cast.orders, in_reply_to=accepted.message, deadline="2030-01-01T00:00Z"
        )


def learned(cast: Cast, rows: list[Example], *, model: str = MODEL, is_warm: bool = False, source: str = "approve") -> None:
    """Labels of as many drafts, each of a conversation of its own."""
    owner_sql(
        """WITH matter AS (INSERT INTO conversations_conversation (inbox_id, customer_id, channel, state, version, priority, subject,
               preview, needs_person, assistant_paused, language, sentiment, draft_state, draft_label, created_at, changed_at,
               last_message_at)
             SELECT inbox_id, customer_id, channel, state, version, priority, subject, preview, needs_person, assistant_paused, language,
               sentiment, draft_state, draft_label, created_at, changed_at, last_message_at
               FROM conversations_conversation, generate_series(1, %s) WHERE id = (SELECT min(id) FROM conversations_conversation)
             RETURNING id, inbox_id, customer_id),
           message AS (INSERT INTO conversations_message (conversation_id, inbox_id, customer_id, direction, author, text, language,
               citations, provider_id, client_key, published_at, created_at)
             SELECT id, inbox_id, customer_id, 'in', 'customer', 'x', '', '[]', '', gen_random_uuid(), now(), now() FROM matter
             RETURNING id, conversation_id, inbox_id)
           INSERT INTO approvals_draft (conversation_id, inbox_id, in_reply_to_id, sentences, threshold, reasons, rules, checks,
             evidence, articles, language, sentiment, answer_model, calibration, prompt, policy, deadline)
           SELECT conversation_id, inbox_id, id, '[]', 0.8, '[]', '[]', '[]', '[]', '[]', '', '', '', '', '', '', now() FROM message""",
        len(rows),
    )  # fmt: skip
    with acting_as(SYSTEM):
        drafts = list(Draft.objects.order_by("-pk").values_list("pk", flat=True)[: len(rows)])
        Label.objects.bulk_create(
            Label(
                draft_id=pk, inbox=cast.orders, base=cast.base, answer_model=model, is_warm=is_warm, source=source,
                value=one.value, weight=one.weight, features=one.features, probability=0.9,
            )
            for pk, one in zip(reversed(drafts), rows, strict=True)
        )  # fmt: skip


def rows() -> list[Calibration]:
    return list(Calibration.objects.using("owner").order_by("pk"))


def states() -> list[tuple[int, str]]:
    return [(one.version, one.state) for one in rows()]


def speaking(cast: Cast, customer: int = 0, model: str = MODEL) -> Calibrator | None:
    with acting_as(SYSTEM, read_only=True):
        return calibration.for_base(cast.base.pk, customer).choose(model)


def end_trials() -> None:
    owner_sql("UPDATE core_job SET run_at = now(), dispatched_at = NULL WHERE kind LIKE '%%end_trial' AND state = 'ready'")
    build.run_jobs(early=False)


def test_a_better_one_is_tried_out_on_few_for_an_hour_and_then_speaks_to_all(cast: Cast, draft: Draft) -> None:
    learned(cast, examples(300, shift=-1.5))
    refitting.refit(cast.base.pk)
    build.run_jobs(early=False)
    [one] = rows()
    assert (one.state, one.labels, one.version) == ("canary", 300, 1)
    assert one.document["name"] == f"base-{cast.base.pk}-local-extract-v1@{one.digest[:8]}" == one.figures["name"]
    heard = [speaking(cast, customer).name for customer in range(1, 1001)]  # type: ignore[union-attr]
    assert 25 <= heard.count(one.document["name"]) <= 80
    assert heard == [speaking(cast, customer).name for customer in range(1, 1001)]  # type: ignore[union-attr]
    assert owner_sql("SELECT run_at > now() + interval '50 minutes' FROM core_job WHERE kind LIKE '%%end_trial'") == [(True,)]
    end_trials()
    assert states() == [(1, "active")] and rows()[0].activated_at is not None
    assert speaking(cast).name == one.document["name"]  # type: ignore[union-attr]
    events = AuditEvent.objects.using("owner").filter(event__startswith="calibration.").order_by("pk")
    assert [event.event for event in events] == ["calibration.fitted", "calibration.activated"]


def test_where_no_label_is_new_nothing_is_fitted(cast: Cast, draft: Draft) -> None:
    learned(cast, examples(300, shift=-1.5))
    for _ in range(3):
        refitting.refit(cast.base.pk)
        end_trials()
    assert states() == [(1, "active")]


def test_one_that_claims_worse_is_refused_and_only_the_line_is_found_anew(cast: Cast, draft: Draft) -> None:
    for seed in range(40):  # A world as the shipped one says it is: by luck alone a correction may still look better.
        honest = examples(300, seed=seed)
        blind = fitting.figures(fitting.out_of_fold(COLD, honest), honest)
        if not blind.is_no_worse_than(fitting.figures(fitting.claims(COLD, honest), honest)):
            break
    learned(cast, honest)
    refitting.refit(cast.base.pk)
    assert states() == [(1, "refused"), (2, "active")]
    refused, active = rows()
    assert active.document["platt"] == COLD["platt"] and refused.document["platt"] != COLD["platt"]
    assert active.document["line"] == active.figures["line"] and isinstance(active.figures["has_line"], bool)


def test_labels_that_come_during_the_trial_can_end_it(cast: Cast, draft: Draft) -> None:
    learned(cast, examples(300, shift=-1.5))
    refitting.refit(cast.base.pk)
    learned(cast, examples(60, shift=2.5, seed=9))
    end_trials()
    assert states() == [(1, "refused")]
    assert speaking(cast).name == "local-v1" or speaking(cast).document["platt"] == COLD["platt"]  # type: ignore[union-attr]


def test_a_next_version_replaces_the_one_before_which_can_be_restored(cast: Cast, draft: Draft) -> None:
    learned(cast, examples(300, shift=-1.5))
    refitting.refit(cast.base.pk)
    end_trials()
    learned(cast, examples(600, shift=-3.0, seed=8))
    refitting.refit(cast.base.pk)
    end_trials()
    assert (1, "retired") in states() and states()[-1][1] == "active"
    with acting_as(SYSTEM):
        restoring.restore(cast.base.pk)
    assert (1, "active") in states()
    assert speaking(cast).name == rows()[0].document["name"]  # type: ignore[union-attr]


def test_a_model_without_a_calibrator_of_its_own_earns_one(cast: Cast, draft: Draft) -> None:
    assert speaking(cast, model="gpt-x") is None
    learned(cast, examples(150, shift=-1.0), model="gpt-x")
    refitting.refit(cast.base.pk)
    assert rows() == [] and speaking(cast, model="gpt-x") is None
    learned(cast, examples(150, shift=-1.0, seed=5), model="gpt-x")
    refitting.refit(cast.base.pk)
    end_trials()
    found = speaking(cast, model="gpt-x")
    assert found is not None and found.document["answer_model"] == "gpt-x"
    assert found.line == fitting.NEVER or rows()[0].figures["has_line"]
    assert speaking(cast).name == "local-v1"  # type: ignore[union-attr]


def test_with_and_without_memory_are_fitted_apart(cast: Cast, draft: Draft) -> None:
    learned(cast, examples(300, shift=-1.5))
    learned(cast, examples(300, shift=-1.5, document=WARM), is_warm=True)
    refitting.refit(cast.base.pk)
    assert sorted((one.is_warm, one.document["warm"]) for one in rows()) == [(False, False), (True, True)]
    assert "-memory-v1@" in next(one for one in rows() if one.is_warm).document["name"]
    with acting_as(SYSTEM):
        assert [calibration.is_warm(one.document["name"], cast.base.pk) for one in rows()] == [one.is_warm for one in rows()]


def test_too_few_labels_and_labels_without_features_fit_nothing(cast: Cast, draft: Draft) -> None:
    learned(cast, examples(49))
    learned(cast, [Example({}, 1.0, 1.0, 0)] * 100)
    learned(cast, [Example({"match": math.inf}, 1.0, 1.0, 0)] * 0)
    refitting.refit(cast.base.pk)
    assert rows() == []


def test_of_several_labels_of_one_draft_the_last_word_counts_once(cast: Cast, draft: Draft) -> None:
    learned(cast, examples(60))
    with acting_as(SYSTEM):
        for label in Label.objects.order_by("pk")[:10]:
            label.pk, label.source, label.value, label.weight = None, "audit", 0.0, 3.0
            label.save()
        [found] = refitting.lessons(cast.base.pk).values()
    assert len(found.examples) == 60 and sum(one.weight == 3.0 for one in found.examples) == 10


def test_one_that_is_not_what_its_hash_says_or_corrects_another_build_s_does_not_speak(cast: Cast, draft: Draft) -> None:
    learned(cast, examples(300, shift=-1.5))
    refitting.refit(cast.base.pk)
    end_trials()
    own = speaking(cast).name  # type: ignore[union-attr]
    assert own != "local-v1"
    calibration._calibrator.cache_clear()
    owner_sql("UPDATE approvals_calibration SET document = jsonb_set(document, '{line}', '0.1')")
    assert speaking(cast).name == "local-v1"  # type: ignore[union-attr]
    calibration._calibrator.cache_clear()
    with acting_as(SYSTEM):
        row = Calibration.objects.get()
        document = row.document | {"corrects": "another", "line": 0.9}
        Calibration.objects.update(document=document, digest=calibration.digest_of(document))
    assert speaking(cast).name == "local-v1"  # type: ignore[union-attr]
    refitting.refit(cast.base.pk)
    end_trials()
    assert speaking(cast).name not in (own, "local-v1")  # type: ignore[union-attr]


def test_the_hash_survives_the_way_through_the_database(cast: Cast, draft: Draft) -> None:
    with acting_as(SYSTEM):
        document = COLD | {"line": -0.0, "small": [1e-05, 1e300, 0.1 + 0.2, -0.0]}
        made = Calibration.objects.create(
            base=cast.base, answer_model="m", version=1, document=document, digest=calibration.digest_of(document)
        )
        assert calibration.digest_of(Calibration.objects.get(pk=made.pk).document) == made.digest
