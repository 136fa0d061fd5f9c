"""Which pairs of sentences do not fit together. Each case is (title, sentence) twice, as two articles would say it."""

import pytest

from knowledge.disagreement import disagreement, said
from knowledge.embedding import embed
from knowledge.quantities import quantities

R, S, C, T = "Returning an item", "Shipping and delivery", "Your Kestrel card", "Transfers"

APART = [
    ((R, "You can return anything you bought from us within 30 days of delivery."), (R, "You can return anything you bought within 14 days of delivery.")),
    ((R, "The refund reaches your card within 5 working days after the parcel has arrived."), ("Refunds", "The refund reaches your card within ten working days after the parcel has arrived.")),
    ((S, "Standard delivery takes 2 to 4 working days and costs 4.90 euro."), (S, "Standard delivery takes 2 to 4 working days and costs 5.90 euro.")),
    ((S, "Standard delivery within the country takes 3 to 5 working days."), ("Delivery times", "Standard delivery within the country takes 6 to 9 working days.")),
    ((S, "Orders over 80 euro ship free of charge."), ("What shipping costs", "Orders over 50 euro ship free of charge.")),
    ((C, "A card that is not activated within 90 days of posting is cancelled."), ("Activating a card", "A card that is not activated within 60 days of posting is cancelled.")),
    ((C, "The issue fee for a replacement card is 4.99 pounds."), ("Fees", "The issue fee for a replacement card is £5.99.")),
    ((C, "The PIN is blocked after three wrong attempts."), ("PIN", "Your PIN is blocked after five wrong attempts.")),
    ((T, "A scheduled transfer can be cancelled until 21:00 on the day before it is due."), ("Cancelling", "A scheduled transfer can be cancelled until 18:00 on the day before it is due.")),
    ((T, "Transfers to another UK bank take up to two hours."), ("How long transfers take", "Transfers to another UK bank take up to 24 hours.")),
    ((T, "The daily limit for transfers is 10,000 pounds."), ("Limits", "The daily limit for transfers is 5,000 pounds.")),
    ((T, "Any international transfer costs 0.7 per cent of the amount."), ("Fees", "An international transfer costs 0.9% of the amount.")),
    (("Complaints", "We send a final answer to every complaint within 15 working days."), ("How to complain", "We send a final answer to every complaint within 8 working days.")),
    (("Closing your account", "Payment records have to be kept for six years after the account is closed."), ("Your data", "Payment records have to be kept for seven years after the account is closed.")),
    (("Support", "Chat support is open every day from 07:00 to 22:00 UK time."), ("Contact", "Chat support is open every day from 09:00 to 22:00 UK time.")),
    (("Prices", "The new prices are valid from 1 March 2026."), ("New prices", "The new prices are valid from 1 April 2026.")),
    (("Uploads", "Pictures in your gallery can be up to 25 MB in size."), ("Gallery", "Pictures in your gallery can be up to 15 MB in size.")),
    (("Gift cards", "Gift cards can be exchanged for cash."), ("Gift cards and vouchers", "Gift cards cannot be exchanged for cash.")),
    ((C, "The virtual card works in shops abroad."), ("Virtual cards", "The virtual card does not work in shops abroad.")),
    ((R, "We accept returns of opened software."), ("What can be returned", "We do not accept returns of opened software.")),
    (("Warranty", "The warranty covers water damage to the display."), ("Repairs", "The warranty never covers water damage to the display.")),
]  # fmt: skip

