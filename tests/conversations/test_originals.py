"""The mail as its sender laid it out: nothing in it runs, calls home, moves out of its frame or speaks to our pages."""

import re
import uuid
from hashlib import sha256

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from conversations.models import Attachment, Message
from conversations.originals import TooLarge, harmless, has_remote_images
from core.context import acting_as
from tests.cast import SYSTEM, Cast, conversation
from tests.sockets import signed_in

# Also the ones that a browser is shown, in tests/browser/test_thread.py; {canary} is an address that must not be asked.
ATTACKS = (
    '<script src="{canary}/1"></script><script>fetch("{canary}/1b")</script>',
    "<img src=x onerror=\"fetch('{canary}/2')\">",
    '<svg onload="fetch(\'{canary}/3\')"><script>fetch("{canary}/3b")</script></svg>',
    "<math><mtext><table><mglyph><style><!--</style><img title=\"--&gt;&lt;img src=1 onerror=fetch('{canary}/4')&gt;\">",
    "<a href=\"java\tscript:fetch('{canary}/5')\">link</a>",
    "<a href=\"&#106;avascript:fetch('{canary}/6')\">link</a>",
    "<a href=\"data:text/html,<script>fetch('{canary}/7')</script>\">link</a>",
    '<iframe src="{canary}/8" srcdoc="<script>fetch(\'{canary}/8b\')</script>"></iframe>',
    '<object data="{canary}/9"></object><embed src="{canary}/9b"><applet code="{canary}/9c"></applet>',
    '<form action="{canary}/10"><input name=password autofocus onfocus="fetch(\'{canary}/10b\')"><button>Go</button></form>',
    '<meta http-equiv="refresh" content="0;url={canary}/11">',
    '<base href="{canary}/12/"><img src="relative.png">',
    '<link rel="stylesheet" href="{canary}/13"><link rel="prefetch" href="{canary}/13b"><link rel=dns-prefetch href="{canary}/13c">',
    '<style>@import "{canary}/14"; body {{ background: url({canary}/14b) }}</style>',
    '<div style="background: url({canary}/15); background-image: url({canary}/15b)">x</div>',
    '<div style="position: fixed; inset: 0; z-index: 9; opacity: 0"><a href="{canary}/16">x</a></div>',
    '<table background="{canary}/17"><tr><td background="{canary}/17b">x</td></tr></table>',
    '<video src="{canary}/18" autoplay poster="{canary}/18b"></video><audio src="{canary}/18c" autoplay></audio>',
    '<img src="{canary}/19"><img srcset="{canary}/19b 1x"><picture><source srcset="{canary}/19c"><img></picture>',
    '<img src="//{host}/20"><input type="image" src="{canary}/20b">',
    "<template><img src=x onerror=\"fetch('{canary}/21')\"></template><noscript><p title=\"</noscript><img src=x onerror=fetch('{canary}/21b')>\">",
    '<p hx-get="{canary}/22" hx-trigger="load" data-hx-get="{canary}/22b">x</p>',
    '<p hx-on:load="fetch(\'{canary}/23\')" hx-on::after-swap="fetch(\'{canary}/23b\')" _="on load fetch {canary}/23c">x</p>',
    '<div id="composer" class="htmx-swap" hx-swap-oob="true">stolen</div><hx-partial hx-target="#dock">x</hx-partial>',
    '<a href="{canary}/25" target="_top" rel="opener" ping="{canary}/25b" onclick="fetch(\'{canary}/25c\')">link</a>',
    "<details open ontoggle=\"fetch('{canary}/26')\"><summary>x</summary></details><marquee onstart=\"fetch('{canary}/26b')\">x</marquee>",
    '<img src="data:image/svg+xml;base64,PHN2ZyBvbmxvYWQ9ImFsZXJ0KDEpIi8+"><image href="{canary}/27"><img lowsrc="{canary}/27b">',
    '<!--[if gte mso 9]><img src="{canary}/28"><![endif]--><!--><img src=x onerror=fetch("{canary}/28b")>-->',
    '<x:script xmlns:x="http://www.w3.org/1999/xhtml">fetch("{canary}/29")</x:script><xss style="behavior:url({canary}/29b)">',
)
DANGEROUS = re.compile(
    r"<(?:script|style|svg|math|iframe|object|embed|form|input|button|base|meta|link|video|audio|picture|template|noscript|details)\b"
    r"|\son\w+\s*=|hx-|javascript:|data:text|url\(|position|\b(?:srcset|srcdoc|ping|background|id|class|name|lowsrc|poster|_)\s*=",
    re.I,
)
CANARY = "http://canary.example:81"


def attack(text: str, canary: str = CANARY) -> str:
    return text.replace("{{", "{").replace("}}", "}").replace("{canary}", canary).replace("{host}", canary.split("//")[1])


@pytest.fixture(autouse=True)
def _own_folder(settings, tmp_path) -> None:
    settings.MEDIA_ROOT = tmp_path


def mail(cast: Cast, html: str, text: str = "Where is it?") -> Message:
    matter, _ = conversation(cast.orders, cast.cara)
    with acting_as(SYSTEM):
        return Message.objects.create(
            conversation=matter, inbox_id=matter.inbox_id, customer_id=matter.customer_id, direction="in", author="customer",
            text=text, html=html, published_at=matter.created_at or None,
        )  # fmt: skip


@pytest.mark.parametrize("number", range(len(ATTACKS)))
@pytest.mark.parametrize("images", [False, True])
def test_nothing_that_runs_or_calls_home_is_left(number: int, images: bool) -> None:
    left = harmless(attack(ATTACKS[number]), images=images)
    assert not DANGEROUS.search(re.sub(r">[^<]*<", "><", f">{left}<")), left
    assert not re.search(r"<img[^>]*src=[\"']?(?!data:image/(?:png|jpeg|gif|webp))", left), left


