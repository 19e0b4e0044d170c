"""What the scripts of every page and of the watch say, in English: the message ids of the catalogues."""

from types import MappingProxyType
from typing import Final

WATCH: Final = MappingProxyType(
    {
        "count_in": "in {time}",
        "count_over": "overdue by {time}",
        "count_since": "for {time}",
        "count_days": "{days} d {hours} h",
        "count_hours": "{hours} h {minutes} min",
        "count_minutes": "{minutes} min",
        "count_seconds": "{minutes} min {seconds} s",
        "live_fresh": "Live, as of {time}",
        "live_lost": "No connection to this node since {time}: what is shown may be old.",
        "live_back": "The connection is back, and the page is up to date.",
        "live_out": "You are signed out: nothing here is live any more.",
        "alarm_arm": "Arm the alarm",
        "alarm_try": "Alarm armed: try its sound",
        "alarm_rings": "Rings: {count}",
        "alarm_lost": "The alarm hears nothing",
        "alarm_note": "Something waits at the desk and must be acknowledged.",
        "keys_palette": "Go to a page",
        "keys_find": "Type the name of a page",
        "keys_none": "No page is called so.",
        "keys_title": "Keys",
        "keys_off": "Single keys are off; you can turn them on in the settings.",
        "keys_then": "then",
        "keys_go": "Go to: {page}",
        "keys_help": "Show these keys",
        "keys_rows": "The next or the one before in a list",
        "keys_close": "Close",
        "watch_snoozed": "Put off. It comes back by itself.",
        "unhandled_marked": "Marked. It stands on the watch until it is handled.",
        "settings_kept": "Kept.",
        "handover_waits": "Signed. Now the officer who takes over signs.",
        "handover_kept": "Both have signed. The handover is kept.",
    }
)