TOGETHER = [
    # The same, said otherwise.
    ((R, "You can return anything within 14 days of delivery."), (R, "You can return anything within two weeks of delivery.")),
    ((T, "A code is valid for 24 hours after we send it."), (T, "A code is valid for one day after we send it.")),
    ((T, "The daily limit for transfers is 10,000 pounds."), ("Limits", "The daily limit for transfers is £10000.")),
    ((S, "Standard delivery takes 2 to 4 working days."), (S, "Standard delivery takes up to 4 working days.")),
    (("Support", "Chat is open from 9 am to 5 pm every day."), ("Support", "Chat is open from 09:00 to 17:00 every day.")),
    # Another case.
    ((S, "Standard delivery takes 2 to 4 working days and costs 4.90 euro."), (S, "Express delivery takes 1 working day and costs 12 euro.")),
    ((S, "Delivery in the United Kingdom takes 3 to 5 working days."), (S, "Delivery to the rest of Europe takes 6 to 9 working days.")),
    ((T, "Domestic transfers arrive within two hours."), (T, "International transfers arrive within five working days.")),
    ((T, "Transfers in euros arrive within one working day."), (T, "Transfers in pounds arrive within two hours.")),
    ((C, "The fee for a debit card top-up is 1.2 per cent."), (C, "The fee for a credit card top-up is 2.4 per cent.")),
    ((C, "A new card has to be activated within 90 days."), (C, "A virtual card has to be activated within 30 days.")),
    (("Plus", "Members on the Plus plan can withdraw 600 pounds per month free of charge."), ("Basic", "Members on the basic plan can withdraw 200 pounds per month free of charge.")),
    ((R, "You can return shoes within 30 days of delivery."), (R, "You can return electronics within 14 days of delivery.")),
    ((R, "The refund takes 5 working days."), ("Cash deposits", "The deposit takes 2 working days.")),
    (("Cheques", "It takes 2 working days."), ("Passports", "It takes 10 working days.")),
    (("Savings pots", "You can have 15 pots in your account."), ("Disposable cards", "You can have 5 cards in your account.")),
    (("Payments", "A pending payment is released after seven days."), ("Hotels", "A pending hotel payment is released after 30 days.")),
    (("Cards", "The standard card costs 4.99 pounds."), ("Metal cards", "The metal card costs 49 pounds.")),
    (("Limits", "The minimum amount for a transfer is 1 pound."), ("Limits", "The maximum amount for a transfer is 5,000 pounds.")),
    (("Business", "Business accounts cost 9 pounds per month."), ("Plus", "Plus accounts cost 6.99 pounds per month.")),
    (("iOS", "The app needs iOS 15 and 200 MB of space."), ("Android", "The app needs Android 10 and 150 MB of space.")),
    # A condition on one side.
    ((R, "You can return anything within 30 days of delivery."), (R, "If it was personalised, you can return it within 7 days of delivery.")),
    ((C, "You can change your PIN in the app."), (C, "You cannot change your PIN in the app while the card is frozen.")),
    ((T, "A transfer can be cancelled."), (T, "A transfer cannot be cancelled once it is marked Sent.")),
    (("Gift cards", "Gift cards cannot be exchanged for cash."), ("Points", "Points can be exchanged for cash.")),
    # Two denials, or a denial of something else.
    ((R, "We do not accept opened software."), (R, "Opened software is never accepted.")),
    ((C, "The card works in shops and online."), (C, "The card works in shops, not online.")),
    ((C, "Virtual cards have no PIN."), (C, "Physical cards have a PIN.")),
    # Bare numbers, versions, dates of publishing, steps.
    (("Update", "Version 8.5.0.1 fixes the problem with sign-in."), ("Update", "Version 8.5.0.2 fixes the problem with sign-in.")),
    (("Bulletin A", "4 May 2017: Original version published"), ("Bulletin B", "15 September 2017: Original version published")),
    (("Setup", "Step 2: open the settings and choose Payments."), ("Setup", "Step 3: open the settings and choose Payments.")),
    (("Help", "Call 0800 555 0100 on weekdays from 08:00 to 20:00."), ("Fraud", "Call 0800 555 0142 at any time.")),
    (("Fees", "The fee is 2 per cent, at least 1 pound."), ("Fees", "The fee is 1 per cent, at least 2 pounds.")),
]  # fmt: skip


def verdict(one: tuple[str, str], other: tuple[str, str]) -> str:
    first, second = said(one[1], one[0]), said(other[1], other[0])
    vectors = embed([first.bare, second.bare])
    found = disagreement(first, second, float(vectors[0] @ vectors[1]))
    assert bool(found) == bool(disagreement(second, first, float(vectors[0] @ vectors[1]))), (
        "it must not matter who speaks first"
    )
    return found


@pytest.mark.parametrize(("one", "other"), APART, ids=lambda case: case[1][:60])
def test_two_sentences_that_do_not_fit_together_are_found(one: tuple[str, str], other: tuple[str, str]) -> None:
    assert verdict(one, other)


@pytest.mark.parametrize(("one", "other"), TOGETHER, ids=lambda case: case[1][:60])
def test_two_sentences_that_can_both_be_true_are_left_alone(one: tuple[str, str], other: tuple[str, str]) -> None:
    assert verdict(one, other) == ""


@pytest.mark.parametrize("one", [case for pair in APART for case in pair], ids=lambda case: case[1][:60])
def test_nothing_disagrees_with_itself(one: tuple[str, str]) -> None:
    assert verdict(one, one) == ""


@pytest.mark.parametrize(
    ("sentence", "kinds"),
    [
        ("It costs 4.90 euro or £1,000.50.", [("money:eur", 490, 490), ("money:gbp", 100050, 100050)]),
        ("Within 2 to 4 working days, at most two weeks.", [("workdays", 2, 4), ("time", 1209600, 1209600)]),
        (
            "From 9 am to 17:30 on 1 March 2026.",
            [("clock", 540, 540), ("clock", 1050, 1050), ("date:full", 20260301, 20260301)],
        ),
        ("A fee of 0.5% and 25 MB, three attempts.", [("share", 0.5, 0.5), ("size", 25000, 25000), ("count:attemp", 3, 3)]),
        ("Version 8.5.0.1, model 4100, step 3.", []),
        ("A six-digit code", [("count:digit", 6, 6)]),
        ("between 5 and 10 pounds", [("money:gbp", 500, 1000)]),
        ("10 to 5 days", []),
    ],
)
def test_figures_are_read_with_what_they_count(sentence: str, kinds: list[tuple[str, float, float]]) -> None:
    found = quantities(sentence)[0]
    assert sorted((one.kind, round(one.low, 4), round(one.high, 4)) for one in found) == sorted(kinds)
