"""What the scripts of lists, the timeline and the transcript say."""

from typing import Final

READ: Final = {
    "pages_chosen": "Chosen: {count}.",
    "pages_beginning": "Beginning the drafts …",
    "timeline_play": "Play",
    "timeline_pause": "Pause",
    "timeline_ended": "The replay has come to its last day.",
    "transcript_progress": "Verified: {done} of {all} entries.",
    "transcript_genuine": "Genuine: every entry is what its author signed, and nothing is missing in between.",
    "transcript_false": "Not genuine: what stands below is not what was signed.",
    "transcript_entries": "Entries verified: {count}.",
    "transcript_contradictions": "What one side signed cannot all be true:",
    "transcript_faults": "Where the record is not what was signed:",
    "transcript_approvals": "Approvals by officers, by how they were found",
    "transcript_verified": "verified",
    "transcript_unknown": "key not published",
    "transcript_revoked": "key revoked before",
    "transcript_wrong": "not given with the key named",
    "transcript_logs": "What was found, log by log",
    "transcript_log": "Log",
    "transcript_complete": "Complete up to",
    "transcript_receipted": "Receipted up to",
    "transcript_portions": "Portions: sent, withheld, purged",
}
