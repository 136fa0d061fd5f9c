"""The pages of gaps, proposals, web pages and disagreements, as browsers of each role meet them."""

import pytest
from django.test import Client

from core.context import acting_as
from knowledge import contradictions, gaps, proposals, webpages
from knowledge.models import Article, Contradiction, Gap, Proposal, WebPage
from tests import build
from tests.cast import SYSTEM, Cast
from tests.knowledge.test_webpages import Web
from tests.sockets import signed_in

LISTS = ["/knowledge/gaps/", "/knowledge/proposals/", "/knowledge/pages/", "/knowledge/disagreements/"]
EMPTY = ["No open gaps", "Nothing is proposed", "No web pages yet", "No article contradicts another"]
SCRIPT = "<script>alert(1)</script>"


@pytest.fixture
def sam(cast: Cast) -> Client:
    return signed_in(cast.sam)


@pytest.fixture
def full(cast: Cast) -> Cast:
    """One of each waits."""
    gaps.note(cast.base.pk, f"Do you repair hiking shoes? {SCRIPT}", "draft:1", cast.orders.pk, cast.cara.pk)
    gaps.note(cast.base.pk, f"Can you repair hiking shoes? {SCRIPT}", "draft:2", cast.orders.pk, cast.cara.pk)
    with acting_as(SYSTEM):
        proposals.propose(
            cast.base.pk, Proposal.Kind.ANSWER, title=f"Shoes {SCRIPT}", body=f"We repair them. {SCRIPT}", source="message:1",
            question=f"Do you? {SCRIPT}", scope_id=cast.orders.pk, customer_ref=cast.cara.pk,
        )  # fmt: skip
    with cast.acting(cast.sam):
        page = webpages.add(cast.base, "https://shop.example/returns", by=cast.sam)
    webpages.sync(page.pk, Web())
    one = build.article(cast.base, "returns", "Returning an item", build.RETURNS)
    build.article(cast.base, "back", "Sending an item back", build.RETURNS.replace("30 days", "14 days"))
    contradictions.look_at_article(one.pk)
    return cast


def one_of(model):
    return model.objects.using("owner").get()


def everything() -> tuple:
    """What could have changed."""
    return (
        list(Gap.objects.using("owner").values_list("pk", "state")),
        list(Proposal.objects.using("owner").values_list("pk", "state", "title")),
        list(WebPage.objects.using("owner").values_list("pk", "state", "article")),
        list(Contradiction.objects.using("owner").values_list("pk", "state")),
        list(Article.objects.using("owner").order_by("pk").values_list("pk", "version", "state", "is_contradicted")),
    )


@pytest.mark.parametrize(("url", "words"), list(zip(LISTS, EMPTY, strict=True)))
def test_an_empty_list_says_so_and_what_to_do(sam: Client, url: str, words: str) -> None:
    answer = sam.get(url)
    assert answer.status_code == 200 and words in answer.content.decode()


@pytest.mark.parametrize("url", LISTS)
def test_a_full_list_shows_what_waits_and_nothing_runs_in_it(full: Cast, url: str) -> None:
    for user in (full.sam, full.ada):
        body = signed_in(user).get(url).content.decode()
        assert SCRIPT not in body and 'class="wait__one card"' in body
        for tab in ("gaps", "proposals", "pages", "disagreements"):
            assert f'href="/knowledge/{tab}/"' in body


def test_an_admin_sees_no_customer_s_question(full: Cast) -> None:
    assert "As they asked" in signed_in(full.sam).get("/knowledge/gaps/").content.decode()
    body = signed_in(full.ada).get("/knowledge/gaps/").content.decode()
    assert "As they asked" not in body and "shown to those who may read their conversations" in body


def test_nobody_but_editors_gets_in_and_nothing_is_changed(full: Cast) -> None:
    before = everything()
    gap, proposal, page, row = one_of(Gap), one_of(Proposal), one_of(WebPage), one_of(Contradiction)
    deeds = [
        f"/knowledge/gaps/{gap.pk}/dismissal/", f"/knowledge/proposals/{proposal.pk}/acceptance/", f"/knowledge/proposals/{proposal.pk}/refusal/",
        "/knowledge/pages/", f"/knowledge/pages/{page.pk}/taking/", f"/knowledge/pages/{page.pk}/leaving/", f"/knowledge/pages/{page.pk}/reading/",
        f"/knowledge/pages/{page.pk}/removal/", f"/knowledge/disagreements/{row.pk}/dismissal/",
    ]  # fmt: skip
    data = {
        "title": "T",
        "body": "B",
        "state": "published",
        "seen": page.content_hash,
        "url": "https://shop.example/x",
        "audience": "public",
    }
    ana, nobody = signed_in(full.ana), Client()
    for url in [*LISTS, f"/knowledge/proposals/{proposal.pk}/", f"/knowledge/pages/{page.pk}/"]:
        assert ana.get(url).status_code == 403 and nobody.get(url).status_code == 302
    for url in deeds:
        assert ana.post(url, data).status_code == 403 and nobody.post(url, data).status_code == 302
        if url != "/knowledge/pages/":
            assert signed_in(full.sam).get(url).status_code == 405
    assert everything() == before


