"""The matters that a person must see, by the words people use for them. English first; the gravest also in other languages.

Written to be found rather than to be elegant: one wrong hold costs a minute, one missed message may cost a life. Each pattern
says what it must not catch where ordinary talk uses the same words ("dying to try the card", "this queue is killing me").
"""

import re
import unicodedata
from dataclasses import dataclass
from itertools import islice

from core.words import gettext_noop
from replies.matters_elsewhere import ELSEWHERE


@dataclass(frozen=True)
class Matter:
    code: str
    label: str
    priority: str
    patterns: tuple[str, ...]


MATTERS = (
    Matter("self_harm", gettext_noop("Somebody may be in danger"), "urgent", (
        r"\b(?:kill|hurt|harm|hang|cut|off)(?:ing|ting)? (?:myself|herself|himself|themselves)\b(?! (?:a|an|some|off|out|short)\b)", r"\bsuicid(?!e (?:squad|prevention))", r"\bend(?:ing)? (?:my|it|this) (?:life|all)\b",
        r"\bend(?:ing)? it\b(?! (?:on|at|early|before|by|now|from|today))", r"\btake my (?:own )?life\b", r"\bbetter off (?:without me|dead)\b", r"\b(?:rather|wish i (?:was|were)|want to be|wanna be)(?: be)? dead\b",
        r"\b(?:want|wanna|going|ready|plan(?:ning)?|wish) to die\b", r"\bdon'?t want to (?:live|be here|wake up|exist|go on)\b", r"\bno (?:reason|point) (?:to|in) (?:liv|wak|go on|going on|carry)",
        r"\b(?:see|have|find) (?:no|any|a) (?:reason|point)\b.{0,25}\b(?:wake|live|living|go on|going on)", r"\bcan'?t (?:go on|live like this|live any ?more)\b", r"\bon (?:the|a) (?:bridge|ledge|roof)\b",
        r"\btook (?:all (?:my|the)|(?:some|too many|a lot of)|my|the)? ?(?:pills|tablets|overdose)\b", r"\b(?:my|wrote|written|writing|left|leaving|a) (?:goodbye|farewell) (?:letters?|notes?)\b(?! template)|\bgoodbye forever\b|\bkms\b", r"\bself[- ]?harm(?! (?:content|filter|polic))",
        r"\b(?:mich|selbst) ?(?:umbringen|töten)|nicht mehr leben|selbstmord|suizid", r"\b(?:me suicider|me tuer|plus envie de vivre|mourir)\b", r"\b(?:suicidarme|matarme|quitarme la vida|no quiero vivir)\b",
        r"\b(?:uccidermi|suicidarmi|farla finita)\b", r"\b(?:zelfmoord|niet meer leven)\b", r"\b(?:me matar|suicídio|tirar a minha vida)\b", r"自杀|不想活|死にたい|自殺|самоуби|не хочу жить|انتحار",
        r"\b(?:see|seeing|there(?:'s| is)|find) no (?:other )?way out\b|\bdon'?t see (?:a|any) way out\b",
        r"\b(?:everyone|everybody|they|you|the world|my (?:family|kids|children|wife|husband)) ?(?:all )?(?:'d|would|'ll|will)? (?:all )?be (?:happier|better|better off) (?:if i|without me|when i'?m gone)",
        r"\bcutting (?:again|my (?:arms?|wrists?|legs?))\b|\bcut my (?:wrists?|arms?)\b|\bslit my\b",
        r"\b(?:going to|gonna|want to|wanna|about to|ready to|think(?:ing)? (?:of|about)) end(?:ing)? (?:things|everything|it all|my (?:own )?life)\b",
        r"\bcan'?t (?:do|cope with|bear) (?:this|it|life|things) any ?(?:more|longer)\b|\bcan'?t cope any ?(?:more|longer)\b",
        r"\b(?:written|wrote|left|leaving|writing) (?:a|the|my) (?:letters?|notes?) (?:to|for) (?:my|the) (?:kids|children|family|wife|husband|mum|mom|parents|son|daughter)\b",
        r"\b(?:point|sense|purpose) (?:of|in) (?:living|life|being alive|going on|carrying on)\b|\blife (?:is|isn'?t|is not|'s|has become) (?:\w+ )?(?:worth (?:living|it)|unbearable|pointless|meaningless|over)\b",
        r"\b(?:think(?:ing)? (?:of|about)|want to|going to|i'?ll|i will) (?:jump(?:ing)?(?! (?:to|on|in|ship|over to|at|from (?:tariff|plan|version)|the (?:queue|line))\b)|overdos\w+|drown\w* myself|hang\w* myself)\b|\bjump(?:ing)? (?:off|from|in front of)\b",
        r"\b(?:took|taken|taking|swallow\w*) .{0,30}\b(?:paracetamol|pills|sleeping tablets|overdose|aspirin|whole (?:box|bottle|pack))\b",
        r"\b(?:never|not) (?:have to )?wake up\b|\bwish i(?:'d| had| could| was| were)? (?:never (?:been|was|were) born|just )?(?:disappear|vanish|die|not be here)\b|\bnever been born\b(?<!he'd never been born)",
        r"\b(?:tired|sick) of (?:living|life|being alive)\b|\bnothing (?:left )?to live for\b|\bno longer want to (?:live|be here|be alive)\b|\bdon'?t want to (?:be alive|carry on|continue living)\b|\bnoose\b|\bunaliv\w+",
        r"\btell my (?:family|kids|children|wife|husband|mum|mom|dad|parents) (?:that )?i (?:love|loved|am sorry)\b|\b(?:want|need|wish) (?:it|everything|the pain) (?:all )?to (?:stop|end|be over)\b|\b(?:better off|happier) if i'?m (?:gone|dead)\b|\b(?:fade away|stopped eating|go home again|on the (?:platform|tracks|rails))\b",
    )),
    Matter("threat", gettext_noop("A threat"), "urgent", (
        r"\b(?:i|we)(?:'ll| will| am going to|'m going to| am gonna|'m gonna) (?:\w+ ){0,3}(?:kill|hurt|beat|shoot|stab|burn|bomb|smash|destroy|find|get) (?:you|your|them|him|her|that|the (?:office|branch|staff|building))\b",
        r"\bi know where (?:you|your|he|she|they)\b", r"\b(?:you|he|she|they)(?:'ll| will) (?:regret|pay for|be sorry)\b", r"\b(?:wait(?:ing)? for (?:him|her|you|them) (?:after|outside))\b", r"\b(?:you(?: people| all| lot)?) (?:better|had better) watch (?:out|your)\b|\bwatch your back\b",
        r"\b(?:bomb|gun|knife|shoot)\b.{0,40}\b(?:office|branch|staff|you)\b", r"\bmake (?:you|someone|somebody|them) (?:pay|suffer|bleed)\b", r"\bcome (?:down |round |over )?(?:there|to your (?:office|branch|house)) and\b",
        r"\bich bringe? (?:euch|sie|dich) um\b|\bje vais (?:vous|te) tuer\b|\b(?:te|os|los) voy a matar\b",
        r"\b(?:come|coming|turn(?:ing)? up|show(?:ing)? up|visit(?:ing)?|drive|driving)\b.{0,40}\b(?:petrol|gasoline|gun|knife|baseball bat|hammer|weapon|axe|acid|my (?:brothers|mates|boys))\b",
        r"\bwish (?:he|she|they|you)(?:'d| had)? (?:was|were|had)? ?never (?:been )?born\b",
        r"\b(?:someone|somebody|people|you|he|she|they|heads?)(?:'s| is|'re| are|'ll| will)? (?:going to |gonna )?(?:get|be) (?:hurt|killed|shot|stabbed|beaten|injured)\b",
        r"\bfind(?:ing)? out where (?:you|he|she|they|your|that)\b|\bbreak (?:his|her|your|their) (?:legs?|necks?|arms?|face|nose|jaw|bones|fingers)\b",
        r"\byou(?:'re| are| will be) (?:all )?(?:dead\b(?! ?lock)|going to die)|\b(?:punch|strangle|stab|shoot|slap|hit|kill|murder|hurt) (?:you|him|her|them|someone|somebody|one of (?:you|your|them))\b",
        r"\b(?:bombs?|explosives?|device) in (?:your|the) (?:building|office|branch|lobby)\b|\bburn (?:down|the place|your)\b|\byou(?:'ll| will) (?:bleed|suffer|pay for this)\b|\b(?:won'?t|not) be safe\b",
        r"\b(?:should|better) be (?:afraid|scared|worried)\b|\bi have a (?:gun|knife|weapon|bat)\b|\bi know (?:what car|which car|your (?:car|kids|family|address|house)|who (?:you|your))\b",
    )),
    Matter("safety", gettext_noop("Danger to people or things"), "urgent", (
        r"\b(?:caught|catch(?:es|ing)?|is on|on|set) fire\b", r"\bexplod", r"\bsmell(?:s|ing)? (?:of )?(?:gas|smoke|burning)\b", r"\b(?:burn(?:ed|t|s)?|injur\w+|hurt|electrocut\w+|shock(?:ed)?) (?:my|his|her|me|him|hand|finger)\b(?! (?:credit|score|feelings|chances))",
        r"\b(?:toddler|child|baby|kid|son|daughter|dog|he|she|person)\b.{0,20}\b(?:trapped|inside|locked in|stuck in)\b", r"\b(?:electric shock|smoke coming|overheat\w* and|gas leak|carbon monoxide)\b", r"\b(?:fängt feuer|brennt|riecht nach gas|pris feu|se incendió|olor a gas)\b",
        r"\b(?:charger|battery|device|reader|unit|terminal|phone|machine|plug|cable|power ?bank|adapter|laptop|heater|it)\b.{0,20}\b(?:smok(?:ing|ed)|spark(?:s|ing|ed)|melt(?:ed|ing)|burn(?:ing|ed|t))\b",
        r"\bburn(?:ed|t|ing)? (?:a hole|the|my|our|a) (?:\w+ )?(?:carpet|table|floor|bed|sofa|house|kitchen|hand|skin|leg|desk|sheets?)\b|\b(?:gas|burning|smoke) smell\b",
        r"\bswallow(?:ed|s)? (?:a|the|one|it|some|two)\b|\b(?:electric(?:al)? )shock\b|\bchok(?:ed|ing) on\b|\ballergic reaction\b|\bpoison(?:ed|ing)\b|\bambulance\b|\bcaught (?:light|alight)\b",
        r"\belectrocut\w*|\b(?:battery|device|charger|it)(?: is|'s)? (?:swelling|swollen|hissing|bulging|leaking|overheating)\b",
    )),
    Matter("fraud_security", gettext_noop("Fraud or an account at risk"), "urgent", (
        r"\b(?:hacked|hijacked|(?:is|was|been|got|be|card|account|password|details|phone) compromised|hackers? (?:got|has|have|is|are|took|in|from)|by (?:a )?hackers?|phished|phishing (?:attack|link|victim)|scammed|defrauded|identity theft|sim[- ]?swap)\b", r"\bsomeone(?: else)?(?:'s| is| has| was| got| seems| appears)? (?:\w+ ){0,4}(?:in|into|using|used|access\w*|inside|on|logged|log) (?:\w+ ){0,2}(?:my|our) (?:account|card|bank|phone|app|profile)\b",
        r"\b(?:moving|taking|took|taken|stole|stealing|stolen|draining|emptied|emptying|cleared out) (?:\w+ ){0,2}(?:my|our|the) (?:money|savings|account|cash)\b", r"\b(?:payments?|transactions?|transfers?|purchases?|withdrawals?|charges?)\b.{0,60}\b(?:never been|never (?:bought|authori[sz]ed|gambled)|not (?:me|mine)|wasn'?t me)\b",
        r"\b(?:that |it |this )(?:was not|wasn'?t|isn'?t) me\b", r"\b(?:gave|given|told|typed|read out|sent|shared) (?:\w+ ){0,5}(?:the |my |a )?(?:code|passcode|pin|password|otp|card details|card number)\b", r"\bclicked (?:on )?(?:the|a|that|this) (?:\w+ )?link\b",
        r"\bsafe account\b|\bmove my money to\b", r"\bnew device\b.{0,40}\b(?:not|never|while|but|i am|i'm)\b", r"\b(?:scam|scammer|scammers|fraudster|fraudsters|conman)\b(?!\w)", r"\b(?:nicked|stolen|snatched|mugged|pickpocket\w*)\b.{0,80}\b(?:payment|contactless|used|charged|withdraw\w*|transaction|money)\b",
        r"\b(?:met (?:him |her )?online|online (?:boyfriend|girlfriend|romance))\b", r"\bunauthori[sz]ed (?:access|login|log-in|transfers?|payments?|transactions?|charges?)\b", r"\b(?:gehackt|betrogen|betrüger|kontoübernahme|piraté|arnaqu|hackead[oa]|estafa|estafad[oa]|truffat[oa]|gehackt)\b|взлом|мошенник|盗刷|诈骗|詐欺",
        r"\b(?:opened|open|took|taken|take|made|signed|applied|contract|loan|accounts?|card|credit|someone|somebody|bought|claim|debt|order(?:ed|s)?|shopping)\b.{0,40}\b(?:in|under|using) my (?:name|identity)\b|\bidentity (?:theft|fraud|(?:has been |was |is |got )?stolen)\b|\bstole(?:n)? my identity\b",
        r"\b(?:someone|somebody|a (?:man|woman|stranger|guy)|they|he|she|scammers?|thie(?:f|ves)|hackers?) (?:else )?(?:has|have|had|got|took|stole|knows?) (?:hold of |access to )?(?:my|the) (?:\w+ )?(?:details|password|card details|card number|login|pin|codes?|app|account|phone)\b",
        r"\b(?:gave|given|told|read|sent|shared) (?:him|her|them|someone|somebody|it|that)? ?(?:out )?(?:the|my|a) (?:\w+ )?(?:code|password|passcode|pin|otp|security code|card details|card number|login)\b",
        r"\baccount (?:has been |was |is being |got |being )?(?:taken over|hijacked|emptied|drained|cleared out|compromised|breached)\b|\b(?:emptied|drained|cleaned out|cleared out) my (?:account|savings|balance)\b",
        r"\bmoney (?:is|keeps|has been|was|was being) (?:disappearing|vanishing|going missing|stolen|leaving|being taken)\b|\b(?:phished|scam(?:med|mer|mers)|conned|tricked me|(?:on|from|by|was|through|via|to) a fake (?:website|site|text|call|e-?mail|shop|page|seller|broker|landlord)|sim swap\w*)\b",
        r"\bchanged (?:the|my) (?:e-?mail|phone|password|address|number).{0,60}\b(?:wasn'?t|was not|not|isn'?t) me\b|\b(?:it|that|this) (?:wasn'?t|was not) me\b|\bstolen\b.{0,40}\b(?:access|app|logged in|password|using)\b",
        r"\b(?:someone|somebody)(?: else)? (?:is |was |has |had )?(?:logged|logging|log|signed|getting|got) (?:in)?to\b|\b(?:pretend(?:ed|ing)|claim(?:ed|ing)) to be (?:you|from|the|my)\b|\bspending my money\b|\bopened (?:an?|the) (?:account|card|loan) .{0,40}\b(?:my|using)\b|\b(?:anydesk|teamviewer|remote access|remote control)\b|\b(?:already|now) (?:paying|buying|spending|shopping) with my\b|\b(?:snatched|mugged|robbed)\b|\b(?:my (?:card|bank) details are (?:on|out|online))",
    )),
    Matter("legal", gettext_noop("Legal steps"), "high", (
        r"\b(?:sue|suing|sued)\b(?!-)", r"\b(?:small claims|claims court|take (?:you|this|it) to court|see you in court|court (?:papers|order|case|claim|action|proceedings)|legal (?:action|proceedings|steps|notice|team will)|letter before (?:action|claim)|formal notice|subpoena|injunction|statement of claim)\b",
        r"\bmy (?:solicitor|lawyer|attorney|barrister|counsel)s? (?:will|is|are|has|have|says?|said|advise[sd]?|told|wrote|is going|intends?)\b", r"\b(?:hear|heard) from my (?:solicitor|lawyer|attorney|barrister)\b", r"\bservice of (?:court|process|documents|proceedings|papers)\b", r"\b(?:anwalt|rechtsanwalt|verklag\w+|gericht|avocat|tribunal|porter plainte|abogado|demandar\w*|avvocato|denuncia\w*)\b",
        r"\b(?:issu|start|initiat|begin|launch|commenc|tak)(?:e|es|ing)? (?:court |legal )(?:proceedings|action|steps)\b|\b(?:issu|commenc|start)(?:e|ing) proceedings\b|\bletter before (?:action|claim)\b|\bbarristers?\b|\blegal (?:team|counsel|advice|representative)\b|\blawsuit\b",
        r"\b(?:instructed|hired|consulted|retained|appointed) (?:a |my |our )?(?:solicitors?|lawyers?|attorneys?|counsel)\b|\b(?:solicitors?|lawyers?|attorneys?)\b.{0,40}\b(?:contact|touch|hear|letter|advis\w+)\b|\bhear(?:ing)? from my (?:solicitor|lawyer|attorney)\b|\b(?:seek(?:ing)?|claim(?:ing)?|demand(?:ing)?) (?:damages|compensation)\b",
    )),
    Matter("regulator_press", gettext_noop("Regulator, ombudsman or press"), "high", (
        r"\b(?:reported|report|reporting|complain(?:ed|ing)?|go(?:ing|ne)?|write|writing|wrote|taking this|take this|refer\w*|escalat\w+) (?:\w+ ){0,4}(?:to )?(?:the |my )?(?:fca|ombudsman|regulator|cfpb|bafin|trading standards|ftc|financial (?:conduct|ombudsman)|consumer protection|watchdog|mp|press|media|newspaper|papers|bbc)\b", r"(?<!regulated by )(?<!regulated by the )(?<!registered with the )\b(?:fca|cfpb|bafin|ombudsman)\b(?!\?| (?:scheme|leaflet|page|number))",
        r"\bi(?:'m| am)? (?:a )?(?:journalist|reporter)\b|\bi (?:write|work) for (?:the )?[A-Z]|\bpreparing (?:a|an) (?:piece|article|story|report)\b|\bfor (?:comment|publication)\b", r"\b(?:followers|twitter|tiktok|instagram|facebook|youtube|trustpilot|viral|social media|reddit)\b.{0,50}\b(?:see|know|hear|post|tell|share|how you|expose|treat)\b|\b(?:post(?:ing)?|tell(?:ing)?|shar(?:e|ing)|expos(?:e|ing)|put(?:ting)?)\b.{0,20}\b(?:this|it|that|you|your|every(?:one|body)|people|story|chat|what|how)\b.{0,30}\b(?:twitter|tiktok|instagram|facebook|youtube|trustpilot|social media|reddit)\b", r"\b(?:verbraucherschutz|verbraucherzentrale|ombudsmann|presse|aufsichtsbehörde|médiateur|autorité de contrôle|defensor del (?:cliente|pueblo)|garante)\b",
        r"\b(?:contact|call|e-?mail|tell|inform|notify|ring|speak(?:ing)? to|talk(?:ing)? to|in touch with|go(?:ing)? to|writ(?:e|ing) to|taking it to)(?:ing|ed)? (?:\w+ ){0,2}(?:the )?(?:bbc|guardian|daily mail|the sun|itv|cnn|sky news|reuters|press|media|papers|newspapers?|journalists?|reporters?|ombudsman|fca|regulators?|watchdogs?|trading standards|consumer (?:rights|protection))\b",
        r"\bi'?m (?:from|with|at|writing for|calling from) (?:the )?(?:guardian|bbc|times|telegraph|daily \w+|mirror|sun|independent|observer|press|new york times|financial times|ft|reuters|bloomberg|associated press)\b",
        r"\b(?:my|our|local) (?:mp|congress(?:man|woman)|senator|councillor)\b|\b(?:everyone|everybody|people|the world) (?:on|at) (?:twitter|x|facebook|tiktok|social media|reddit|trustpilot)\b|\bname and shame\b",
    )),
    Matter("bereavement", gettext_noop("A death"), "high", (
        r"\b(?:mother|father|mum|mom|dad|husband|wife|partner|brother|sister|son|daughter|grand\w+|nan|uncle|aunt|friend|parent|he|she|who) (?:has |have |had |just |recently |sadly |suddenly )*(?:died|passed away|passed on|has passed|deceased)\b",
        r"\b(?:passed away|bereave\w*|(?<!as )deceased(?! flag)|funeral(?! (?:flowers?|cover|plans?|insurance))|probate|next of kin|death certificate|the late (?:mr|mrs|ms|dr)|(?<!job )executor(?! (?:by trade|service|usually|memory))|executrix|widow(?:er|ed)?(?!'s| and orphan))\b", r"\b(?:verstorben|gestorben|todesfall|nachlass|décédée?|décès|fallecid[oa]|falleció|defunt[oa]|deceduto|overleden|faleceu)\b|умер|去世|亡くなり",
        r"\b(?:we|i|i've|we've|have|just|recently|who) lost (?:our|my|his|her) (?:dear |beloved |elderly )?(?:mum|mom|mother|dad|father|husband|wife|partner|son|daughter|brother|sister|gran\w*|nan|baby|child|parents?|uncle|aunt|friend)\b(?!'s|\w)",
        r"\b(?:mum|mom|mother|dad|father|husband|wife|partner|son|daughter|brother|sister|gran\w*|nan|baby|child|parents?|uncle|aunt|friend|he|she) (?:has |sadly |just |recently )*passed\b(?! (?:the|my|his|her|their|it|me|us|him|them|on (?:the|my|your)))",
        r"\b(?:my|his|her|our|the) late (?:mum|mom|mother|dad|father|husband|wife|partner|son|daughter|brother|sister|gran\w*|nan|baby|child|parents?|uncle|aunt|friend)\b",
        r"\bdeath (?:in|of|certificate)\b|\bno longer with us\b|\baccount holder (?:has |is |was )?(?:died|dead|deceased)\b|\bestate of\b|\b(?:aunt|uncle|father|mother|mum|dad|husband|wife)'s estate\b|\binherit\w* (?:from|his|her)\b",
        r"\b(?:since|after|because of) (?:my|his|her|our|the) (?:mum|mom|mother|dad|father|husband|wife|partner|son|daughter|brother|sister|grandmother|grandfather|nan|aunt|uncle)'s? (?:death|passing|funeral)\b",
    )),
    Matter("data_rights", gettext_noop("Rights over personal data"), "high", (
        r"\b(?:gdpr(?! (?:mode|banner|plugin|compl\w+))|dsgvo|rgpd|ccpa|subject access|data protection (?:officer|act|request)|right to be forgotten|article 1[57]|sar request|dsar)\b", r"\bdelete (?:all )?(?:of )?my (?:personal )?(?:data|information|details)\b|\bdelete everything you (?:have|hold|know)\b|\berase (?:all )?(?:of )?my (?:personal )?(?:data|information)\b", r"\bwithdraw (?:my )?consent\b", r"\bdata (?:breach|leak)\b", r"\beverything you (?:hold|have|keep|store|know)(?: \w+){0,2} (?:on|about) me\b|\b(?:copy|export) of (?:all )?(?:of )?(?:my|the) (?:personal )?data (?:you|that you)\b|\ball (?:the )?(?:data|information) you (?:hold|have|keep|store)\b",
        r"\b(?:sent|gave|shared|disclosed|leaked|emailed|posted) my (?:\w+ ){0,3}(?:to (?:my ex|someone|another|the wrong|a stranger)|to \w+ (?:ex|neighbou?r))", r"\bmeine daten (?:löschen|herausgeben)|supprimer mes données|borrar mis datos|eliminar mis datos\b",
        r"\b(?:erase|delete|remove|forget|wipe|destroy) (?:me\b(?! from (?:the|this|that|a|your) (?:group|list|newsletter|mailing|chat|team|thread|e-?mail|waiting))|(?:everything|anything|all|any|every)(?: \w+){0,5} (?:about|on|of) me)",
        r"\bcopy of (?:all|everything|any|every|the|whatever)(?: \w+){0,5} (?:about|on|of) me\b|\bcopy of (?:all )?my (?:personal )?data\b",
        r"\bobject to (?:the |your |any )?(?:processing|use|sharing|profiling)\b|\b(?:shared?|sold|sell(?:ing)?|passed?|leaked?) my (?:\w+ )?(?:data|information|details)\b|\b(?:share|pass|sell) my (?:\w+ )?(?:data|information|details) with\b",
        r"\bsent my (?:\w+ )?(?:statements?|details|documents?|data|information|letters?) to (?:a|the wrong|another|someone|somebody|some|my (?:ex|neighbou?r|old))\b|\b(?:remove|delete|erase) (?:all )?(?:of )?my (?:records|data|details|information|personal \w+)\b|\bprivacy (?:breach|violation|rights)\b|\bwithout my (?:consent|permission)\b",
        r"\b(?:all|any|what|which|the) (?:personal )?(?:data|information) (?:that )?you (?:process|hold|store|keep|have|collect(?:ed)?)(?: \w+){0,2} (?:on|about) me\b|\bright (?:to|of) (?:erasure|access|rectification|portability|be forgotten)\b",
    )),
    Matter("discrimination", gettext_noop("Discrimination"), "high", (
        r"\bdiscriminat\w*", r"\b(?:racist|racism|sexist|sexism|homophobic|transphobic|xenophobic|ableist|islamophobic|antisemitic)\b", r"\bpeople (?:from|of|like) (?:your|my|our|this|that) (?:country|race|religion|colou?r|kind|background|origin)\b", r"\bbecause (?:of my|i am|i'm) (?:\w+ )?(?:race|religion|birthplace|nationality|skin|accent|disability|gender|gay|black|muslim|jewish|disabled|foreign\w*|a woman|origin|name)\b", r"\b(?:equality act|diskriminier\w*|rassist\w*|raciste|racista)\b",
        r"\b(?:made|making|makes) fun of (?:my|me|us)\b|\b(?:mock(?:ed|ing|s)?|laugh(?:ed|ing)? at) (?:my|me|us)\b|\bracial(?:ly)?\b|\bprofil(?:ed|ing)\b.{0,20}\b(?:me|us|race|because)\b|\bracial profiling\b",
        r"\bbecause (?:i|we) (?:wear|am|'m|are|have|come|look|speak|was born)\b.{0,25}\b(?:hijab|headscarf|turban|veil|gay|lesbian|trans\w*|black|asian|muslim|jewish|foreign\w*|disab\w+|accent|woman|old|from)\b|\bbecause i'?m (?:gay|lesbian|trans\w*|black|asian|muslim|jewish|foreign\w*|disabled|old|a woman)\b",
        r"\b(?:foreigners?|immigrants?|migrants?|muslims?|black people|disabled people|women|old people|people like (?:me|us))\b.{0,30}\b(?:criminals?|terrorists?|second[- ]class|dirt|badly|worse|differently)\b|\b(?:prejudic\w+|bigot\w*|slurs?)\b|\bwheelchair\b.{0,40}\b(?:access\w*|laugh\w*|refus\w*|no)\b",
    )),
    Matter("minor", gettext_noop("The writer may be a child"), "high", (
        r"\b(?:i'?m|i am|im) (?:only |just )?(?:a )?(?:[5-9]|1[0-7])\b(?! (?:days?|weeks?|months?|minutes?|mins?|hours?|hrs?|pounds?|euros?|dollars?|miles?|km|%|percent|steps?|pm|am|th|payments?|times?|cards?|years? (?:with|a)|people|in the))", r"\b(?:i'?m|i am|im) (?:under ?age|under 18|a minor|a kid|a child|still at school)\b", r"\bich bin (?:erst )?(?:[5-9]|1[0-7]) jahre\b|\bj'ai (?:[5-9]|1[0-7]) ans\b|\btengo (?:[5-9]|1[0-7]) años\b",
        r"\b(?:i'?m|i am) in (?:year|grade|class) (?:[1-9]|1[0-3])\b|\b(?:i'?m|i am|im) (?:only |just )?(?:seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen)\b(?! (?:days?|weeks?|months?|minutes?|hours?|pounds|euros|dollars|times|people))",
        r"\bi(?:'ll| will)? (?:turn|be) (?:[5-9]|1[0-8]) (?:next|this|in|soon|on)\b|\bmy (?:mum|mom|dad|parents?|mother|father) (?:doesn'?t|don'?t|does not|do not|mustn'?t) know\b|\b(?:[5-9]|1[0-7])[- ]year[- ]old (?:girl|boy|student|here)\b",
    )),
    Matter("vulnerable", gettext_noop("A customer who needs care"), "high", (
        r"\b(?:i|i'?m|i've|my|me|his|her|our|he|she|mum|mom|dad|who|with|have|has|had|having|severe|early|diagnosed|from|since|is|was|ill|got|going)\b.{0,40}\b(?:dementia|alzheimer\w*|stroke|cancer|terminally ill|hospice|mental health|depress(?:ed|ion)|bipolar|schizophreni\w*|anxiety|panic attacks?|learning (?:disabilit\w+|difficult\w+)|chemo\w*|brain injury|muddled|confused and)\b(?! (?:research|donation|ring|order))",
        r"\b(?:i'?m|i am|im|aged?) (?:7[5-9]|[89]\d|1[01]\d)\b(?! (?:days|weeks|minutes|hours|pounds|euros|dollars|%|percent|miles))",
        r"\b(?:gambl(?:ed|ing) (?:it |all |again|everything|addict\w*|problem)|addict(?:ed|ion)?|relapse\w*)\b", r"\b(?:visually impaired|can'?t (?:see|read|hear) (?:well|properly|any ?(?:more|thing))|(?:don'?t|can'?t|cannot) manage (?:these|the menus?|this any ?more))\b",
        r"\bi(?:'m| am)? (?:registered |partially |totally |legally |almost |nearly )?(?:blind|deaf)\b|\bsectioned\b|\bgambl(?:ed|ing)\b.{0,30}\b(?:away|wages|again|everything|savings|problem|stop me)\b|\b(?:i|i'm|i've|am|was|been|just|still|and) (?:\w+ ){0,2}(?:in|out of|from) hospital\b|\bhospitali[sz]ed\b",
        r"\bi(?:'m| am| have|'ve got) (?:\w+ )?(?:disabled|disabilit\w+|autis\w+|adhd|ptsd|psychosis|manic|parkinson\w*|ms\b|epilep\w+)\b|\b(?:nervous|mental) breakdown\b|\bi(?:'m| am) (?:her|his|their|my \w+'s) carer\b|\bcare home\b|\b(?:confused|forgetful|frail) (?:and|since|after|mother|father|mum|dad)\b",
        r"\b(?:mother|father|mum|mom|dad|nan|gran\w*|grandmother|grandfather|aunt|uncle|parent|neighbou?r) (?:is|was) (?:[7-9]\d|1\d\d|elderly|old|frail|confused|ill|vulnerable)\b",
    )),
    Matter("coercion", gettext_noop("Somebody may be under another's control"), "urgent", (
        r"\b(?:my (?:partner|husband|wife|boyfriend|girlfriend|ex|son|daughter|carer|family))\b.{0,30}\b(?:controls?|monitors?|watch(?:es)?|checks?|hits?|beats?|forces?|threatens?|abus\w+|won'?t let|takes my)\b", r"\b(?:domestic (?:abuse|violence)|abusive (?:partner|husband|wife|relationship)|women'?s (?:refuge|shelter)|coerc\w+|in secret)\b",
        r"\b(?:he|she|they|my \w+) (?:makes?|made|forc(?:es|ed|ing)|pressur\w+) me (?:to )?(?:send|give|pay|transfer|hand|sign|open|take|withdraw)\b|\b(?:husband|wife|partner|boyfriend|girlfriend|ex|father|family|he|she) (?:must|can|should|may) ?(?:not|n'?t) (?:find out|know|see|get)\b",
        r"\b(?:in|at|from) a (?:women'?s )?(?:refuge|shelter)\b|\bmy ex(?:[- ]\w+)?\b.{0,40}\b(?:login|password|access|stalk\w*|track\w*|follow\w*|watch\w*|sees?|address|harass\w*)\b|\b(?:afraid|scared|frightened|terrified) of (?:my (?:partner|husband|wife|ex|boyfriend|girlfriend|father|son)|him|her)\b",
        r"\b(?:takes?|took|keeps?|holds?) (?:all )?my (?:card|wages|salary|money|pension|benefits|phone)\b.{0,30}\b(?:decid\w+|and|from me|control\w*|won'?t)\b|\bdecides what i\b|\bdoesn'?t let me\b|\bfled\b",
        r"\b(?:he|she|my \w+) (?:beats?|hits?|hurts?|chokes?|threatens?|abuses?) me\b|\b(?:hide|hiding|keep) (?:\w+ )?(?:money|it|this|savings) from my\b|\babusive\b",
    )),
    Matter("hardship", gettext_noop("Money trouble"), "normal", (
        r"\b(?:lost my job|made redundant|laid off|unemployed|(?:can'?t|cannot|can not) (?:afford|feed|eat|pay(?! (?:by|with|via|at|in|online|through|using|for (?:my )?(?:lunch|coffee|parking|dinner)))\b)|unable to (?:pay|afford|feed)|bankrupt\w*|insolven\w*|evict\w*|homeless|food ?bank|bailiffs?|debt collect\w*|payday loans?|struggling (?:to pay|financially|with (?:money|debt|bills))|behind on (?:my )?(?:rent|bills|payments))\b",
        r"\b(?:nothing|no money|\d+ (?:pounds|quid|euros|dollars)) (?:left(?! on (?:the|my|a))|until|till)\b", r"\bkids? (?:need to|can'?t|have nothing to) eat\b|\bfinancial (?:difficult\w+|hardship)\b|\bcan'?t (?:buy|put) food\b",
        r"\b(?:no|not enough|without) (?:food|money|heating|electricity|gas|cash) (?:until|till|left|for|to|because)\b|\bcan'?t (?:make|meet|manage|keep up with) (?:the|my|this|these) (?:\w+ )?(?:repayments?|rent|bills?|mortgage|instal\w+|payments? (?:this|any ?more|until|because|for a))\b",
        r"\b(?:drowning|buried|deep|up to my (?:neck|ears)|trapped) in debts?\b|\bheating (?:and|or) eating\b|\bbenefits? (?:were|was|have been|has been|got|are|is) (?:stopped|cut|sanctioned|suspended)\b|\blos(?:e|ing) (?:my|our|the) (?:home|house|flat)\b|\b(?:sleeping|living) (?:rough|in my car|on the streets?)\b|\bin arrears\b|\bdebt (?:adviser|charity|advice|management)\b|\bout of work\b|\bfeed my (?:kids|children|family)\b",
    )),
    Matter("complaint", gettext_noop("A formal complaint"), "normal", (
        r"\b(?:formal|official|written) complaint\b", r"\b(?:make|making|file|filing|raise|raising|lodge|lodging|log|register|submit) (?:a|an|my|this) (?:\w+ )?complaint\b", r"\bcomplain (?:officially|formally|about (?:you|your|an? agent|the way|how))\b", r"\bescalate (?:this|it|(?:my|the) (?:case|complaint|issue|matter|problem|ticket|request|claim))\b|\bhow (?:do|can) i escalate\b", r"\bwho (?:handles|deals with) complaints\b|\bcomplaints? (?:department|team|manager|handler)\b", r"\b(?:beschwerde (?:einlegen|einreichen)|offizielle beschwerde|réclamation (?:formelle|officielle)|reclamación (?:formal|oficial)|reclamo formale)\b",
        r"\b(?:i|we)(?:'m| am|'d like| would like| want| wish| have| need| intend|'ll| will)?(?: \w+)? (?:to )?complain(?:ing)?\b(?! (?:about (?:the )?(?:weather|price)))|\b(?:send|log|put in|direct|address|lodge|open|register|treat|take|class) (?:\w+ ){0,4}complaint\b|\bcomplaint (?:reference|number|procedure|form)\b",
        r"\b(?:this|it|my case|the matter|my complaint) (?:to be )?escalated\b|\b(?:final response|deadlock letter)\b",
        r"\b(?:my|a|this|the) complaint (?:to be )?(?:logged|registered|recorded|escalated|raised|upheld)\b|\bcomplaints? (?:officer|line|manager|handler)\b",
    )),
    Matter("chargeback", gettext_noop("A chargeback"), "normal", (
        r"\b(?:start|raise|request|initiate|file|open|want|do|claim|make) (?:a |the |an )?(?:chargeback|charge[- ]back)\b", r"\bcharge (?:it|this|that|them) back\b", r"\b(?:section 75|dispute with my (?:bank|card))\b",
        r"\b(?:raise|open|start|file|log|lodge) (?:a |the )?dispute\b",
        r"\bchargeback\b.{0,20}\b(?:now|please|request|claim)\b",
        r"\b(?:doing|do|requesting|filing|starting|making|raising) a charge ?-?back\b",
    )),
    Matter("wants_person", gettext_noop("Asks for a person"), "normal", (
        r"\b(?:talk|speak|chat|spoke|write|connected?|transfer(?:red)?|put (?:me )?through|pass(?:ed)? (?:me )?(?:on|over)|get me|give me|escalate(?: me)?|hand(?:ed)? over|switch(?: me)?|need|want|prefer) (?:me )?(?:\w+ )?(?:to |with |for )?(?:a |an |the |some |your |any )?(?:real |live |actual |human |proper |different |senior )*(?:person|human|agent|representative|rep|operator|advis[oe]r|manager|supervisor|somebody|someone|human being|member of staff|customer service agent|colleague|people)\b(?! (?:please )?(?:access|using|used|else'?s?))",
        r"\b(?:real|live|actual) (?:person|human|agent|people)\b(?!.{0,30}\b(?:hours|weekend|weekends|opening)\b)", r"^(?:\W*(?:agent|human|person|representative|operator|real person|advisor|help desk)\W*)+(?:now|please)?\W*$", r"\b(?:call|ring|phone) me(?: back| on| at| please| today| tomorrow| now| asap|\W*$)|\b(?:can|could|please|have) (?:a person|someone|somebody|you) (?:please )?(?:call|ring|phone)\b", r"\b(?:not|no|stop) (?:\w+ )?(?:a )?(?:bot|robot|bots|robots|machine|chatbot)\b|\b(?:bot|robot|chatbot) (?:is )?(?:crap|rubbish|useless|nonsense)\b",
        r"\b(?:mit einem (?:menschen|mitarbeiter)|echten menschen|mitarbeiter sprechen|parler à (?:un|une) (?:humain|personne|conseiller|agent)|vrai(?:e)? personne|hablar con (?:una persona|un agente|un humano)|persona real|parlare con (?:una persona|un operatore)|falar com (?:uma pessoa|um atendente)|een medewerker spreken|met een mens)\b|人工客服|转人工|担当者と話|живой оператор|с человеком|موظف",
        r"\b(?:talk|speak|chat|deal|writ\w+|argu\w+)(?:ing)? (?:to|with) (?:a |the |some |this |your )?(?:\w+ )?(?:bot|robot|machine|computer|ai|chat ?bot)\b",
        r"\b(?:anyone|anybody|someone|somebody) (?:real|human|alive)\b|\bautomat(?:ed|ic) (?:repl(?:y|ies)|responses?|answers?|messages?|system)\b.{0,30}|\b(?:real|actual) human\b",
        r"\bconnect (?:me )?(?:to|with) (?:\w+ )?(?:support|staff|agent|service|team|someone|somebody|human|person)\b|\b(?:can|could|let|have|get|may) (?:(?:a|an) (?:real )?(?:human|person|employee|colleague)|some(?:one|body)) (?:\w+ )?(?:read|look|check|answer|reply|respond|handle|phone|ring|call|contact)\b",
        r"\b(?:human|person|agent|representative|operator|supervisor|manager),? (?:please|pls|now|asap)\b|\bget (?:me )?(?:your|the) (?:boss|manager|supervisor)\b|\bi'?d rather (?:talk|speak)\b",
        r"\b(?:have|get|want|need|like) a (?:phone |video )?call (?:back )?(?:from|with)\b|\bcall ?back\b.{0,15}\b(?:please|from|request)\b",
    )),
    Matter("abuse", gettext_noop("Abuse"), "normal", (
        r"\bf+(?:\*{2,}|u+c*k+\w*) (?:you|u|off|your)\b|\bf\*+ ?(?:you|off)\b", r"\byou (?:\w+ ){0,3}(?:scum|bastards?|idiots?|morons?|thieves|thieving|liars?|lying|crooks?|criminals|parasites|pigs|cunts?|wankers?|pricks?|arseholes?|assholes?|imbeciles?)\b", r"\b(?:bunch|pack|lot) of (?:\w+ )?(?:thieves|idiots|liars|crooks|morons|criminals|scammers|clowns)\b", r"\b(?:scum|wankers|arseholes|assholes|cunts)\b", r"\b(?:arschloch|arschlöcher|drecks\w+|connards?|salauds?|hijos de puta|gilipollas|stronzi)\b",
        r"\b(?:go to hell|piss off|screw (?:you|this company)|up yours|drop dead(?! (?:date|gorgeous|line))|shut (?:the \w+ )?up|kiss my|suck my|dickheads?|dumbass\w*|retards?)\b",
        r"\b(?:shit|shitty|crap|garbage|useless|stupid|pathetic|incompetent|fucking) (?:company|bank|people|idiots?|morons?|staff|agents?|fools?|clowns?|lot)\b",
        r"\b(?:incompetent|bloody|lying|thieving|stupid|useless|complete|total) (?:\w+ )?(?:pricks?|crooks?|liars?|thieves|cowboys|clowns|muppets|morons|idiots|wankers|scumbags?|bastards?)\b|\bscumbags?\b",
    )),
    Matter("repeat_contact", gettext_noop("Has written several times"), "normal", (
        r"\b(?:third|3rd|fourth|4th|fifth|5th|sixth|6th|seventh|7th|eighth|tenth|10th|umpteenth|hundredth) (?:time|message|e-?mail|chat|call|attempt|reminder|letter|request)\b(?!.{0,12}\b(?:i (?:logged|used)|zone))", r"\b(?:still|yet) (?:no|not|haven'?t|without|waiting for) (?:a |an |any |had |had a |got a |received )*(?:answer|reply|response|feedback|solution|one answered|heard)\b", r"\b(?:nobody|no one|no-one|none of you) (?:reads?|answers?|replies|replied|answered|responds?|responded|cares?|helps?|listens?)\b", r"\b(?:again and again|over and over|keep (?:asking|writing|calling|contacting|explaining|repeating)|(?:written|wrote|called|contacted|asked|messaged|emailed) (?:you )?(?:\w+ )?(?:[3-9]|\d\d|three|four|five|six|seven|several|many|multiple|countless) times)\b",
        r"\b(?:zum (?:dritten|vierten|fünften) mal|pour la (?:troisième|quatrième) fois|por (?:tercera|cuarta) vez|per la terza volta)\b",
        r"\bhow (?:many (?:more )?times|often) (?:do|must|have|should|will) i (?:have to |need to |got to )?(?:\w+ )?(?:explain|ask|write|call|tell|say|repeat|contact|told|asked|written|send)\b",
        r"\b(?:contacted|written|wrote|asked|called|e-?mailed|messaged|told|explained|complained|chased|phoned|rung|reported)(?: to)? (?:you |this |it |them |about this |your \w+ )*(?:\w+ ){0,2}(?:twice|three times|3 times|four times|several times|multiple times|many times|countless times|repeatedly)\b",
        r"\b(?:e-?mailed|called|messaged|written|wrote|phoned|contacted|asked)\b.{0,40}\b(?:but|and|,) (?:got |had |still |heard )*(?:nothing|no (?:reply|answer|response|luck|one))\b|\b(?:nobody|no[- ]?one) (?:has |have |ever |is |there )*(?:got(?:ten)? back|c[ao]me back|replie[sd]|reply|respond(?:ed|s)?|answer(?:ed|s)?|called back)\b",
        r"\b(?:been )?waiting (?:\w+ ){0,4}for (?:a|your|any|an) (?:reply|answer|response)\b|\bstill (?:not|un) ?(?:been )?(?:resolved|solved|fixed|sorted)\b|\bgetting nowhere\b|\b(?:second|2nd|another) (?:reminder|chaser)\b|\bi(?:'ve| have) already (?:told|explained|asked|written|contacted|sent)\b.{0,30}\b(?:times|twice|you this)\b",
        r"\b(?:you|they|nobody|no one) (?:still )?(?:haven'?t|hasn'?t|never|didn'?t|don'?t|have not) (?:answer(?:ed)?|repl(?:y|ied)|respond(?:ed)?)\b|\b(?:being|been|am|keep (?:being|getting)) ignored\b|\bignor(?:e|es|ing) (?:me|my (?:e-?mails|messages|letters))\b",
    )),
)  # fmt: skip

