"""Messages that try to steer the assistant. Patterns find the blunt ones; the gate that matters is that an answer can only
quote a passage, so that an attack that passes here still has nothing to gain.
"""

import base64
import binascii
import re
import unicodedata

_ORDERS = [
    # "Forget what you were told", in several languages.
    r"\b(?:ignore|disregard|forget|override|bypass|skip|drop)\b.{0,40}\b(?:previous|prior|above|earlier|all|any|your|the|these|safety)\b.{0,30}\b(?:instructions?|prompts?|directions?|guidelines?|constraints?|training|filters?|context)\b",
    r"\b(?:ignore|disregard|forget|override|bypass|break)\b.{0,30}\b(?:previous|prior|above|earlier|all|any|your|these|safety)\b.{0,20}\b(?:rules?|polic(?:y|ies))\b(?! (?:of the|for the|in the))",
    r"\b(?:vergiss|ignorier(?:e|en)?|missachte)\b.{0,40}\b(?:anweisung|anweisungen|regeln|vorgaben|befehle|instruktionen)\b",
    r"\b(?:oublie|ignore[rz]?|oubliez)\b.{0,40}\b(?:instructions?|consignes?|règles)\b",
    r"\b(?:ignora|olvida|olvide|ignore)\b.{0,40}\b(?:instrucciones|reglas|anteriores|órdenes)\b",
    r"\b(?:ignora|dimentica)\b.{0,40}\b(?:istruzioni|regole|precedenti)\b",
    r"\b(?:ignore|esqueça|desconsidere)\b.{0,40}\b(?:instruções|regras)\b",
    r"\b(?:negeer|vergeet)\b.{0,40}\b(?:instructies|regels|opdrachten)\b|\b(?:zignoruj|zapomnij)\b.{0,40}\b(?:instrukcje|zasady|polecenia)|talimatlar.{0,20}(?:yok say|unut|görmezden)",
    r"(?:忽略|无视|忘记).{0,12}(?:指令|指示|规则|说明)|(?:指示|命令|ルール).{0,8}(?:無視|忘れ)|지시.{0,12}(?:무시|잊)|निर्देशों को.{0,12}(?:अनदेखा|भूल)|تجاهل.{0,20}(?:التعليمات|الأوامر|القواعد)",
    r"(?:игнорируй|забудь|проигнорируй).{0,40}(?:инструкци|указани|правил)",
    # Asking for the instructions themselves.
    r"\b(?:system|hidden|initial|original|secret|developer)\s{1,9}(?:prompt|instructions?)\b|\bsystem-?prompt|\bsystemprompt",
    r"\b(?:print|reveal|show|repeat|output|display|tell me|reproduce|dump|leak|list)\b.{0,50}\byour\b.{0,20}\b(?:instructions?|prompt|rules|configuration|guidelines)\b",
    r"\b(?:print|reveal|show|repeat|output|reproduce|dump|leak)\b.{0,20}\b(?:the )?(?:text|words?|instructions?|prompt|everything)\b.{0,20}\b(?:you (?:were|got|received)|above|before this)\b",
    r"\b(?:first|initial)\b.{0,20}\b(?:sentence|words?|line|message)\b.{0,40}\byou (?:were|was|got|received)\b|\bwhat were you told\b",
    r"\brepeat\b.{0,30}\b(?:word for word|verbatim)\b",
    # A new role or mode.
    r"\byou(?: are|'re) (?:now|no longer)\b.{0,10}\b(?:a|an|in|dan|free|acting|called|named|operating|un\w+|bound|restricted|going)\b|\bstop being (?:a|an|the)\b.{0,20}\b(?:assistant|bot|ai)\b",
    r"\b(?:act as|behave as|pretend (?:to be|you are|that)|roleplay|role-play|play the role)\b.{0,30}\b(?:dan|developer|admin|unrestricted|evil|jailbroken|hacker|grandmother|no longer|another|different|ai|assistant|linux|terminal|expert|support|character)\b",
    r"\b(?:god|sudo|dan|jailbreak)[\s-]*mode\b|\b(?:enter(?:ing)?|activat\w+|engag\w+|now in)\b.{0,20}\b(?:system|debug|maintenance|admin|override|developer)\s{0,9}mode\b|\b(?:override|maintenance|system|developer) mode\b.{0,12}\b(?:activated|enabled|engaged)\b|'maintenance mode'",
    r"<\s{0,9}/?\s{0,9}(?:system|im_start|im_end|inst|sys|god)\b|\[(?:system|inst|/inst)\]|<\||[\"']role[\"']\s{0,9}:\s{0,9}[\"']system",
    r"\b(?:new|updated) (?:rule|rules|policy|instruction|instructions|directive)s?\b\s{0,9}(?::|from\b|for (?:you|the (?:assistant|ai|bot|model)))|\breal instructions\b|\bonly task is\b|\bnot bound by\b|\bopposite of your rules\b|\bdo not follow your\b",
    r"(?:^|[\n.!?(]\s{0,9})(?:assistant|system|ai|developer)\s{0,9}:\s|\bwhite text\b",
    r"\b(?:note|message|attention|instruction)s? (?:to|for) (?:the )?(?:ai|assistant|bot|model|llm)\b|\b(?:ai|llm|bot)\b\s{0,9}[:,]\s{0,9}(?:append|reply|approve|ignore|send|mark)",
    r"\b(?:assistant|ai|bot|model) (?:must|should|shall|has to|is (?:now )?(?:allowed|required) to) (?:\w+ ){0,2}(?:confirm|approve|grant|release|reveal|accept|ignore|waive)\b",
    # Deciding in the assistant's place.
    r"\bconfidence\s{0,9}(?:=|:|score|is 1|to 1|of 1)|\bdecision\s{0,9}=|\bhuman review\b|\bauto[- ]?(?:approve|send)\b|\bapprove[ds]?_|_without_review|\bwithout (?:human )?review\b|\bcall the \w+ tool\b|[\"']tool[\"']\s{0,9}:",
    r"\b(?:reply|respond|answer|say|output|print)\b.{0,12}\b(?:only|just|exactly)\b.{0,12}(?:\bwith\b|\bthe words?\b|[\"'“])|\b(?:ok and nothing|nothing else)\b|\bend your (?:reply|response|answer) with\b",
    # Carrying data out, and hiding orders.
    r"!\[[^\]]{0,80}\]\(|\{\{.{0,40}[.(_|'].{0,40}\}\}|<!--|<script|\bmarkdown image\b|\bbase\s?64\b|\brot13\b|\bleet ?speak\b|\bhex(?:adecimal)? encod",
    r"\b(?:modify|format|encode|encrypt|translate|rewrite|compose|structure|integrate|insert|embed|append|replace)\b.{0,40}\b(?:your|each|every) (?:reply|response|answer|output|letters?|words?|text|password|message)\b",
    r"\b(?:add|include|append|insert|embed|mention|put)\b.{0,120}\b(?:to|in|into) your (?:reply|response|answer)\b(?<!invoice in your reply)|\bin your (?:reply|response|answer)\b.{0,20}\b(?:add|include|append|insert|mention)\b",
    r"\b(?:provide|craft|present|deliver|express)\b.{0,20}\b(?:your|the) (?:reply|response|answer)\b.{0,40}\b(?:using|in|as|with|by)\b",
    r"\b(?:list|give me|show|read me|tell me)\b.{0,30}\b(?:last|other|all|ten|five)\b.{0,15}\bcustomers\b",
    r"(?:^|[\n.!?;\"]\s{0,9})(?!(?:as|you|in|i|the|what|why|how|please|could|can|it|thanks|there|we|this|that|not?)\b)[a-z]+ [^.\n]{0,100}\bin your (?:reply|response|answer)\b|\bwrite the (?:reply|answer) as if\b",
    r"\b(?:tell|give|send) me \w+'s (?:current )?(?:birth|city|e-?mail|phone|address|password)|\bdo anything now\b|\bfrom now on,? you\b|\bregardless of (?:previous|your)\b|\b(?:if|suppose|imagine) we (?:were to )?ignore\b|\bwere we to ignore\b",
    # Off the job.
    r"(?:^|[\n.!?:,]\s{0,9}|\b(?:please|can you|could you|you to|and) )(?:write|compose|tell|create|generate|draft)\b.{0,30}\b(?:poem|haiku|story|essay|song|joke|malware|virus|keylogger|phishing|exploit|script|code|python|function)\b",
    r"\b(?:summarize|summarise|translate)\b.{0,30}\b(?:webpage|web page|text|paper|article|document|email|following|comments?|this)\b",
    r"\b(?:tell me|give me|share|reveal|guess|spell|hint|letters? of|about) (?:me )?(?:the|your|his|her|that|a) (?:secret )?(?:password|passcode|secret|api key|credentials)\b|\bknow (?:the|your|his|her) (?:secret )?(?:password|passcode|api key)\b",
    r"\bwhat(?:'s| is| was) (?:your|his|her|the) (?:secret )?(?:password|passcode|secret key|api key|credentials)\b(?! (?:policy|rules?|length|of|to|i\b|that|for (?:the )?(?:guest |public )?(?:wi-?fi|wlan|lounge|pdf|document|file)))",
    r"\b(?:password|passwort|contraseña|mot de passe|пароль|senha)\b.{0,40}\b(?:ist|è|es|est|é)\b|\bqual è la password\b|\bwas ist das passwort\b",
    r"\bhypothetical (?:conversation|scenario|story|situation|world|discussion)|\b(?:in a fictional|for a (?:novel|movie|story))\b|\b(?:imagine|suppose|assume|let's say)\b.{0,30}\b(?:you are|you're|you were|you could|your|an ai|we have|we're (?:in|on|doing|conducting)|a scenario where|a world|no rules|no restrictions|you have)\b",
]  # fmt: skip
_ATTACK = [re.compile(pattern, re.IGNORECASE | re.DOTALL) for pattern in _ORDERS]
# What cannot be seen has no business within a word; between emoji and in right-to-left text it has.
_INVISIBLE = re.compile(
    "[a-z][\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]{1,9}[a-z ]|[\U000e0001-\U000e007f]{4}", re.IGNORECASE
)
_CODED = re.compile(r"(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{24,4000}={0,2}")
_SPACED = re.compile(r"(?:\b\w ){7}")
# Letters of other alphabets that look like ours, and figures that stand for letters.
_ALIKE = str.maketrans(
    "аеорсухіјѕԁһӏвнкмтАЕОРСУХІЈЅВНКМТαεορτυνικΑΕΟΡΤΥΝΙΚΒΗΜ", "aeopcyxijsdhlbhkmtAEOPCYXIJSBHKMTaeoptuvikAEOPTYNIKBHM"
)
_FIGURES = str.maketrans("013457@$", "oleastas")
_ONE_AS_I = str.maketrans("013457@$", "oieastas")
LONGEST = 20_000