def test_what_a_mail_needs_is_left() -> None:
    html = '<p style="color: red; position: absolute">Hi <b>you</b></p><table bgcolor="#eee"><tr><td colspan="2">x</td></tr></table>'
    left = harmless(html + '<a href="https://shop.example/a?b=1">shop</a><ul><li dir="rtl" lang="ar">x</li></ul>')
    assert '<p style="color:red">Hi <b>you</b></p>' in left
    assert '<td colspan="2">x</td>' in left and '<li dir="rtl" lang="ar">x</li>' in left
    assert '<a href="https://shop.example/a?b=1" target="_blank" rel="noopener noreferrer nofollow">shop</a>' in left


def test_pictures_from_elsewhere_come_only_when_asked_and_only_over_https() -> None:
    html = '<img src="https://shop.example/a.png" alt="Boots"><img src="http://shop.example/b.png">'
    assert harmless(html) == '<img alt="Boots"><img>'
    assert harmless(html, images=True) == '<img src="https://shop.example/a.png" alt="Boots"><img>'
    assert has_remote_images(html) and not has_remote_images('<img src="cid:a@b"> https://shop.example')


@pytest.mark.parametrize("html", ["<div>" * 20_001, "x" * 400_001])
def test_what_is_too_large_to_be_cleaned_in_time_is_refused(html: str) -> None:
    with pytest.raises(TooLarge):
        harmless(html)


def test_the_frame_has_a_policy_of_its_own(cast: Cast) -> None:
    message = mail(cast, "<p>Hello</p><script>alert(1)</script>")
    answer = signed_in(cast.ana).get(f"/messages/{message.pk}/original/")
    assert "<p>Hello</p>" in answer.content.decode() and "script" not in answer.content.decode()
    policy = answer["Content-Security-Policy"]
    assert policy.startswith(
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; base-uri 'none'"
    )
    assert "frame-ancestors 'self'" in policy and "allow-scripts" not in policy and "allow-same-origin" not in policy
    assert answer["X-Frame-Options"] == "SAMEORIGIN" and answer["Referrer-Policy"] == "no-referrer"
    assert answer["Cache-Control"] == "no-store"


def test_asking_for_pictures_opens_the_policy_for_pictures_alone(cast: Cast) -> None:
    message = mail(cast, '<img src="https://shop.example/a.png">')
    answer = signed_in(cast.ana).get(f"/messages/{message.pk}/original/?images=1")
    assert "img-src data: https:;" in answer["Content-Security-Policy"]
    assert "https://shop.example/a.png" in answer.content.decode()


def test_a_mail_s_own_pictures_are_in_it_without_asking(cast: Cast) -> None:
    message = mail(cast, '<img src="cid:logo@shop"><img src="cid:other"><img src="cid:fake">')
    png = b"\x89PNG\r\n\x1a\n" + b"\0" * 16
    for content_id, content in (("<logo@shop>", png), ("<fake>", b"<svg onload=alert(1)>")):
        key = f"attachments/ab/{uuid.uuid4().hex}"
        default_storage.save(key, ContentFile(content))
        Attachment.objects.using("owner").create(
            conversation_id=message.conversation_id, inbox_id=message.inbox_id, message_id=message.pk, name="x.png", key=key,
            content_type="image/png", size=len(content), sha256=sha256(content).hexdigest(), content_id=content_id,
        )  # fmt: skip
    page = signed_in(cast.ana).get(f"/messages/{message.pk}/original/").content.decode()
    assert page.count("data:image/png;base64,") == 1 and "svg" not in page and "cid:" not in page


def test_what_cannot_be_shown_as_it_was_is_shown_as_text(cast: Cast) -> None:
    message = mail(cast, "<div>" * 20_001, text="Plain <words>")
    page = signed_in(cast.ana).get(f"/messages/{message.pk}/original/").content.decode()
    assert "cannot be shown as it was sent" in page and "Plain &lt;words&gt;" in page


def test_the_original_that_one_may_not_see_is_one_that_is_not_there(cast: Cast) -> None:
    message = mail(cast, "<p>secret</p>")
    plain = mail(cast, "")
    ben = signed_in(cast.ben)
    answers = [ben.get(f"/messages/{pk}/original/") for pk in (message.pk, 999_999)]
    answers.append(signed_in(cast.ana).get(f"/messages/{plain.pk}/original/"))
    assert {answer.status_code for answer in answers} == {404}
    assert answers[0].content == answers[1].content


def test_the_page_shows_text_and_offers_the_original_in_a_sandbox(cast: Cast) -> None:
    message = mail(cast, '<p>markup <img src="https://c.example/p"></p>')
    page = signed_in(cast.ana).get(f"/conversations/{message.conversation_id}/").content.decode()
    frame = re.search(rf'<iframe[^>]*src="/messages/{message.pk}/original/"[^>]*>', page)
    assert frame and 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in frame[0] and 'loading="lazy"' in frame[0]
    assert "markup" not in page and f'href="/messages/{message.pk}/original/?images=1"' in page


def test_without_pictures_from_elsewhere_nothing_is_asked(cast: Cast) -> None:
    message = mail(cast, "<p>only words</p>")
    page = signed_in(cast.ana).get(f"/conversations/{message.conversation_id}/").content.decode()
    assert "Show original" in page and "?images=1" not in page


def test_a_message_without_markup_offers_no_original(cast: Cast) -> None:
    message = mail(cast, "")
    assert "Show original" not in signed_in(cast.ana).get(f"/conversations/{message.conversation_id}/").content.decode()