# Nobody reads more than this; what comes after it is a file, not a message.
MOST = 200_000
_UNSEEN = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
_APOSTROPHES = str.maketrans({"’": "'", "‘": "'", "´": "'", "`": "'"})
_COMPILED = [
    (matter, [re.compile(p, re.IGNORECASE) for p in (*matter.patterns, *ELSEWHERE.get(matter.code, ()))]) for matter in MATTERS
]
_ALARM = re.compile(
    r"\b(?:kill|suicid|die\b|dying|dead|death|hang|jump|overdos|pills|hurt|harm|knife|gun|bomb|shoot|stab|burn|fire|gas\b|smoke|hacked|"
    r"stolen|scam|fraud|police|lawyer|solicitor|court|umbring|selbst|sterben|mourir|tuer|matar|morir|morire|dood|morrer)",
    re.IGNORECASE,
)
HEAD, TAIL = 2_000, 1_000
EXCERPTS, AROUND = 8, 120


def found_in(text: str) -> list[Matter]:
    """The matters that a message names, each once."""
    plain = read(text)
    return [matter for matter, patterns in _COMPILED if any(pattern.search(plain) for pattern in patterns)]


def read(text: str) -> str:
    """What the rules read. Of a message beyond all measure: the beginning, the end, and what stands around alarming words."""
    plain = " ".join(folded_signs(text).split())
    if len(plain) <= HEAD + TAIL:
        return plain
    alarms = islice(_ALARM.finditer(plain, HEAD - AROUND, len(plain) - TAIL + AROUND), EXCERPTS)
    excerpts = [plain[max(0, one.start() - AROUND) : one.end() + AROUND] for one in alarms]
    return "\n".join([plain[:HEAD], *excerpts, plain[-TAIL:]])


def folded_signs(text: str) -> str:
    """One sign for each letter: full width, ligatures, curly apostrophes, and nothing that cannot be seen."""
    return _UNSEEN.sub("", unicodedata.normalize("NFKC", text[:MOST])).translate(_APOSTROPHES)
