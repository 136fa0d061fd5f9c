"""What an answer may say: every fact in a cited passage, nothing promised, nobody else's data, nothing of how it works."""

import hashlib
from pathlib import Path

import pytest

from gateways.types import AnswerSentence, Completion
from replies import guard, prompts
from replies.checks import Answer, checks
from replies.compose import PROMPT
from replies.facts import missing
from replies.grounding import grounding
from replies.names import names, unknown_names
from replies.promises import promises
from replies.types import Evidence, Thread, Turn

FEES = Evidence(
    1, "fees", 1, 1, "Fees",
    "A weekend purchase costs 0.5 percent, at most 1,000 pounds. See https://help.example/fees or write to Anna at fees@help.example.", 0.8,
)  # fmt: skip
RETURNS = Evidence(
    2, "returns", 2, 2, "Returns",
    "You can return it within 30 days, until 13/03/2027 at 5 pm. You cannot return opened cosmetics. The refund takes two working days.", 0.7,
)  # fmt: skip
QUESTION = "Tell me about a weekend purchase and about returns"


def judged(text, *citations, question=QUESTION, language="en", thread=None):
    evidence = (FEES, RETURNS)
    sentences = guard.supported(Completion("m", (AnswerSentence(text, citations),)), evidence)
    thread = thread or Thread((Turn("customer", question),), language=language)
    found = checks(Answer(sentences, evidence, thread, language, PROMPT, grounding(sentences, evidence)))
    return {check.code for check in found if check.state == "bad"}


@pytest.mark.parametrize(
    ("text", "citations"),
    [
        ("A weekend purchase costs 0.5 percent, at most 1,000 pounds.", (1,)),
        ("A weekend purchase costs 0.5%, at most £1000.", (1,)),
        ("You can return it within 30 days, until 13 March 2027 at 17:00.", (2,)),
        ("You can return it until 13 March.", (2,)),
        ("The refund takes 2 working days.", (2,)),
        ("Opened cosmetics can't be returned.", (2,)),
        ("See https://help.example/fees or write to fees@help.example.", (1,)),
    ],
)
def test_a_sentence_that_its_passage_bears_passes_also_in_other_words(text, citations):
    assert judged(text, *citations) == set()


@pytest.mark.parametrize(
    ("text", "citations", "code"),
    [
        ("A weekend purchase costs 0.7 percent.", (1,), "figures"),
        ("A weekend purchase costs 0.5 pounds.", (1,), "figures"),
        ("You can return it within 30 hours.", (2,), "figures"),
        ("You can return it within 30 days.", (1,), "figures"),  # true, but in another passage than it cites
        ("You can return it until 3 December 2027.", (2,), "figures"),
        ("You can return it until 13 March 2028.", (2,), "figures"),
        ("You can return it until 6 pm.", (2,), "figures"),
        ("A weekend purchase costs 0.5 percent.", (), "cited"),
        ("You can write to Ryanair about a weekend purchase.", (1,), "names"),
        ("Ryanair purchases at the weekend cost 0.5 percent.", (1,), "names"),
        ("A weekend purchase costs more, see https://evil.example/fees.", (1,), "links"),
        ("A weekend purchase costs more, see https://help.example/fees?who=cara.", (1,), "links"),
        ("A weekend purchase costs more, see HTTPS://help.example/Fees.", (1,), "links"),
        ("A weekend purchase costs more, see evil.example.", (1,), "links"),
        ("A weekend purchase ![x](https://help.example/fees) costs 0.5 percent.", (1,), "markup"),
        ("A weekend purchase [costs][1] 0.5 percent.", (1,), "markup"),
        ("A weekend <b>purchase</b> costs 0.5 percent.", (1,), "markup"),
        ("For a weekend purchase write to mailto:fees@help.example?body=secret.", (1,), "markup"),
        ("A weekend purchase was made by mallory@evil.example.", (1,), "personal_data"),
        ("A weekend purchase of order 88231776 costs 0.5 percent.", (1,), "personal_data"),
        ("For a weekend purchase call +44 20 7946 0958.", (1,), "personal_data"),
        ("A weekend purchase is paid from DE89 3704 0044 0532 0130 00.", (1,), "personal_data"),
        ("You can return opened cosmetics.", (2,), "negations"),
        ("You cannot return it within 30 days.", (2,), "negations"),
        ("We will refund the weekend purchase.", (1,), "promises"),
        ("My instructions say a weekend purchase costs 0.5 percent.", (1,), "leak"),
        (f"A weekend purchase costs {prompts.canary(PROMPT)}.", (1,), "leak"),
        ("Purchases of a weekend cost 0.5 percent. Nearly right is not an answer. Write plain text without markup in answer language", (1,), "grounded"),
        ("Der Einkauf am Wochenende kostet ein halbes Prozent vom Betrag der Zahlung.", (1,), "language"),
        ("Bananas are yellow and grow on trees.", (1,), "grounded"),
    ],
)  # fmt: skip
def test_what_no_cited_passage_bears_is_held(text, citations, code):
    assert code in judged(text, *citations)


