"""Every fault has one code, one blame and one plain sentence; callers raise by code and never invent text.

Blame decides what happens next: a ``PeerFault`` is the other side's doing (refuse it and record it), a
``LocalFault`` is ours (retry, or ask the operator), a ``UserFault`` is a request that cannot be carried out
as asked, and ``InvariantBroken`` stops the node. From hostile bytes only ``PeerFault`` may come out.
"""

from typing import Final


class RabitaError(Exception):
    """A fault with a stable code.

    ``code`` is the stable identifier, ``sentence`` says in plain words what is wrong and what to do next,
    ``detail`` names the thing it happened to and never holds content of a portion, a key or a secret.
    """

    def __init__(self, code: str, detail: str = "") -> None:
        """Look the sentence of *code* up; raises ``KeyError`` for a code that is not in ``SENTENCES``."""
        self.code = code
        self.sentence = SENTENCES[code]
        self.detail = detail
        super().__init__(f"{code}: {self.sentence}" + (f" ({detail})" if detail else ""))

    def __reduce__(self) -> tuple[type["RabitaError"], tuple[str, str]]:
        """Keep code and detail across processes."""
        return type(self), (self.code, self.detail)


class PeerFault(RabitaError):
    """Bytes or behaviour of the other side, or of a stranger, that must be refused and recorded."""


class LocalFault(RabitaError):
    """Something on this node failed (disk, key file, network); nothing stored is lost and a retry is safe."""


class UserFault(RabitaError):
    """What was asked for cannot be done as asked; the sentence says what to do instead."""


class InvariantBroken(RabitaError):
    """This node's own state contradicts itself; it stops before it says anything untrue."""


def ensure(condition: bool, detail: str) -> None:  # noqa: FBT001 - reads as a sentence at every call
    """Stop the node when an invariant does not hold; stays on in production.

    Raises ``InvariantBroken`` with code ``invariant-broken``.
    """
    if not condition:
        raise InvariantBroken("invariant-broken", detail)