def is_attack(text: str) -> bool:
    """Whether any pattern is found in the text, in what its encodings hide, or between its invisible letters."""
    read = text[:LONGEST]
    plain = unicodedata.normalize("NFKC", read)
    return bool(_INVISIBLE.search(read)) or any(_matches(one) for one in (plain, *_disguises(plain), *_decoded(plain)))


def _matches(text: str) -> bool:
    return any(pattern.search(text) for pattern in _ATTACK) or _is_repetition(text)


def _disguises(plain: str) -> list[str]:
    """What the text says when look-alike letters are ours, figures are letters, or the gaps between single letters are closed."""
    found = {plain.translate(_ALIKE), plain.translate(_FIGURES), plain.translate(_ONE_AS_I)}
    if _SPACED.search(plain):
        found.add(re.sub(r"(?<=\b\w) (?=\w\b)", "", plain))
    return [one for one in found if one != plain]


def _is_repetition(text: str) -> bool:
    """One token over and over: meant to push the model off its track."""
    words = text.split()
    return len(words) >= 30 and len(set(words)) <= len(words) / 10


def _decoded(text: str) -> list[str]:
    found = []
    for match in list(_CODED.finditer(text))[:5]:
        try:
            raw = base64.b64decode(match.group() + "=" * (-len(match.group()) % 4), validate=True)
            found.append(raw.decode("utf-8"))
        except (binascii.Error, UnicodeDecodeError):
            continue
    return found
