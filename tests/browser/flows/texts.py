"""What officers of the flows write, in each language; some of it the other side takes otherwise.

All of it is invented: no event and no person is meant.
"""

from typing import Final

from rabita.services.terms import BOUNDARY

ACCOUNT: Final = {
    "en": "An explosion was heard north of the crossing; nobody was hurt.",
    "ur": "گزرگاہ کے شمال میں دھماکا سنا گیا۔ مقامی انتظامیہ کے مطابق اس حادثہ میں کوئی زخمی نہیں ہوا۔",
    "fa": "در شمال گذرگاه صدای انفجار شنیده شد. مأموران مرزبانی می‌گویند کسی زخمی نشده است.",
}
OWN_ACCOUNT: Final = {
    "en": "Our post heard it too, and counts two wounded.",
    "ur": "ہماری چوکی نے بھی اسے سنا۔ مقامی انتظامیہ دو زخمی بتاتی ہے۔",
    "fa": "پاسگاه ما هم آن را شنید. مأموران مرزبانی دو زخمی می‌شمارند.",
}
FINDING: Final = {
    "en": "An old shell went off. No one had fired it that day.",
    "ur": "ایک پرانا گولہ پھٹا۔ دونوں حکومتوں کے مبصرین کے مطابق اس دن کسی نے فائر نہیں کیا۔",
    "fa": "گلوله‌ای کهنه منفجر شد. به گفته ناظران دو طرف، آن روز کسی شلیک نکرده بود.",
}
STOP: Final = {
    "en": "Your shells fall on our post. Stop firing.",
    "ur": "آپ کے گولے ہماری چوکی پر گر رہے ہیں۔ فائر روکیں۔ مقامی انتظامیہ لوگوں کو نکال رہی ہے۔",
    "fa": "گلوله‌های شما بر پاسگاه ما می‌افتد. آتش را متوقف کنید. مأموران مرزبانی مردم را دور می‌کنند.",
}
QUESTION: Final = {
    "en": "At which hour were they seen?",
    "ur": "انہیں کس وقت دیکھا گیا؟ مقامی انتظامیہ پوچھتی ہے۔",
    "fa": "در چه ساعتی دیده شدند؟ مأموران مرزبانی می‌پرسند.",
}

PAK_SOIL: Final = ((63.2, 27.98), (63.4, 27.98), (63.4, 28.08), (63.2, 28.08))
IRN_SOIL: Final = ((62.0, 27.6), (62.3, 27.6), (62.3, 27.8), (62.0, 27.8))
EDITION: Final = BOUNDARY.digest


def corners(area: tuple[tuple[float, float], ...]) -> str:
    """Write an area as forms read it: a corner a line."""
    return "\n".join(f"{lon}, {lat}" for lon, lat in area)
