"""The matters that a person must see, by the words people use for them. English first; the gravest also in other languages.

Written to be found rather than to be elegant: one wrong hold costs a minute, one missed message may cost a life. Each pattern
says what it must not catch where ordinary talk uses the same words ("dying to try the card", "this queue is killing me").
"""

import re
import unicodedata
from dataclasses import dataclass


@dataclass(frozen=True)
class Matter:
    code: str
    label: str
    priority: str
    patterns: tuple[str, ...]


MATTERS = (
    Matter("self_harm", "Somebody may be in danger", "urgent", (
        r"\b(?:kill|hurt|harm|hang|cut)(?:ing|ting)? (?:myself|herself|himself|themselves)\b", r"\bsuicid", r"\bend(?:ing)? (?:my|it|this) (?:life|all)\b",
        r"\bend(?:ing)? it\b(?! (?:on|at|early|before|by|now|from|today))", r"\btake my (?:own )?life\b", r"\bbetter off (?:without me|dead)\b", r"\b(?:rather|wish i (?:was|were)|want to be|wanna be)(?: be)? dead\b",
        r"\b(?:want|wanna|going|ready|plan(?:ning)?|wish) to die\b", r"\bdon'?t want to (?:live|be here|wake up|exist|go on)\b", r"\bno (?:reason|point) (?:to|in) (?:liv|wak|go on|going on|carry)",
        r"\b(?:see|have|find) (?:no|any|a) (?:reason|point)\b.{0,25}\b(?:wake|live|living|go on|going on)", r"\bcan'?t (?:go on|live like this|live any ?more)\b", r"\bon (?:the|a) (?:bridge|ledge|roof)\b",
        r"\btook (?:all (?:my|the)|(?:some|too many|a lot of)|my|the)? ?(?:pills|tablets|overdose)\b", r"\b(?:goodbye|farewell) (?:letter|note|forever)\b", r"\bself[- ]?harm",
        r"\b(?:mich|selbst) ?(?:umbringen|töten)|nicht mehr leben|selbstmord|suizid", r"\b(?:me suicider|me tuer|plus envie de vivre|mourir)\b", r"\b(?:suicidarme|matarme|quitarme la vida|no quiero vivir)\b",
        r"\b(?:uccidermi|suicidarmi|farla finita)\b", r"\b(?:zelfmoord|niet meer leven)\b", r"\b(?:me matar|suicídio|tirar a minha vida)\b", r"自杀|不想活|死にたい|自殺|самоуби|не хочу жить|انتحار",
    )),
    Matter("threat", "A threat", "urgent", (
        r"\b(?:i|we)(?:'ll| will| am going to|'m going to| am gonna|'m gonna) (?:\w+ ){0,3}(?:kill|hurt|beat|shoot|stab|burn|bomb|smash|destroy|find|get) (?:you|your|them|him|her|that|the (?:office|branch|staff|building))\b",
        r"\bi know where (?:you|your|he|she|they)\b", r"\b(?:you|he|she|they)(?:'ll| will) (?:regret|pay for|be sorry)\b", r"\b(?:wait(?:ing)? for (?:him|her|you|them) (?:after|outside))\b", r"\b(?:you(?: people| all| lot)?) (?:better|had better) watch (?:out|your)\b|\bwatch your back\b",
        r"\b(?:bomb|gun|knife|shoot)\b.{0,40}\b(?:office|branch|staff|you)\b", r"\bmake (?:you|someone|somebody|them) (?:pay|suffer|bleed)\b", r"\bcome (?:down |round |over )?(?:there|to your (?:office|branch|house)) and\b",
        r"\bich bringe? (?:euch|sie|dich) um\b|\bje vais (?:vous|te) tuer\b|\b(?:te|os|los) voy a matar\b",
    )),
    Matter("safety", "Danger to people or things", "urgent", (
        r"\b(?:caught|catch(?:es|ing)?|is on|on|set) fire\b", r"\bexplod", r"\bsmell(?:s|ing)? (?:of )?(?:gas|smoke|burning)\b", r"\b(?:burn(?:ed|t|s)?|injur\w+|hurt|electrocut\w+|shock(?:ed)?) (?:my|his|her|me|him|hand|finger)\b",
        r"\b(?:toddler|child|baby|kid|son|daughter|dog|he|she|person)\b.{0,20}\b(?:trapped|inside|locked in|stuck in)\b", r"\b(?:electric shock|smoke coming|overheat\w* and|gas leak|carbon monoxide)\b", r"\b(?:fängt feuer|brennt|riecht nach gas|pris feu|se incendió|olor a gas)\b",
    )),
    Matter("fraud_security", "Fraud or an account at risk", "urgent", (
        r"\b(?:hacked|hacker|hackers|hijacked|compromised|phish(?:ed|ing)|scammed|defrauded|identity theft|sim[- ]?swap)\b", r"\bsomeone(?: else)?(?:'s| is| has| was| got| seems| appears)? (?:\w+ ){0,4}(?:in|into|using|used|access\w*|inside|on|logged|log) (?:\w+ ){0,2}(?:my|our) (?:account|card|bank|phone|app|profile)\b",
        r"\b(?:moving|taking|took|taken|stole|stealing|stolen|draining|emptied|emptying|cleared out) (?:\w+ ){0,2}(?:my|our|the) (?:money|savings|account|cash)\b", r"\b(?:payments?|transactions?|transfers?|purchases?|withdrawals?|charges?)\b.{0,60}\b(?:never been|never (?:bought|authori[sz]ed|gambled)|not (?:me|mine)|wasn'?t me)\b",
        r"\b(?:that |it |this )(?:was not|wasn'?t|isn'?t) me\b", r"\b(?:gave|given|told|typed|read out|sent|shared) (?:\w+ ){0,5}(?:the |my |a )?(?:code|passcode|pin|password|otp|card details|card number)\b", r"\bclicked (?:on )?(?:the|a|that|this) (?:\w+ )?link\b",
        r"\bsafe account\b|\bmove my money to\b", r"\bnew device\b.{0,40}\b(?:not|never|while|but|i am|i'm)\b", r"\b(?:scam|scammer|scammers|fraudster|fraudsters|conman)\b(?!\w)", r"\b(?:nicked|stolen|snatched|mugged|pickpocket\w*)\b.{0,80}\b(?:payment|contactless|used|charged|withdraw\w*|transaction|money)\b",
        r"\b(?:met (?:him |her )?online|online (?:boyfriend|girlfriend|romance))\b", r"\bunauthori[sz]ed (?:access|login|log-in|transfers?|payments?|transactions?|charges?)\b", r"\b(?:gehackt|betrogen|betrüger|kontoübernahme|piraté|arnaqu|hackead[oa]|estafa|estafad[oa]|truffat[oa]|gehackt)\b|взлом|мошенник|盗刷|诈骗|詐欺",
    )),
    Matter("legal", "Legal steps", "high", (
        r"\b(?:sue|suing|sued)\b", r"\b(?:small claims|claims court|take (?:you|this|it) to court|see you in court|court (?:papers|order|case|claim|action|proceedings)|legal (?:action|proceedings|steps|notice|team will)|letter before (?:action|claim)|formal notice|subpoena|injunction|statement of claim)\b",
        r"\bmy (?:solicitor|lawyer|attorney|barrister|counsel)s? (?:will|is|are|has|have|says?|said|advise[sd]?|told|wrote|is going|intends?)\b", r"\b(?:hear|heard) from my (?:solicitor|lawyer|attorney|barrister)\b", r"\bservice of (?:court|process|documents|proceedings|papers)\b", r"\b(?:anwalt|rechtsanwalt|verklag\w+|gericht|avocat|tribunal|porter plainte|abogado|demandar\w*|avvocato|denuncia\w*)\b",
    )),
    Matter("regulator_press", "Regulator, ombudsman or press", "high", (
        r"\b(?:reported|report|reporting|complain(?:ed|ing)?|go(?:ing|ne)?|write|writing|wrote|taking this|take this|refer\w*|escalat\w+) (?:\w+ ){0,4}(?:to )?(?:the |my )?(?:fca|ombudsman|regulator|cfpb|bafin|trading standards|ftc|financial (?:conduct|ombudsman)|consumer protection|watchdog|mp|press|media|newspaper|papers|bbc)\b", r"\b(?:fca|cfpb|bafin|ombudsman)\b(?!\?)",
        r"\bi(?:'m| am)? (?:a )?(?:journalist|reporter)\b|\bi (?:write|work) for (?:the )?[A-Z]|\bpreparing (?:a|an) (?:piece|article|story|report)\b|\bfor (?:comment|publication)\b", r"\b(?:followers|twitter|tiktok|instagram|facebook|youtube|trustpilot|viral|social media|reddit)\b.{0,50}\b(?:see|know|hear|post|tell|share|how you|expose|treat)\b|\b(?:post|tell|share|expose|go viral)\b.{0,50}\b(?:twitter|tiktok|instagram|facebook|youtube|trustpilot|social media|reddit)\b", r"\b(?:verbraucherschutz|verbraucherzentrale|ombudsmann|presse|aufsichtsbehörde|médiateur|autorité de contrôle|defensor del (?:cliente|pueblo)|garante)\b",
    )),
    Matter("bereavement", "A death", "high", (
        r"\b(?:mother|father|mum|mom|dad|husband|wife|partner|brother|sister|son|daughter|grand\w+|nan|uncle|aunt|friend|parent|he|she|who) (?:has |have |had |just |recently |sadly |suddenly )*(?:died|passed away|passed on|has passed|deceased)\b",
        r"\b(?:passed away|bereave\w*|deceased|funeral|probate|next of kin|death certificate|the late (?:mr|mrs|ms|dr)|executor|executrix|widow(?:er|ed)?)\b", r"\b(?:verstorben|gestorben|todesfall|nachlass|décédée?|décès|fallecid[oa]|falleció|defunt[oa]|deceduto|overleden|faleceu)\b|умер|去世|亡くなり",
    )),
    Matter("data_rights", "Rights over personal data", "high", (
        r"\b(?:gdpr|dsgvo|rgpd|ccpa|subject access|data protection (?:officer|act|request)|right to be forgotten|article 1[57]|sar request|dsar)\b", r"\bdelete (?:all )?(?:of )?my (?:personal )?(?:data|information|details)\b|\bdelete everything you (?:have|hold|know)\b|\berase (?:all )?(?:of )?my (?:personal )?(?:data|information)\b", r"\bwithdraw (?:my )?consent\b", r"\bdata (?:breach|leak)\b", r"\beverything you (?:hold|have|keep|store|know)(?: \w+){0,2} (?:on|about) me\b|\b(?:copy|export) of (?:all )?(?:of )?(?:my|the) (?:personal )?data (?:you|that you)\b|\ball (?:the )?(?:data|information) you (?:hold|have|keep|store)\b",
        r"\b(?:sent|gave|shared|disclosed|leaked|emailed|posted) my (?:\w+ ){0,3}(?:to (?:my ex|someone|another|the wrong|a stranger)|to \w+ (?:ex|neighbou?r))", r"\bmeine daten (?:löschen|herausgeben)|supprimer mes données|borrar mis datos|eliminar mis datos\b",
    )),
    Matter("discrimination", "Discrimination", "high", (
        r"\bdiscriminat\w*", r"\b(?:racist|racism|sexist|sexism|homophobic|transphobic|xenophobic|ableist|islamophobic|antisemitic)\b", r"\bpeople (?:from|of|like) (?:your|my|our|this|that) (?:country|race|religion|colou?r|kind|background|origin)\b", r"\bbecause (?:of my|i am|i'm) (?:\w+ )?(?:race|religion|birthplace|nationality|skin|accent|disability|gender|gay|black|muslim|jewish|disabled|foreign\w*|a woman|origin|name)\b", r"\b(?:equality act|diskriminier\w*|rassist\w*|raciste|racista)\b",
    )),
    Matter("minor", "The writer may be a child", "high", (
        r"\b(?:i'?m|i am|im) (?:only |just )?(?:a )?(?:[5-9]|1[0-7])\b(?! (?:days?|weeks?|months?|minutes?|mins?|hours?|hrs?|pounds?|euros?|dollars?|miles?|km|%|percent|steps?|pm|am|th|payments?|times?|cards?|years? (?:with|a)|people|in the))", r"\b(?:i'?m|i am|im) (?:under ?age|under 18|a minor|a kid|a child|still at school)\b", r"\bich bin (?:erst )?(?:[5-9]|1[0-7]) jahre\b|\bj'ai (?:[5-9]|1[0-7]) ans\b|\btengo (?:[5-9]|1[0-7]) años\b",
    )),
    Matter("vulnerable", "A customer who needs care", "high", (
        r"\b(?:dementia|alzheimer\w*|stroke|cancer|terminally ill|hospice|mental health|depress(?:ed|ion)|bipolar|schizophreni\w*|anxiety|panic attacks?|learning (?:disability|difficult\w+)|chemo\w*|power of attorney|brain injury|muddled|confused and)\b",
        r"\b(?:i'?m|i am|im|aged?) (?:6[5-9]|[7-9]\d|1[01]\d)\b(?! (?:days|weeks|minutes|hours|pounds|euros|dollars|%|percent|miles))",
        r"\b(?:gambl(?:ed|ing) (?:it |all |again|everything|addict\w*|problem)|addict(?:ed|ion)?|relapse\w*)\b", r"\b(?:visually impaired|can'?t (?:see|read|hear) (?:well|properly|any ?(?:more|thing))|(?:don'?t|can'?t|cannot) manage (?:these|the menus?|this any ?more))\b",
    )),
    Matter("coercion", "Somebody may be under another's control", "urgent", (
        r"\b(?:my (?:partner|husband|wife|boyfriend|girlfriend|ex|son|daughter|carer|family))\b.{0,30}\b(?:controls?|monitors?|watch(?:es)?|checks?|hits?|beats?|forces?|threatens?|abus\w+|won'?t let|takes my)\b", r"\b(?:domestic (?:abuse|violence)|abusive (?:partner|husband|wife|relationship)|women'?s (?:refuge|shelter)|coerc\w+|in secret)\b",
    )),
    Matter("hardship", "Money trouble", "normal", (
        r"\b(?:lost my job|made redundant|laid off|unemployed|can'?t (?:afford|pay|feed|eat)|cannot (?:afford|pay|feed|eat)|unable to (?:pay|afford|feed)|bankrupt\w*|insolven\w*|evict\w*|homeless|food ?bank|bailiffs?|debt collect\w*|payday loans?|struggling (?:to pay|financially|with (?:money|debt|bills))|behind on (?:my )?(?:rent|bills|payments))\b",
        r"\b(?:nothing|no money|\d+ (?:pounds|quid|euros|dollars)) (?:left|until|till)\b", r"\bkids? (?:need to|can'?t|have nothing to) eat\b|\bfinancial (?:difficult\w+|hardship)\b|\bcan'?t (?:buy|put) food\b",
    )),
    Matter("complaint", "A formal complaint", "normal", (
        r"\b(?:formal|official|written) complaint\b", r"\b(?:make|making|file|filing|raise|raising|lodge|lodging|log|register|submit) (?:a|an|my|this) (?:\w+ )?complaint\b", r"\bcomplain (?:officially|formally|about (?:you|your|an? agent|the way|how))\b", r"\bescalate (?:this|it|my|the)\b|\bhow (?:do|can) i escalate\b", r"\bwho (?:handles|deals with) complaints\b|\bcomplaints? (?:department|team|manager|handler)\b", r"\b(?:beschwerde (?:einlegen|einreichen)|offizielle beschwerde|réclamation (?:formelle|officielle)|reclamación (?:formal|oficial)|reclamo formale)\b",
    )),
    Matter("chargeback", "A chargeback", "normal", (
        r"\b(?:start|raise|request|initiate|file|open|want|do|claim|make) (?:a |the |an )?(?:chargeback|charge[- ]back)\b", r"\bcharge (?:it|this|that|them) back\b", r"\b(?:section 75|dispute with my (?:bank|card))\b",
    )),
    Matter("wants_person", "Asks for a person", "normal", (
        r"\b(?:talk|speak|chat|spoke|write|connected?|transfer(?:red)?|put (?:me )?through|pass(?:ed)? (?:me )?(?:on|over)|get me|give me|escalate(?: me)?|hand(?:ed)? over|switch(?: me)?|need|want|prefer) (?:me )?(?:\w+ )?(?:to |with |for )?(?:a |an |the |some |your |any )?(?:real |live |actual |human |proper |different |senior )*(?:person|human|agent|representative|rep|operator|advis[oe]r|manager|supervisor|somebody|someone|human being|member of staff|customer service agent|colleague|people)\b(?! (?:please )?(?:access|using|used|else'?s?))",
        r"\b(?:real|live|actual) (?:person|human|agent|people)\b(?!.{0,30}\b(?:hours|weekend|weekends|opening)\b)", r"^(?:\W*(?:agent|human|person|representative|operator|real person|advisor|help desk)\W*)+(?:now|please)?\W*$", r"\b(?:call|ring|phone) me(?: back)?\b|\b(?:can|could|please|have) (?:a person|someone|somebody|you) (?:please )?(?:call|ring|phone)\b", r"\b(?:not|no|stop) (?:\w+ )?(?:a )?(?:bot|robot|bots|robots|machine|chatbot)\b|\b(?:bot|robot|chatbot) (?:is )?(?:crap|rubbish|useless|nonsense)\b",
        r"\b(?:mit einem (?:menschen|mitarbeiter)|echten menschen|mitarbeiter sprechen|parler à (?:un|une) (?:humain|personne|conseiller|agent)|vrai(?:e)? personne|hablar con (?:una persona|un agente|un humano)|persona real|parlare con (?:una persona|un operatore)|falar com (?:uma pessoa|um atendente)|een medewerker spreken|met een mens)\b|人工客服|转人工|担当者と話|живой оператор|с человеком|موظف",
    )),
    Matter("abuse", "Abuse", "normal", (
        r"\bf+(?:\*{2,}|u+c*k+\w*) (?:you|u|off|your)\b|\bf\*+ ?(?:you|off)\b", r"\byou (?:\w+ ){0,3}(?:scum|bastards?|idiots?|morons?|thieves|thieving|liars?|lying|crooks?|criminals|parasites|pigs|cunts?|wankers?|pricks?|arseholes?|assholes?|imbeciles?)\b", r"\b(?:bunch|pack|lot) of (?:\w+ )?(?:thieves|idiots|liars|crooks|morons|criminals|scammers|clowns)\b", r"\b(?:scum|wankers|arseholes|assholes|cunts)\b", r"\b(?:arschloch|arschlöcher|drecks\w+|connards?|salauds?|hijos de puta|gilipollas|stronzi)\b",
    )),
    Matter("repeat_contact", "Has written several times", "normal", (
        r"\b(?:third|3rd|fourth|4th|fifth|5th|sixth|6th|seventh|7th|eighth|tenth|10th|umpteenth|hundredth) (?:time|message|e-?mail|chat|call|attempt|reminder|letter|request)\b(?!.{0,12}\b(?:i (?:logged|used)|zone))", r"\b(?:still|yet) (?:no|not|haven'?t|without|waiting for) (?:a |an |any |had |had a |got a |received )*(?:answer|reply|response|feedback|solution|one answered|heard)\b", r"\b(?:nobody|no one|no-one|none of you) (?:reads?|answers?|replies|replied|answered|responds?|responded|cares?|helps?|listens?)\b", r"\b(?:again and again|over and over|keep (?:asking|writing|calling|contacting|explaining|repeating)|(?:written|wrote|called|contacted|asked|messaged|emailed) (?:you )?(?:\w+ )?(?:[3-9]|\d\d|three|four|five|six|seven|several|many|multiple|countless) times)\b",
        r"\b(?:zum (?:dritten|vierten|fünften) mal|pour la (?:troisième|quatrième) fois|por (?:tercera|cuarta) vez|per la terza volta)\b",
    )),
)  # fmt: skip

_COMPILED = [(matter, [re.compile(p, re.IGNORECASE) for p in matter.patterns]) for matter in MATTERS]
LONGEST = 20_000


def found_in(text: str) -> list[Matter]:
    """The matters that a message names, each once."""
    plain = unicodedata.normalize("NFKC", text[:LONGEST]).replace("’", "'")
    return [matter for matter, patterns in _COMPILED if any(pattern.search(plain) for pattern in patterns)]
