"""Markup as text: what a reader of the mail would see, and nothing that was hidden from him."""

import pytest

from conversations.quoting import said
from gateways.mail.markup import text_of


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>One</p><p>Two</p>", "One\n\nTwo"), ("<div>One</div><div>Two</div>", "One\nTwo"), ("One<br>Two<br/><br>Three", "One\nTwo\n\nThree"),
        ("<ul><li>One<li>Two</ul>", "- One\n- Two"), ("<table><tr><td>A</td><td>B</td></tr><tr><td>C</td></tr></table>", "A B\nC"),
        ("a  <b>bold</b>\n word", "a bold word"), ("<pre>a\n  b</pre>", "a\n  b"), ("Tom &amp; Jerry &lt;3 &nbsp;", "Tom & Jerry <3"),
        ("1 < 2 and <3", "1 < 2 and <3"), ("<p>cut <b", "cut <b"), ('<a href="https://x.example/a?b=1">here</a>', "here <https://x.example/a?b=1>"),
        ('<a href="https://x.example/">x.example</a>', "x.example"), ('<a href="mailto:a@b.example">a@b.example</a>', "a@b.example"),
        ('<a href="javascript:alert(1)">look</a>', "look"), ("<script>document.cookie</script>Hi<style>p{color:red}</style>", "Hi"),
        ("<!-- not --> seen<![if !mso]> and<![endif]> said", "seen and said"), ('great <img alt="😀" src=x> <img alt="logo" src=y>', "great 😀"),
        ("<title>T</title><p onclick='x()'>Body</p>", "Body"), ("<p title='a > b'>x</p>", "x"), ("<h1>Head</h1>Text", "Head\n\nText"),
    ],
)  # fmt: skip
def test_markup_reads_like_the_page(markup: str, text: str) -> None:
    assert "\n".join(line.rstrip() for line in text_of(markup).splitlines()) == text


@pytest.mark.parametrize(
    "hidden",
    [
        '<div style="display:none">X</div>', '<span style="DISPLAY: none !important">X</span>', '<div style="visibility:hidden"><p>X</p></div>',
        '<span style="font-size:0px">X</span>', '<span style="font-size:0">X<b>X</b></span>', '<span style="color:#fff">X</span>',
        '<font color="white">X</font>', '<span style="color:rgb(255, 255, 254)">X</span>', '<span style="opacity:0">X</span>', "<div hidden>X</div>",
        '<div style="max-height:0;overflow:hidden">X</div>', '<div style="mso-hide:all">X</div>', '<div style="text-indent:-9999px">X</div>',
        '<div style="position:absolute;left:-9999px">X</div>', "<style>.p{display:none}</style><i class=p>X</i>", "<template>X</template>",
        '<div style="background:#000"><span style="color:#000">X</span></div>', "<noframes>X</noframes>", "<!-- X -->", "<textarea>X</textarea>",
    ],
)  # fmt: skip
def test_what_nobody_would_see_is_not_read(hidden: str) -> None:
    assert text_of(f"<p>Before</p>{hidden}<p>After</p>").replace("\n", " ").split() == ["Before", "After"]


@pytest.mark.parametrize(
    "shown",
    [
        '<td style="font-size:0"><span style="font-size:14px">X</span></td>', '<div style="background:#000"><p style="color:#fff">X</p></div>',
        '<table bgcolor="#123456"><tr><td style="color:white">X</td></tr></table>', "<style>@media print{.p{display:none}}</style><i class=p>X</i>",
        '<div style="background-image:url(a.png);color:white">X</div>', '<p style="color:#222;font-size:10px">X</p>', '<p style="opacity:0.9">X</p>',
    ],
)  # fmt: skip
def test_what_everybody_sees_is_read(shown: str) -> None:
    assert text_of(f"<p>Before</p>{shown}").split() == ["Before", "X"]


@pytest.mark.parametrize(
    "quoted",
    [
        '<div class="gmail_quote"><div class="gmail_attr">On Mon, 2 Mar 2026 at 09:12 Help &lt;help@k.example&gt; wrote:<br></div><blockquote>Old</blockquote></div>',
        '<div id="divRplyFwdMsg"><hr><b>From:</b> Help &lt;help@k.example&gt;<br><b>Sent:</b> Monday<br><b>To:</b> Cara<br><b>Subject:</b> Card</div><div>Old</div>',
        '<blockquote type="cite"><div>On 2 Mar 2026, at 09:12, Help wrote:</div><div>Old</div></blockquote>',
        '<div class="yahoo_quoted"><div>Le lundi 2 mars</div><div>Old</div></div>',
        '<div style="border:none;border-top:solid #E1E1E1 1.0pt"><p><b>Von:</b> Help &lt;help@k.example&gt;<br><b>Gesendet:</b> Montag<br><b>An:</b> Cara<br>'
        "<b>Betreff:</b> Karte</p></div><p>Old</p>",
    ],
)
def test_quotes_can_be_folded_whoever_wrote_the_mail(quoted: str) -> None:
    assert said(text_of(f"<div>New words</div><br>{quoted}")) == "New words"


def test_quotes_in_quotes_are_marked_as_deeply() -> None:
    lines = text_of("A<blockquote>B<blockquote>C</blockquote></blockquote>D").splitlines()
    assert [line for line in lines if line.strip("> ")] == ["A", "> B", "> > C", "D"]