SENTENCES: Final[dict[str, str]] = {
    # the node itself
    "invariant-broken": "This node found its own records in contradiction and stopped; keep its folder as it is and run rabita doctor.",
    # notes, checkpoints and proofs
    "note-malformed": "The signed note is not in C2SP signed-note form.",
    "note-oversized": "The signed note is larger than the protocol allows.",
    "note-unsigned": "The note carries no signature by the key that must have signed it.",
    "signature-false": "A signature does not verify under the key it names.",
    "checkpoint-malformed": "The checkpoint does not have the three lines of a C2SP checkpoint.",
    "checkpoint-foreign": "The checkpoint belongs to another log.",
    "proof-false": "The Merkle proof does not lead to the stated root.",
    "frontier-malformed": "The summary of a log's tree does not have the length its size requires.",
    "key-malformed": "A published key is not in the form its kind requires; ask its owner for the file again.",
    # bearer
    "frame-oversized": "A frame is larger than the protocol allows.",
    "frame-malformed": "A frame cannot be read.",
    "frame-out-of-order": "A frame came that this point of the conversation does not allow.",
    "handshake-failed": "The inner handshake could not be completed; the connection was closed before any content.",
    "seal-broken": "A frame did not open under the session's key; the connection was closed.",
    "pin-unknown": "The other side's transport key is not one its descriptor names.",
    "tls-failed": "The secured connection could not be set up.",
    "version-unsupported": "The other side speaks a version of the protocol that this node does not know.",
    "endpoint-unreachable": "None of the other side's endpoints answered; the node keeps trying.",
    "endpoint-malformed": "An endpoint is written tls://host:port, as in tls://node.example:7420.",
    "connection-lost": "The connection broke off; what was not receipted is sent again on the next one.",
    "listen-failed": "This node cannot listen on an address of its settings; another program may hold it.",
    "session-spent": "The session has carried as much as one key may seal; the node closes it and dials again.",
    "node-key-malformed": "A private key of this node cannot be read; restore it from the key backup.",
    # asking
    "reference-malformed": "A reference looks like PAK-F-0041; give it as the other side read it out.",
    # entries and content
    "stamp-malformed": "The stamp of an entry cannot be read; the entry is kept and shown as it came.",
    "stamp-foreign": "The stamp of an entry names another line, party, epoch or lane; the entry is kept and not in force.",
    "act-malformed": "The act does not fit the form of an act; the entry is kept and shown as it came.",
    "act-foreign": "The act names another line, author or precedence than the one it is sealed under.",
    "act-oversized": "The act is larger than the protocol allows; shorten it or send part of it as a portion.",
    "act-id-malformed": "An act id is 32 hexadecimal digits.",
    "act-id-used": "Another act already used this act id; the later one is void.",
    "seal-too-late": "The act may no longer be sealed: its seal-before time has passed. Have it released again.",
    "approvals-malformed": "The approvals of an entry cannot be read; the entry is kept and marked officer not verified.",
    "entry-oversized": "An entry is larger than the protocol allows.",
    "portion-missing": "A batch lacks the bytes of a portion that its act lists as sent; a receipt covers the words.",
    "portion-false": "The bytes of a portion do not have the digest its act commits to.",
    "content-encoding": "The content is not valid UTF-8.",
    "content-depth": "The content is nested deeper than the protocol allows.",
    "content-json": "The content is not JSON without duplicate keys, floats and integers of 2^53 or more.",
    # batches
    "batch-malformed": "A batch cannot be read.",
    "batch-oversized": "A batch holds more than the protocol allows.",
    "batch-gap": "A batch does not start where the log held ends; it was asked for again.",
    "root-mismatch": "The entries of a batch do not give the root its checkpoint states; it was asked for again.",
    # this node's disk and store
    "store-unavailable": "The node's database could not be written; nothing was sealed. Check disk space and permissions, then try again.",
    "index-unavailable": "The index of cases could not be read or written; it is made anew from the store, which has lost nothing.",
    "store-foreign": "This folder's database was written by another version of Rabita; run rabita doctor.",
    "backup-exists": "There is a file at the backup's path already; name one that does not exist.",
    "line-unknown": "This node has no such line; rabita line show lists the lines it has.",
    # documents
    "document-foreign": "This file is another kind of document than the one asked for.",
    "document-malformed": "The document cannot be read as this version expects.",
    "descriptor-malformed": "The descriptor is incomplete or out of bounds; ask the other side to issue it again.",
    "descriptor-foreign": "The descriptor is of another party or another root than the one paired with.",
    "descriptor-old": "A descriptor with the same or a higher serial number is already held.",
    "charter-malformed": "The charter lacks a term or holds one out of bounds.",
    "charter-foreign": "The charter does not name exactly the two parties paired here.",
    # keys and pairing
    "key-unavailable": "A key this step needs is not unlocked on this node; open its key file first.",
    "key-file-missing": "There is no key file at this path; check the path or restore the file from its backup.",
    "key-file-exists": "A key file already stands at this path and was left as it is; move it away or choose another path.",
    "key-file-foreign": "This key file holds another kind of key than the one asked for.",
    "key-file-damaged": "The key file is damaged; restore it from its backup.",
    "key-file-unavailable": "The key file could not be read or written; check the folder, its permissions and free space.",
    "passphrase-wrong": "The passphrase does not open this key file; try again.",
    "passphrase-short": "A passphrase needs at least 8 characters.",
    "descriptor-unknown": "No descriptor of this party has been imported; import its file first.",
    "safety-number-wrong": "The safety number is not that of any descriptor imported; read it out again, or import the file anew by another way.",
    "pairing-unconfirmed": "This party is not confirmed yet; compare the safety number with its officer first.",
    "revocation-malformed": "The revocation names a key or a log size that is out of bounds.",
    "revocation-foreign": "The revocation is of another party than the one it was given for.",
    "key-revoked": "The signature is by a key that its party has revoked, beyond the last size it vouched for.",
    "approval-foreign": "An approval is not by a credential its party published for that role; officer not verified.",
    # epochs
    "opening-malformed": "The first entry of the new epoch is not an epoch opening.",
    "opening-unsigned": "The epoch opening lacks the signatures of two recovery keys of the newest descriptor held.",
    "epoch-taken": "An epoch of this number was already opened; its author opens the next one.",
    "epoch-unknown": "The log belongs to an epoch whose opening is not held yet; it was asked for again.",
    "epoch-needed": "This node cannot be sure of its own last entries; open a new epoch with rabita epoch open.",
    # conversations
    "line-foreign": "The other side spoke of another line than the one this conversation is for.",
    "batch-over-credit": "A batch exceeds the credit given for its log.",
    "over-quota": "The other side used up today's quota of a lane; what waits is kept there and comes tomorrow.",
    "lane-blocked": "A batch was refused twice for the same fault; this lane waits until the next conversation or a new epoch.",
    "receipt-false": "A receipt does not belong to what was sent; it was not counted.",
    "claim-false": "The other side claimed to hold what this node never signed.",
    "forked": "Two validly signed checkpoints of one log contradict each other; both are kept and the lane is stopped.",
    "order-contradicted": "Two validly signed stamps contradict the author's own order; both are kept and their lanes are stopped.",
    "lane-stopped": "This lane is stopped by a proven contradiction; it goes on in a new epoch.",
    "silent": "Nothing was heard from the other side for too long; the conversation was closed and is dialled again.",
    "replaced": "A newer conversation replaced this one.",
    "closing": "The other side ended the conversation.",
    "control-alone": "An act of the line itself (rotation, revocation, credential, epoch opening) is sealed alone.",
    "rotation-false": "A key rotation does not list all that its author had sealed before it; it changes nothing.",
    "rotation-stale": "The logs grew since the rotation was prepared; prepare it again.",
    "accord-needed": "The other side's epoch ended in a contradiction; an officer here must agree before the next one is taken.",
    "keys-learnt": "A key rotation of this node came back with its own log; the conversation starts anew.",
    "epoch-frozen": "The other side said where it closed an earlier epoch of this node; what lies beyond is sealed anew.",
    "tail-contradicted": "What this node sealed after a rollback contradicts what it sealed before; what is not receipted is sealed anew.",
    "epoch-opened": "A new epoch was opened; the conversation starts anew.",
    # the node process and its home folder
    "setting-invalid": "A setting has a value that is not allowed; docs/settings.md lists what is.",
    "home-missing": "There is no party in this home folder yet; run rabita party create, or name the folder with --home.",
    "home-taken": "This home folder already has something in it and was left as it is; name an empty one with --home.",
    "home-unavailable": "The home folder could not be read or written; check its permissions and free space.",
    "file-unavailable": "A file could not be read or written; check its path and permissions.",
    "file-exists": "There is a file at this path already and it was left as it is; name another path.",
    "node-running": "Another process of this node is at work in the home folder; stop it, or wait until it has started.",
    "node-unreachable": "The running node did not answer on its control socket; try again, or restart it.",
    "ask-malformed": "A request to the running node cannot be read; use the rabita command of the node's own version.",
    "passphrase-needed": "A passphrase is needed and there is no terminal to ask on; set its variable or passphrase_file.",
    "program-fault": "This is a fault of Rabita itself; nothing stored is lost. Please report it with the place named.",
    "disk-low": "Free disk space fell below the reserve, which is kept for own sealing and FLASH; nothing else is taken in until there is room.",
    "backup-malformed": "The file is no backup of a node, or the passphrase or key given does not open it.",
    "line-ambiguous": "More than one line fits; name it with --line or put the beginning of its name before a slash.",
    "reference-unknown": "No entry of this reference is held here; check it against the other side's reading.",
    "message-too-long": "The message has more words than the charter allows on this lane; shorten it or lower its precedence.",
    "lost-acts-resealed": "Acts that an earlier epoch lost were sealed anew under the same bytes.",
    # transcripts and courier bundles
    "transcript-malformed": "A line of the transcript cannot be read, or stands where it may not.",
    "transcript-truncated": "The transcript ends before its end line; ask for the export again.",
    "transcript-altered": "The lines of the transcript are not those its end line counts.",
    "signature-foreign": "A note carries a signature by a key that neither party published for it.",
    "bundle-malformed": "This file is not a courier bundle, or was altered on its way; ask for it again.",
    "bundle-foreign": "The bundle is for another line, another recipient, or by a sender whose key is not known here.",
    "bundle-unwritten": "The bundle could not be written; check the folder, its permissions and free space.",
    "bundle-unread": "The bundle could not be read; check the path, its permissions and free space for temporary files.",
    "bundle-truncated": "The bundle ends before its last frame; what came whole before the cut was taken, ask for the rest again.",
    # procedures
    "procedure-unknown": "This version knows no procedure of that name; docs/procedures list them.",
    "not-computed": "This version cannot compute this: the charter names a catalogue of procedures that it does not know.",
    "act-unknown": "The procedure has no act of that name; its page in docs/procedures lists them.",
    "act-id-reused": "Its author used this act id before for another act, so this one is void.",
    "case-missing": "An act that does not open a case must name an act of its case first in its basis.",
    "wrong-state": "The case is not in a state in which this act can be done.",
    "case-closed": "The case has ended; correct or withdraw an act of it, or open a new one.",
    "opening-not-in-force": "The act that opens this case is not in force, so nothing in the case is yet.",
    "not-your-act": "This act is for the other side of the case to do.",
    "field-missing": "A coded field that this act must have is missing.",
    "field-unknown": "The act has a coded field that its procedure does not know.",
    "field-invalid": "A coded field has a value that the rule named does not allow.",
    "role-missing": "The approvals this act needs are not verified: an officer's, or for a consent act the foreign ministry's and two more officers'.",
    "procedure-suspended": "This procedure is suspended; what may pass all the same is listed on the suspension's page.",
    "kind-unknown": "An act is of kind exercise, operation, project or drill.",
    "precedence-not-allowed": "This act cannot travel at this precedence.",
    "portion-not-allowed": "The act has a portion whose role, marking or withholding its procedure does not allow.",
    "portion-lacking": "A portion that this act must have is lacking.",
    "exercise-fields": "Fields of a scenario stand in acts of an exercise line and nowhere else.",
    "target-not-own": "A correction or withdrawal names first in its basis an earlier act of its own author in the same case.",
    "correction-unfit": "The corrected fields do not fit the act they correct, or that act is a signature and cannot be corrected.",
    "joint-result-stands": "Both sides have signed it; a correction or withdrawal that their signatures do not cover changes nothing.",
    "epoch-closed": "The entry came after its epoch was closed; it is kept, shown as late, and not in force.",
    # casework
    "case-unknown": "No case of this name is held here; name it by the reference or digest of one of its acts.",
    "basis-unknown": "No act of this digest is held here; name what it answers by reference, as in PAK-F-0041.",
    "cursor-malformed": "The place in the list cannot be read; begin at its start, or give the one that came with the last page.",
    # clocks of the watch
    "duty-soon": "A duty of ours falls due soon; the post named is reminded.",
    "duty-due": "A duty of ours is due, or rings, and is not discharged; the post named is told.",
    "duty-escalated": "A duty of ours is still not discharged; the next post is told.",
    "line-silent": "Two line tests in a row were missed: the line is silent; try the other side by another way.",
    "line-heard": "A line test was answered again; the line is heard.",
    "handover-same": "A watch is handed from one post to another; name two.",
    # the territory guard and places
    "edition-malformed": "The map edition does not have the form that docs describe, or holds a shape that cannot be drawn; ask its author for it again.",
    "edition-foreign": "This is not the map edition the charter names, or it lacks a claim of one of the two parties.",
    "area-vertices": "The area has more corners than the protocol allows; draw it more simply.",
    "area-coordinates": "A corner of the area has a coordinate that is no number or not on the globe.",
    "area-empty": "The area encloses nothing; give at least three corners that are not on one line.",
    "area-antimeridian": "The area reaches over the 180th meridian; cut it there into two.",
    "area-self-crossing": "The edges of the area cross or touch each other; give its corners in order.",
    "area-huge": "The area is too large to announce anything; divide it.",
    "territory-outside": "The area reaches beyond the territory of both parties as the agreed map edition shows it.",
    "territory-assurance-needed": "The area lies so near the line that the map cannot tell the side; record the assurance to stay on your own side, or draw it back.",
    "territory-disputed": "The area reaches into territory that both parties claim; name the other party's consent that covers it, or draw it back.",
    "territory-across": "The area reaches over the line; name the other party's consent that covers it, or draw it back.",
    "consent-foreign": "The consent named was not given by the other party.",
    "consent-time": "The consent named does not cover the whole time of the activity.",
    "consent-area": "The consent named does not cover all of the area that lies beyond the announcing party's own territory.",
    "place-malformed": "A place is written in decimal degrees, as in 29.4963 N 60.8629 E, or in MGRS, as in 41R KN 928 648.",
    "place-off-grid": "MGRS is written between 80 degrees south and 84 degrees north only; use decimal degrees.",
    # markings, disclosure and words
    "marking-malformed": "The marking cannot be read; docs/procedures describe its form, as in SECRET//TLP:AMBER//REL TO IRN,PAK.",
    "marking-reason": "A restrictive marking (H1, H2, H3, RED, AMBER+STRICT, ORCON) needs a reason; add it or choose a wider marking.",
    "marking-review": "A restrictive marking needs a date on which it is reviewed, later than today.",
    "marking-recipients": "TLP:RED is for named recipients only; name the posts it is for.",
    "marking-below-portions": "The marking of the whole is lower than that of a portion it sends; raise it.",
    "personal-retention": "Personal data may not be kept longer than the charter keeps anything; shorten their retention.",
    "personal-unmarked": "The act says that it holds personal data, but their purpose, category and retention are not marked.",
    "release-not-named": "The marking names the parties this may go to, and this is none of them; ask its originator.",
    "release-recipients": "TLP:RED may go to the posts named and to nobody else; ask its originator.",
    "release-originator": "The originator keeps control of this; ask for its consent on the line before it goes on.",
    "release-third-party": "Nothing goes on to a third party without its originator's prior consent; ask for it on the line.",
    "grade-mixed": "Source and information are graded in one scheme: A to F with 1 to 6, or 4x4 with its own codes.",
    "grade-probability": "A probability is a whole number of percent from 0 to 100.",
    "disclosure-foreign": "The portion disclosed is none that the act withheld.",
    "disclosure-author": "Only the author of an act can disclose what it withheld.",
    "disclosure-basis": "The disclosure does not name the act that withheld the portion as its basis.",
    "disclosure-unsalted": "The portion is shorter than its salt, so it proves nothing of what was withheld.",
    # readouts, joint statements, suspensions, meetings, calls, alerts, the line's own acts
    "language-twice": "There are two texts in one language; give one, or put the other into an act of its own.",
    "language-lacking": "The text is not there in every language of the charter.",
    "texts-not-parallel": "The texts in the several languages do not fall into the same number of paragraphs; check that each says the same.",
    "readout-text": "This names another account than the one now offered; answer or publish the newest.",
    "readout-early": "The account is not answered yet, and the hour before which it is not published unanswered has not come.",
    # rules of procedures: places, concern, accreditation, notice, violation report, hazard notice
    "edition-unheld": "The map edition the charter names is not held on this node, so the area cannot be judged; import it first.",
    "place-fine": "A place on the other side's soil is too fine; widen it so that it points at no spot there.",
    "concern-individual": "A concern is about a group, never an individual; take the personal data out.",
    "concern-point": "The area of a concern is too narrow and points at a spot; widen it.",
    "concern-elsewhere": "The area of the concern touches nothing that the other side claims, so its authorities cannot act there.",
    "accreditation-headcount": "The sending side already has as many officers accredited at that time as the ceiling allows.",
    "accreditation-tour-long": "The tour is longer than the charter allows; shorten it, and extend it when its time comes.",
    "accreditation-tour-over": "The tour would end before now, or an extension no later than the tour it extends.",
    "accreditation-level": "The disclosure ceiling is no level of the charter's classification.",
    "accreditation-name": "Personal names cross the line only where the nomination needs them: for an attaché, or when the host asks.",
    "accreditation-elsewhere": "The place nominated for is not on the host's own soil.",
    "accreditation-rank": "The other side's officer in the same role has another rank; the table of equivalence shows both.",
    "accreditation-early": "The tour has not begun; the post is taken up when it does.",
    "accreditation-notice": "The notice period has not passed since the sending side received the declaration.",
    "accreditation-unsigned": "There is no accreditation: both sides have not signed the nomination.",
    "accreditation-ended": "The accreditation had ended; its officer can no longer act as that post on the line.",
    "post-foreign": "This accreditation is to another post, or of the other side.",
    "post-not-taken": "The officer had not taken up the post.",
    "tour-over": "The officer's tour had ended and was not extended.",
    "disclosure-ceiling": "This is above the level the officer may disclose.",
    "disclosure-category": "The officer may not disclose matters of this category.",
    "disclosure-method": "The officer may not disclose by this means.",
    "notice-lead-short": "The notice comes too late for its kind; the charter names how long before an activity is announced.",
    "notice-lead-long": "The notice comes earlier than the charter allows for its kind; announce it nearer its time.",
    "notice-window-long": "The window is longer than the charter allows for this kind of activity.",
    "notice-overlap": "The activity overlaps one that the other side has announced, in area and time.",
    "notice-outside-window": "The activity begins outside the window that was announced.",
    "consent-over": "The consent would end before now.",
    "consent-unbounded": "A consent is bounded in time; the charter names the longest.",
    "consent-corrected": "A consent is never corrected; revoke it and give another.",
    "place-elsewhere": "The place touches nothing that the reporting side claims.",
    "violation-future": "A violation is reported for a time that has not come; correct the time.",
    "hazard-late": "The warning comes later than the charter allows after its author knew of the hazard.",
    "hazard-known": "The warning says that its author came to know of the hazard at a time that has not come.",
    "review-without-meeting": "A review names the entry of the meeting in its basis.",
    # requests, reports, measures, commitments, crossings, humanitarian requests
    "date-past": "A date that must lie ahead has passed; give a later one.",
    "measure-not-undoable": "A measure of this kind is done once and cannot be undone; say that it is over.",
    "measure-undone-otherwise": "This does not undo a measure of that kind; name what restores what it took.",
    "measure-undone-before": "A measure is not undone before it was taken.",
    "press-differs": "What the press calls it is another measure than the one declared; the code and the official wording count.",
    "press-ambiguous": "What the press calls it may be more than one measure; the code and the official wording count.",
    "commitment-words": "The words used instead of a due date stand in no portion; give them as they were said.",
    "commitment-again": "The same side already owes an open commitment on this theme; name it if this is the same promise again.",
    "commitment-evidence": "Progress and fulfilment are shown by evidence: a portion, an attachment or an entry named in the basis.",
    "crossing-point": "This is of another crossing point than the one announced.",
    "crossing-announced": "This side has an open announcement of that crossing point; bring it up to date instead.",
    "personal-elsewhere": "Personal data on this procedure stand in one portion, the particulars, and nowhere else.",
    "personal-category": "The particulars are marked as data of others than those the request is for.",
    "personal-long": "The particulars would be kept longer than the charter allows for humanitarian requests; shorten it.",
    "personal-many": "The particulars are longer than it takes to tell the persons apart; leave out what is not needed.",
    "grade-portion": "A statement is graded that stands in no portion of the report.",
    "personal-purpose": "Personal data on this act are marked for a purpose that its procedure does not serve.",
    "release-party": "A release is asked for a third party; this one is a party to the line.",
    "release-part": "The report has no tear-line to release.",
    "rfi-person": "A request for information and its answers hold no personal data: the line never serves collection against persons.",
    "rfi-value-short": "The latest time of value comes before the answer is due; ask as urgent, or expect that it comes too late.",
    "rfi-past-value": "The answer comes after the latest time of value that the request named.",
    "statement-signed": "This side has signed another text of the statement; withdraw that signature before signing this one.",
    "statement-foreign": "What is to be published is not the text that stands by both signatures.",
    "statement-embargo": "The statement names an hour before which neither side publishes it.",
    "suspension-backdated": "A suspension is announced before it begins; what had not seen it stays valid all the same.",
    "suspension-early": "The time from which the suspension was announced has not come.",
    "suspension-foreign": "What is to begin is not what was announced; begin all of it, or announce anew.",
    "suspension-final": "A suspension begun or ended is not corrected or withdrawn; resume it, or announce anew.",
    "alert-references": "An update, cancellation or answer names the alert or update now in force in its basis.",
    "alert-addresses": "A private alert names the posts it is for.",
    "alert-status": "In an exercise no alert is Actual, and in earnest none is an Exercise.",
    "directory-foreign": "This is not the duty directory that the charter's annexes name.",
    "directory-malformed": "The duty directory does not have the form that docs describe; ask its author for it again.",
    "call-ahead": "A call is noted after it was made; this one lies ahead.",
    "post-unknown": "The duty directory has no such post of that side.",
    "meeting-superseded": "There is a newer proposal for the meeting; answer that one.",
    "meeting-early": "Minutes are of a meeting that was held, and are due after it.",
    "amendment-version": "An amendment is the next version of the charter now in force; versions follow one another by one.",
    "amendment-foreign": "An amendment cannot change the parties, their roots, the line or whether it is an exercise.",
    "amendment-empty": "The amendment changes no term.",
    "amendment-before": "The amendment does not follow the charter in force; the charter it names as the one before is another.",
    "amendment-author": "The party that signs a version last seals it; give the signed file to the other side.",
    "amendment-twice": "Two different charters of one version are signed by the party that signs last; the first it sealed is in force.",
    "charter-unheld": "The entry is written under a charter version not held here yet; it is kept, and not computed until it is.",
    "charter-false": "The entry names a charter version that its author had not, or had left, at that place in its logs.",
    "amendment-order": "The last signer of this version signs after the other side has; send it to the other side first.",
    "amendment-other": "This side has completed another charter of this version; there is one successor only.",
    # the exercise
    "scenario-malformed": "The scenario does not have the form that docs/exercise.md describes, or it is not between two exercise parties.",
    "transcripts-needed": "The report needs the transcripts of both sides of one line; `rabita transcript export` writes one.",
    "scenario-unplayable": "The procedure of this inject does not allow it as the scenario has it; nothing of it was sealed.",
    # programs over HTTP
    "request-malformed": "The request's body is not the JSON that this address takes; the API's description shows it.",
    "parameter-invalid": "A parameter of the request has a name or value that this address does not take.",
    "path-unknown": "There is nothing at this address; the API's description lists what there is.",
    "method-not-allowed": "This address does not take this method; the API's description lists those it takes.",
    "request-oversized": "The request's body is larger than this address takes.",
    "media-unsupported": "The request's body is not of the media type that this address takes.",
    "token-missing": "This needs an access token; make one with rabita token create and send it as Authorization: Bearer.",
    "token-unknown": "The access token is none of this node's; check it, or make one with rabita token create.",
    "token-expired": "The access token has expired; make a new one with rabita token create.",
    "token-revoked": "The access token was revoked; ask the administrator who revoked it.",
    "token-terms": "A token needs a name, a scope, and an end in the future that is no more than a year away.",
    "scope-lacking": "The access token's scope does not allow this; make one with the scope named.",
    "line-not-allowed": "The access token is for other lines than this one.",
    "rate-exceeded": "Too many requests came in too short a time; wait, then ask more slowly.",
    "idempotency-key-malformed": "An Idempotency-Key is 1 to 128 visible ASCII characters, new for every request that is not a repetition.",
    "idempotency-key-reused": "The Idempotency-Key was used for another request before; give each request its own.",
    "idempotency-key-busy": "A request with this Idempotency-Key is being carried out; ask again when it is done.",
    "act-unprepared": "No act of this digest is prepared here, or no longer; prepare it again with check=true.",
    "precondition-failed": "The case has changed since it was read; read it again and decide anew.",
    "approvals-lacking": "This node holds no officer's key for the approvals this act needs; prepare it, have it approved, and seal it with them.",
}