def test_the_customer_s_own_number_is_nobody_else_s_but_still_no_fact_of_ours():
    thread = Thread((Turn("customer", f"Order 88231776, cara@customer.example: {QUESTION}"),), language="en")
    found = judged("A weekend purchase of order 88231776 costs 0.5 percent.", 1, thread=thread)
    assert "personal_data" not in found and "figures" in found


def test_a_long_piece_of_the_prompt_is_a_leak_and_a_short_one_is_not():
    words = prompts.prompt_text(PROMPT).split()
    assert prompts.leaked(PROMPT, " ".join(words[40:60])) and not prompts.leaked(PROMPT, " ".join(words[40:48]))
    spaced = " ".join(prompts.canary(PROMPT))
    assert prompts.leaked(PROMPT, f"Here: {spaced}.") and prompts.canary(PROMPT) in prompts.system_text(PROMPT)


PROMPTS = {
    "grounded-answer.v1": "d6ed133ce5819177",
    "grounded-answer.v2": "6e1f64c8ac9d0ee2",
}


def test_a_prompt_s_text_never_changes_under_its_name():
    """A new text gets a new name; add its line here."""
    folder = Path(prompts.__file__).parent
    found = {path.stem: hashlib.sha256(path.read_bytes()).hexdigest()[:16] for path in folder.glob("*.txt")}
    assert found == PROMPTS and PROMPT in found
    assert prompts.version(PROMPT) == f"{PROMPT}@{PROMPTS[PROMPT][:8]}"


@pytest.mark.parametrize(
    ("question", "answer", "code"),
    [
        ("How long can I return it?", "You can return it.", "answers"),
        ("What's the phone number?", "A weekend purchase costs more.", "answers"),
        ("What is a weekend purchase? Where does the nearest garden centre sell parrots?", "A weekend purchase costs 0.5 percent.", "complete"),
    ],
)  # fmt: skip
def test_an_answer_without_what_was_asked_is_held(question, answer, code):
    assert code in judged(answer, 1, 2, question=question)


def test_two_questions_that_one_answer_meets_pass():
    asked = "What does a weekend purchase cost? Is there a maximum cost of a weekend purchase?"
    assert judged("A weekend purchase costs 0.5 percent, at most 1,000 pounds.", 1, question=asked) == set()


@pytest.mark.parametrize(
    "text",
    [
        "Your refund has been approved.", "We have cancelled your order.", "I have refunded the amount.", "We'll compensate you.",
        "This is guaranteed.", "As an exception you may keep it.", "You will receive a full refund.", "Your subscription has been cancelled.",
        "Ihre Erstattung wurde genehmigt.", "Wir haben Ihren Vertrag gekündigt.", "Wir erstatten den Betrag.",
        "Votre remboursement a été approuvé.", "Nous avons annulé votre commande.", "Su reembolso ha sido aprobado.",
        "Hemos cancelado su pedido.", "Il rimborso è stato approvato.", "Abbiamo annullato il suo ordine.",
        "De terugbetaling is goedgekeurd.", "Wij hebben uw bestelling geannuleerd.", "O reembolso foi aprovado.", "Cancelámos a sua encomenda.",
    ],
)  # fmt: skip
def test_promises_and_claims_are_found_in_seven_languages(text):
    assert promises(text, "A refund takes five days.") and not promises(text, f"We say: {text}")


def test_what_a_source_says_under_a_condition_is_no_promise_only_with_it():
    source = "If your order has been cancelled, you will receive a refund within 5 days."
    assert promises("Your order has been cancelled.", source)
    assert promises("You will receive a refund within 5 days.", source)
    assert not promises("If your order has been cancelled, you will receive a refund within 5 days.", source)


@pytest.mark.parametrize(
    ("answer", "source", "lacking"),
    [
        ("3 March", "03/03", []),
        ("4 March", "03/04", ["4"]),  # nobody knows which of both it is
        ("March 3rd, 2027", "2027-03-03", []),
        ("3 March 2027", "3 March", ["2027", "3"]),
        ("17:30", "5:30 p.m.", []),
        ("£5", "5 euros", ["5 pound"]),
        ("4.90 euro", "4.9 euros", []),
        ("1.000 euro", "1,000 euro", []),
        ("2 to 4 days", "2 to 4 working days", []),
        ("2 to 4 weeks", "2 to 4 working days", ["2 week", "4 week"]),
        ("There are two ways.", "By card or by transfer.", []),
        ("Two hours", "Three hours", ["2", "2 hour"]),
    ],
)
def test_figures_are_equal_only_where_they_surely_are(answer, source, lacking):
    assert [one for one in missing(answer, source) if one not in lacking] == [] and bool(missing(answer, source)) == bool(
        lacking
    )


def test_beginnings_of_sentences_are_no_names():
    assert names("Simply open the app. Unfortunately this takes longer: Please wait. Then tap Cards.") == ["Cards"]
    assert unknown_names("Tap Cards and choose PayPal’s page.", "tap cards, then PayPal") == []
    assert names("Die Erstattung dauert zwei Tage.", "de") == []
