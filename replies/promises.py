"""What no answer may promise, or claim to have done, unless its source says so in these words: in seven languages.

The assistant can do nothing: it cancels, refunds and forwards nothing. Every claim of that kind is false.
"""

import re

_CLAIMS = (
    # English: what was decided, what was done, what will be paid.
    r"\brefund\w* (?:is|are|has been|have been|was|will be|gets?)? ?(?:now |already |hereby )?(?:approved|granted|issued|processed|confirmed|on (?:its|the) way)",
    r"\b(?:we|i)(?:['’](?:ll|ve|d|m|re)| (?:will|have|can|shall|would|am|are|did|just|hereby))*(?: now| already| just| gladly| also| happily| going to)* (?:refund|reimburs|compensat|waiv|credit(?:ed|ing|s)? (?:you|your)|pay (?:you|back)|cancell?ed|processed|approved|updated|changed|reset|unblocked|unlocked|re-?issued|re-?sent|sent you|shipped|forwarded|passed (?:this|it|your)|escalated|arranged|booked|extended|removed|closed|made an exception|make an exception)\w*",
    r"\byour (?:order|subscription|card|account|payment|request|address|booking|contract|plan|case|claim) (?:is|has been|was|have been) (?:now |already |successfully )?(?:cancell?ed|refunded|approved|updated|changed|reset|unblocked|unlocked|processed|extended|granted|forwarded|escalated)",
    r"\byou(?:['’]ll| will)(?: also| soon)? (?:receive|get|be (?:given|paid|sent)) (?:a |the |your |full |an? )*(?:refund|compensation|reimbursement|voucher|gift card|discount|credit|money back)",
    r"\bcompensat(?:ion|e)\b.{0,20}\b(?:of|for you|will|is|has)\b|\bas an exception\b|\bgoodwill (?:gesture|payment|credit)\b|\b(?:we |i |is |are |it['’]s )?(?:can |fully |hereby )?guaranteed?s?\b(?: that| you)?|\bi promise\b|\bwe promise\b",
    # German
    r"\b(?:rück)?erstattung (?:ist|wurde|wird) (?:\w+ )?(?:genehmigt|bewilligt|veranlasst|ausgezahlt|überwiesen)|\b(?:wir|ich) (?:haben|habe|werden|werde) (?:\w+ ){0,6}(?:erstatte\w*|storniert|gekündigt|gutgeschrieben|entschädig\w*|genehmigt|geändert|weitergeleitet|erlassen|zurückgezahlt|zurückzahlen)|\bwir (?:erstatten|entschädigen|garantieren|versprechen)\b|\bentschädigung (?:von|in höhe)|\bausnahmsweise\b|\bgarantiert\b|\bich (?:garantiere|verspreche)\b",
    # French
    r"\bremboursement (?:est|a été|sera) (?:\w+ )?(?:approuvé|accordé|validé|effectué|émis)|\b(?:nous (?:avons|allons|vous)|j['’]ai|je (?:vais|vous)) (?:\w+ ){0,4}(?:rembours\w+|annul\w+|indemnis\w+|crédit\w+|dédommag\w+|approuv\w+|transmis)|\b(?:indemnisation|dédommagement|compensation) de\b|\bà titre exceptionnel\b|\b(?:nous |je )?(?:garantissons|garantis|promettons|promets)\b|\bgaranti(?:e|s|es)?\b",
    # Spanish
    r"\breembolso (?:está|ha sido|fue|será) (?:\w+ )?(?:aprobado|concedido|emitido|procesado)|\b(?:hemos|he|vamos a|voy a|le|te) (?:\w+ ){0,3}(?:reembols\w+|cancelad\w+|anulad\w+|compens\w+|abonad\w+|aprobad\w+|reenviad\w+)|\b(?:indemnización|compensación) de\b|\bcomo excepción\b|\b(?:garantizamos|garantizo|prometemos|prometo|garantizad[oa]s?)\b",
    # Italian
    r"\brimborso (?:è|è stato|sarà|verrà) (?:\w+ )?(?:approvato|concesso|emesso|effettuato)|\b(?:abbiamo|ho|provvederemo a|vi|le|ti) (?:\w+ ){0,3}(?:rimbors\w+|annullat\w+|cancellat\w+|risarci\w+|accreditat\w+|approvat\w+|inoltrat\w+)|\b(?:risarcimento|indennizzo|compenso) di\b|\bin via eccezionale\b|\b(?:garantiamo|garantisco|promettiamo|prometto|garantit[oaie])\b",
    # Dutch
    r"\bterugbetaling (?:is|werd|wordt) (?:\w+ )?(?:goedgekeurd|verwerkt|uitgevoerd|toegekend)|\b(?:wij|we|ik) (?:hebben|heb|zullen|zal|gaan|ga) (?:\w+ ){0,5}(?:terugbeta\w+|terugbetaald|geannuleerd|vergoed\w*|goedgekeurd|gecrediteerd|doorgestuurd|compenseren)|\bschadevergoeding van\b|\bbij wijze van uitzondering\b|\b(?:wij |we |ik )?(?:garanderen|garandeer|beloven|beloof)\b|\bgegarandeerd\b",
    # Portuguese
    r"\breembolso (?:está|foi|será) (?:\w+ )?(?:aprovado|concedido|emitido|processado)|\b(?:nós |eu )?(?:reembolsámos|reembolsamos|reembolsei|cancelámos|cancelamos|cancelei|aprovámos|aprovamos|compensaremos|vamos (?:\w+ )?(?:reembolsar|compensar|cancelar))\b|\b(?:indemnização|indenização|compensação) de\b|\bexcecionalmente\b|\bexcepcionalmente\b|\b(?:garantimos|garanto|prometemos|prometo|garantid[oa]s?)\b",
)  # fmt: skip
_CLAIM = [re.compile(claim, re.IGNORECASE) for claim in _CLAIMS]
_CONDITION = re.compile(
    r"\b(?:if|when|once|after|until|unless|whether|before|wenn|falls|sobald|si|quand|lorsque|cuando|se|quando|als|wanneer|zodra)\b",
    re.IGNORECASE,
)
_CLAUSE = re.compile(r"[.!?;:\n]")


def promises(answer: str, source: str) -> list[str]:
    """The promises and claims of `answer` that `source` does not make, or only under a condition that the answer leaves out."""
    plain, known = _spaced(answer), _spaced(source)
    found = []
    for claim in _CLAIM:
        for match in claim.finditer(plain):
            said = match.group().strip()
            places = _places(said, known)
            free = [place for place in places if not _is_conditional(known, place)]
            if not places or (not free and not _is_conditional(plain, match.start())):
                found.append(said)
    return list(dict.fromkeys(found))


def _places(said: str, known: str) -> list[int]:
    return [match.start() for match in re.finditer(re.escape(said), known, re.IGNORECASE)]


def _is_conditional(text: str, place: int) -> bool:
    """Whether the clause in which this stands has begun with an if."""
    clause = _CLAUSE.split(text[:place])[-1]
    return bool(_CONDITION.search(clause))


def _spaced(text: str) -> str:
    return " ".join(text.split())