def test_what_is_not_ours_leaves_the_list(full: Cast, sam: Client) -> None:
    gap = one_of(Gap)
    answer = sam.post(f"/knowledge/gaps/{gap.pk}/dismissal/", follow=True)
    assert "No open gaps" in answer.content.decode() and one_of(Gap).state == "dismissed"
    assert one_of(Gap).decided_by_id == full.sam.pk
    again = sam.post(f"/knowledge/gaps/{gap.pk}/dismissal/")
    assert again.status_code == 409 and "Nothing was done" in again.content.decode()


def test_what_is_written_for_a_gap_closes_it(full: Cast, sam: Client) -> None:
    gap = one_of(Gap)
    body = sam.get(f"/knowledge/new/?gap={gap.pk}").content.decode()
    assert (
        "What customers asked" in body
        and "Can you repair hiking shoes?" in body
        and f'action="/knowledge/new/?gap={gap.pk}"' in body
    )
    assert "What customers asked" not in signed_in(full.ada).get(f"/knowledge/new/?gap={gap.pk}").content.decode()
    data = {"title": "Repairs", "body": "We repair.", "audience": "public", "language": "en", "state": "published"}
    assert sam.post(f"/knowledge/new/?gap={gap.pk}", data | {"title": ""}).status_code == 422 and one_of(Gap).state == "open"
    assert sam.post(f"/knowledge/new/?gap={gap.pk}", data).status_code == 302
    made = Article.objects.using("owner").get(title="Repairs")
    assert (one_of(Gap).state, one_of(Gap).article_id, one_of(Gap).decided_by_id) == ("written", made.pk, full.sam.pk)
    for odd in ("999", "x", "-1", "9" * 40, "1%00"):
        assert sam.get(f"/knowledge/new/?gap={odd}").status_code == 200


@pytest.mark.parametrize("state", ["draft", "published"])
def test_a_proposal_becomes_an_article_in_the_words_of_the_editor(full: Cast, sam: Client, state: str) -> None:
    proposal = one_of(Proposal)
    url = f"/knowledge/proposals/{proposal.pk}/acceptance/"
    answer = sam.post(url, {"title": "Repairing shoes", "body": "We repair shoes for 20 euro.", "state": state})
    made = Article.objects.using("owner").get(title="Repairing shoes")
    assert answer.status_code == 302 and answer["Location"] == f"/knowledge/{made.pk}/"
    assert (made.body, made.state, made.changed_by_id) == ("We repair shoes for 20 euro.", state, full.sam.pk)
    assert (one_of(Proposal).state, one_of(Proposal).article_id) == ("accepted", made.pk)
    count = Article.objects.using("owner").count()
    assert sam.post(url, {"title": "Twice", "body": "Twice."}).status_code == 409
    assert Article.objects.using("owner").count() == count
    assert "Open the article" in sam.get(f"/knowledge/proposals/{proposal.pk}/").content.decode()


def test_a_proposal_without_words_is_refused_and_what_was_typed_stays(full: Cast, sam: Client) -> None:
    before, proposal = everything(), one_of(Proposal)
    answer = sam.post(f"/knowledge/proposals/{proposal.pk}/acceptance/", {"title": "Typed title", "body": " "})
    assert (
        answer.status_code == 422
        and "Typed title" in answer.content.decode()
        and "Write something first." in answer.content.decode()
    )
    assert everything() == before


def test_a_declined_proposal_does_not_come_back(full: Cast, sam: Client) -> None:
    proposal = one_of(Proposal)
    assert sam.post(f"/knowledge/proposals/{proposal.pk}/refusal/", {"note": "Too rare"}).status_code == 302
    with acting_as(SYSTEM):
        assert not proposals.propose(full.base.pk, Proposal.Kind.ANSWER, title="T", body="B", source=proposal.source)
    assert (one_of(Proposal).state, one_of(Proposal).note) == ("declined", "Too rare")


