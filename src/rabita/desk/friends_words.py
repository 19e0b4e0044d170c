"""What the pages say about false friends, in English: the message ids of the catalogues.

``ENGLISH`` of ``rabita.desk.words`` holds them with every other sentence that scripts say. One sentence for one word,
one for several: that is what all three languages tell apart.
"""

from types import MappingProxyType
from typing import Final

FRIENDS: Final = MappingProxyType(
    {
        "friends_title": "Words that mean something else",
        "friends_none": "No word here means something else in the other language.",
        "friends_one_ur": "1 word means something else in Urdu.",
        "friends_many_ur": "{count} words mean something else in Urdu.",
        "friends_one_fa": "1 word means something else in Persian.",
        "friends_many_fa": "{count} words mean something else in Persian.",
        "friends_hint": "This word means something else in the other language.",
        "friends_in_urdu": "In Urdu",
        "friends_in_persian": "In Persian",
        "friends_safe": "Safe word",
        "friends_times": "{count} times",
        "friends_show": "Show {word} in the text",
        "friends_replace": "Write {safe} instead of {word}",
        "friends_ending": "It stands with an ending: check the sentence after the change.",
        "friends_replaced": "{safe} now stands instead of {word}.",
    }
)
