"""The gravest matters in German, French, Spanish, Italian, Portuguese and Dutch, by the code of the matter.

Every other language is held for a person anyway; these make sure that such a message does not wait its turn.
"""

ELSEWHERE = {
    "self_harm": (
        r"\b(?:bringe? mich um|nehme? mir das leben|will (?:\w+ ){0,3}(?:sterben|nicht mehr (?:leben|da sein|hier sein)))\b|\blebensmüde\b|\bleben ein ende\b|\bohne mich besser dran\b|\babschiedsbrief\b",
        r"\b(?:ich kann nicht mehr)\b(?! (?:einloggen|zugreifen|anmelden|zahlen|bezahlen|auf|auf mein))",
        r"\bje (?:veux|vais) (?:mourir|en finir|me (?:tuer|suicider|pendre))\b|\ben finir avec la vie\b|\benvie de mourir\b|\bfin à mes jours\b",
        r"\bquiero (?:morir|suicidar|matar)(?:me)?\b|\bme (?:quiero|voy a) (?:morir|matar|suicidar)\b|\bacabar con (?:mi vida|todo)\b|\bno quiero (?:seguir viviendo|vivir)\b|\bestarían mejor sin mí\b",
        r"\bvoglio (?:morire|uccidermi|suicidarmi|farla finita)\b|\bmi (?:uccido|ammazzo|suicido)\b|\btogliermi la vita\b|\bnon voglio più vivere\b",
        r"\bquero (?:morrer|me matar|suicidar)\b|\bvou me (?:matar|suicidar)\b|\bacabar com (?:a minha vida|tudo)\b|\bnão (?:quero|aguento) (?:mais )?viver\b",
        r"\bik wil (?:dood|niet meer leven|sterven|er niet meer zijn)\b|\bmezelf (?:ophangen|doden|van kant maken)\b|\bzelfdoding\b|\bik stap eruit\b",
    ),
    "threat": (
        r"\bich wei(?:ß|ss) wo (?:du|ihr|sie) wohn\w+|\bihr werdet (?:es|das) (?:noch )?bereuen\b|\bich (?:bringe|mache|schlage|steche) (?:euch|dich|sie|ihn) (?:um|fertig|kaputt|ab|tot|zusammen)\b",
        r"\bje sais où (?:tu|vous) (?:habite|travaille)\w*|\bvous allez (?:le )?(?:regretter|payer)\b|\bje vais (?:vous|te|le|la|les) (?:tuer|frapper|buter|crever|retrouver)\b",
        r"\bsé dónde (?:vives|viven|trabajas|están)\b|\bse van a arrepentir\b|\b(?:te|os|los|le|la) voy a (?:matar|pegar|buscar|romper|partir)\b",
        r"\bso dove (?:abit|lavor)\w+|\bve ne pentirete\b|\b(?:vi|ti|lo) (?:ammazzo|uccido|spacco)\b",
        r"\bsei onde (?:vocês?|tu) (?:mora|trabalha)\w*|\bvão se arrepender\b|\bvou (?:te|vos|lhe|lhes) (?:matar|bater|pegar)\b",
        r"\bik weet waar (?:je|jullie|u) (?:woont|wonen|werkt|werken)\b|\bjullie zullen (?:er )?spijt\b|\bik (?:maak|sla|steek|schiet) (?:je|jullie|hem|u) (?:af|dood|kapot|neer|in elkaar)\b",
    ),
    "safety": (
        r"\bgasgeruch\b|\briecht (?:\w+ )?(?:nach (?:gas|rauch)|verbrannt)\b|\bes brennt\b|\bin flammen\b|\bexplodiert\b|\bstromschlag\b|\bkohlenmonoxid\b",
        r"\bodeur de (?:gaz|brûlé)\b|\bsent le gaz\b|\ba pris feu\b|\ben feu\b|\ba explosé\b|\bélectrocut\w+|\bchoc électrique\b",
        r"\bhuele a (?:gas|quemado)\b|\ben llamas\b|\bse (?:quemó|incendió)\b|\bexplotó\b|\bdescarga eléctrica\b",
        r"\bpuzza di (?:gas|bruciato)\b|\bodore di gas\b|\bpreso fuoco\b|\bin fiamme\b|\besplos[oa]\b|\bscossa elettrica\b",
        r"\bcheiro (?:a|de) (?:gás|queimado)\b|\bpegou fogo\b|\bem chamas\b|\bexplodiu\b|\bchoque elétrico\b",
        r"\bgaslucht\b|\bruikt naar gas\b|\b(?:staat|vloog) in brand\b|\bontploft\b|\belektrische schok\b|\bkoolmonoxide\b",
    ),
    "fraud_security": (
        r"\bleergeräumt\b|\bgeplündert\b|\bbetrüger\b|\bbetrogen worden\b|\bnicht von mir\b|\bkarte (?:wurde )?(?:gestohlen|geklaut)\b|\b(?:abbuchung|überweisung|zahlung)(?:en)?\b.{0,40}\bnicht (?:gemacht|getätigt|autorisiert|von mir)\b|\bunbekannte (?:abbuchung|zahlung|überweisung)|\btan (?:weitergegeben|durchgegeben|genannt)\b",
        r"\bcompte (?:a été )?(?:piraté|vidé)\b|\b(?:m'a|m'ont|ai été) (?:volé|arnaqué|escroqué|piraté)\w?\b|\barnaque\b|\bescroc\w*|\bcarte volée\b|\b(?:paiement|débit|virement|prélèvement)s?\b.{0,40}\b(?:pas de moi|pas autorisé|frauduleux|inconnu)\b|\busurpation d'identité\b|\bdonné (?:mon|le) code\b",
        r"\bme han (?:robado|estafado|hackeado|vaciado)\b|\bcuenta (?:hackeada|vaciada|robada)\b|\btarjeta robada\b|\brobaron (?:mi|la) tarjeta\b|\b(?:cargo|pago|transferencia|movimiento)s?\b.{0,40}\bno (?:reconozco|hice|autoricé|he hecho)\b|\bdi (?:mi|el) código\b",
        r"\bmi hanno (?:rubato|truffato|hackerato|svuotato|clonato)\b|\bconto (?:hackerato|svuotato)\b|\btruffa\b|\bcarta (?:rubata|clonata)\b|\b(?:pagamento|addebito|bonifico)\b.{0,40}\bnon (?:ho fatto|riconosco|ho autorizzato|autorizzato)\b|\bfurto d'identità\b",
        r"\b(?:fui|foi) (?:roubad|burlad|hackead|enganad|clonad)[oa]\b|\bconta (?:invadida|hackeada|esvaziada)\b|\bcaí n?um golpe\b|\bcaí no golpe\b|\bcartão (?:roubado|clonado)\b|\b(?:compra|pagamento|transferência)s?\b.{0,40}\bnão (?:reconheço|fiz|autorizei|fui eu)\b",
        r"\brekening (?:is )?(?:gehackt|leeggehaald|geplunderd)\b|\bopgelicht\b|\boplichter\w*|\bpas (?:is )?gestolen\b|\bgestolen (?:pas|kaart)\b|\b(?:betaling|afschrijving|overboeking)(?:en)?\b.{0,40}\b(?:niet (?:gedaan|van mij)|herken ik niet)\b|\bidentiteitsfraude\b|\bmijn code (?:gegeven|doorgegeven)\b",
    ),
    "legal": (
        r"\bmeine[nm]? (?:rechts)?anw[aä]lt\w*|\brechtliche schritte\b|\bklage (?:einreichen|erheben)\b|\bvor gericht\b|\bstrafanzeige\b|\bmit der abmahnung\b",
        r"\bmon avocat\b|\baction en justice\b|\bmise en demeure\b|\bporter? plainte\b|\bsaisir le tribunal\b",
        r"\bmi abogad[oa]\b|\bacciones legales\b|\bvía judicial\b|\bvoy a denunciar\w*|\bburofax\b",
        r"\bil mio avvocato\b|\bvie legali\b|\bazion[ei] legal[ei]\b|\bin tribunale\b|\bquerela\b",
        r"\bmeu advogado\b|\bminha advogada\b|\bação judicial\b|\bprocessar vocês\b|\bmedidas legais\b|\bprocon\b",
        r"\bmijn advocaat\b|\bjuridische stappen\b|\bnaar de rechter\b|\brechtszaak\b|\bingebrekestelling\b|\baangifte (?:doen|gedaan)\b",
    ),
    "bereavement": (
        r"\bsterbeurkunde\b|\berbschein\b|\bbeerdigung\b|\btrauerfall\b|\bhinterbliebene|\bverstorben|\b(?:mann|frau|mutter|vater|oma|opa|sohn|tochter|bruder|schwester) ist (?:\w+ ){0,3}(?:gestorben|tot)\b",
        r"\best (?:décédée?|mort|morte)\b|\bvient de (?:décéder|mourir)\b|\bacte de décès\b|\bobsèques\b|\benterrement\b",
        r"\bha (?:fallecido|muerto)\b|\bmurió\b|\bfallecimiento\b|\bcertificado de defunción\b|\bdifunt[oa]\b",
        r"\bè (?:morto|morta|mancat[oa]|decedut[oa])\b|\bcertificato di morte\b|\bfunerale\b|\bdefunt[oa]\b",
        r"\bmorreu\b|\bfalecid[oa]\b|\bcertidão de óbito\b|\bviúv[oa]\b",
        r"\bis (?:\w+ ){0,3}gestorven\b|\boverlijden\w*|\bbegrafenis\b|\bnabestaande\w*",
    ),
    "wants_person": (
        r"\b(?:einem|einen|einer|eine) (?:echten |richtigen )?(?:menschen|person|mitarbeiter(?:in)?|berater(?:in)?|kollegen) (?:\w+ )?(?:sprechen|reden|verbinden|verbunden)\b|\brückruf\b|\brufen sie mich\b|\bkeinen? (?:bot|roboter|computer)\b",
        r"\bparler (?:à|avec) (?:quelqu'un|une? (?:vraie? )?(?:personne|humain|conseiller|conseillère|agent|responsable))\b|\brappelez[- ]moi\b|\bpas (?:à )?une? (?:robot|machine)\b",
        r"\bhablar con (?:alguien|una? (?:persona|agente|humano|asesor|operador|supervisor|encargad[oa]))\b|\bque me llamen\b|\bllámenme\b|\bcon una? (?:robot|máquina)\b",
        r"\bparlare con (?:qualcuno|una? (?:persona|operatore|umano|consulente|responsabile))\b|\brichiamatemi\b|\bessere richiamat[oa]\b",
        r"\bfalar com (?:alguém|uma? (?:pessoa|atendente|humano|gerente|supervisor))\b|\bme (?:ligue|liguem)\b",
        r"\b(?:mens|persoon|medewerker|collega|iemand) (?:spreken|praten|chatten)\b|\bbel me(?: terug)?\b|\bteruggebeld\b|\bgeen (?:robot|bot|computer)\b",
    ),
    "complaint": (
        r"\bbeschwerde (?:über|gegen|einlegen|einreichen)\b|\bmich (?:\w+ ){0,3}beschweren\b",
        r"\b(?:faire|déposer|adresser|porter) une (?:réclamation|plainte)\b|\bme plaindre\b",
        r"\b(?:poner|presentar|interponer|hacer) una (?:queja|reclamación)\b|\bquiero (?:quejarme|reclamar)\b|\bhoja de reclamaciones\b",
        r"\b(?:fare|presentare|sporgere) (?:un )?reclamo\b|\breclamo (?:ufficiale|formale)\b",
        r"\b(?:fazer|registrar|registar|apresentar|abrir) uma (?:reclamação|queixa)\b",
        r"\bklacht (?:indienen|over|melden)\b",
    ),
    "data_rights": (
        r"\bauskunft nach art\w*|\blösch\w+ (?:\w+ ){0,3}meine (?:\w+ )?daten\b|\bdatenschutzbeauftragt\w+|\bdatenpanne\b",
        r"\bdroit (?:d'accès|à l'oubli|à l'effacement)\b|\b(?:effacer|supprimez|effacez) (?:toutes )?mes données\b|\bfuite de données\b",
        r"\bderecho (?:de acceso|al olvido|de supresión)\b|\b(?:borr|elimin|suprim)\w+ (?:todos )?mis datos\b",
        r"\bcancell\w+ (?:tutti )?i miei dati\b|\bdiritto (?:di accesso|all'oblio)\b",
        r"\b(?:apag|elimin|exclu)\w+ (?:todos )?(?:os )?meus dados\b|\bdireito (?:de acesso|ao esquecimento)\b",
        r"\binzageverzoek\b|\bverwijder (?:al )?mijn gegevens\b|\bmijn gegevens (?:verwijderen|wissen)\b|\bdatalek\b",
    ),
}  # fmt: skip
