"""What is to be known about a message besides its words: the codes in `Message.marks`, each with what its detail holds."""

# Mail.
POSSIBLE_CONTINUATION = "possible_continuation"  # the conversation that it names, though its sender takes no part there
FORGED = "forged"  # the signed address or Message-ID that looks like ours and is not
FORWARDED = "forwarded"  # the colleague who passed it on
UNREADABLE = "unreadable"  # why it could not be read
PARTLY_READ = "partly_read"  # what of it was not read, and why
UNAUTHENTICATED = "unauthenticated"  # what our provider's check said of its sender
UNPROVEN_COLLEAGUE = "unproven_colleague"  # the colleague in whose name it comes
WRITTEN_BY = "written_by"  # the address that it comes from, where that is none of the customer's own
REPLY_TO = "reply_to"  # the address that answers are asked to go to, where that is another one
AUTOMATIC = "automatic"  # why it is taken for a machine's

# The web.
CONTINUED = "continued"  # the address that got by mail what the customer had left unread on his page

# WhatsApp.
EDITS = "edits"  # what the customer had written before: [{"at", "text"}]
REACTED = "reacted"  # [when, sign]: the customer's newest sign, also one that he took away
CONTEXT = "context"  # WhatsApp's id of the message that it answers, also where that has not arrived
PASSED_ON = "passed_on"  # once, or many: the customer forwarded what somebody else wrote
REFERRAL = "referral"  # the advertisement that led here
VOICE = "voice"  # its file was spoken into the phone
LOCATION = "location"  # the place that it shows
CONTACTS = "contacts"  # how many people's cards it holds
ORDER = "order"  # how many things it orders
UNSUPPORTED = "unsupported"  # why WhatsApp could not pass it on

# Whoever wrote such a message may be somebody else than it says: no machine answers it by itself.
DOUBTFUL = frozenset({POSSIBLE_CONTINUATION, FORGED, UNAUTHENTICATED, UNPROVEN_COLLEAGUE, UNREADABLE})