def test_a_page_is_added_shown_and_taken(cast: Cast, sam: Client) -> None:
    added = sam.post("/knowledge/pages/", {"url": "https://shop.example/returns", "audience": "public"}, follow=True)
    assert "https://shop.example/returns" in added.content.decode() and one_of(WebPage).added_by_id == cast.sam.pk
    page = one_of(WebPage)
    webpages.sync(page.pk, Web())
    shown = sam.get(f"/knowledge/pages/{page.pk}/").content.decode()
    assert (
        "within 30 days" in shown and "Take it" in shown and "Leave it" in shown and Article.objects.using("owner").count() == 0
    )
    stale = sam.post(f"/knowledge/pages/{page.pk}/taking/", {"seen": "something else"})
    assert stale.status_code == 409 and Article.objects.using("owner").count() == 0
    taken = sam.post(f"/knowledge/pages/{page.pk}/taking/", {"seen": one_of(WebPage).content_hash})
    assert taken.status_code == 302 and one_of(Article).title == "Returning an item"
    webpages.sync(page.pk, Web(14))
    changed = sam.get(f"/knowledge/pages/{page.pk}/").content.decode()
    assert "<del>" in changed and "<ins>" in changed and "14" in changed
    assert sam.post(f"/knowledge/pages/{page.pk}/leaving/", {"seen": one_of(WebPage).content_hash}).status_code == 302
    assert "30 days" in one_of(Article).body


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1/", "http://localhost/", "file:///etc/passwd", "http://user:word@shop.example/", "", "shop"]
)
def test_a_bad_address_is_refused_in_words_and_not_kept(cast: Cast, sam: Client, url: str) -> None:
    answer = sam.post("/knowledge/pages/", {"url": url, "audience": "public"})
    assert answer.status_code == 422 and 'class="error"' in answer.content.decode()
    assert WebPage.objects.using("owner").count() == 0


def test_a_page_that_failed_shows_why(full: Cast, sam: Client) -> None:
    WebPage.objects.using("owner").update(state="failed", problem="The page is gone (404)")
    assert "The page is gone (404)." in sam.get("/knowledge/pages/").content.decode()
    page = one_of(WebPage)
    assert sam.post(f"/knowledge/pages/{page.pk}/reading/").status_code == 302
    assert sam.post(f"/knowledge/pages/{page.pk}/removal/").status_code == 302
    assert WebPage.objects.using("owner").count() == 0


def test_a_disagreement_is_shown_side_by_side_and_dismissed(full: Cast, sam: Client) -> None:
    row = one_of(Contradiction)
    body = sam.get("/knowledge/disagreements/").content.decode()
    assert "30 days" in body and "14 days" in body and f"/knowledge/{row.first_id}/edit/" in body
    assert sam.post(f"/knowledge/disagreements/{row.pk}/dismissal/").status_code == 302
    assert (
        one_of(Contradiction).state == "dismissed" and not Article.objects.using("owner").filter(is_contradicted=True).exists()
    )
    assert sam.post(f"/knowledge/disagreements/{row.pk}/dismissal/").status_code == 409


@pytest.mark.parametrize(
    "url",
    [
        "/knowledge/gaps/99/dismissal/",
        "/knowledge/proposals/99/refusal/",
        "/knowledge/pages/99/taking/",
        "/knowledge/disagreements/99/dismissal/",
    ],
)
def test_what_is_not_there_is_not_found(sam: Client, url: str) -> None:
    assert sam.post(url).status_code == 404


@pytest.mark.parametrize("url", LISTS)
def test_a_long_list_costs_no_more_queries(full: Cast, url: str, django_assert_max_num_queries) -> None:
    with acting_as(SYSTEM):
        centre = Gap.objects.get().centre
        Gap.objects.bulk_create(Gap(base=full.base, title=f"G{number}", centre=centre, count=1) for number in range(40))
        for number in range(40):
            proposals.propose(full.base.pk, Proposal.Kind.ANSWER, title=f"T{number}", body="B", source=f"message:x{number}")
    client = signed_in(full.sam)
    client.get(url)
    with django_assert_max_num_queries(22):
        body = client.get(f"{url}?page=2").content.decode()
    assert ("31 to 41 of 41" in body) == (url in LISTS[:2])
