"""The names by which people sign in, as they are compared."""

import re
import unicodedata

# Characters that show nothing: controls, and marks of format such as zero-width spaces.
UNSEEN = ("Cc", "Cf")
# Japanese and Korean are written in several scripts at once, none of which looks like another.
TOGETHER = {"HIRAGANA", "KATAKANA", "HANGUL", "BOPOMOFO"}


def normal_name(name: str) -> str:
    """Return a name as it is compared: whatever its capitals, its width and what shows nothing."""
    wide = unicodedata.normalize("NFKC", name)
    return "".join(one for one in wide if unicodedata.category(one) not in UNSEEN).lower()


def letter_of_another_script(name: str) -> str:
    """Return the first letter that is not of the first one's script; "" if all are of one.

    A Cyrillic "а" among Latin letters would make a name that looks like somebody else's.
    """
    letters = [one for one in unicodedata.normalize("NFKC", name) if one.isalpha()]
    return next((one for one in letters if _script(one) != _script(letters[0])), "")


def _script(letter: str) -> str:
    """Return the script of a letter: the first word of its name in Unicode."""
    script = re.split(r"[ -]", unicodedata.name(letter, ""), maxsplit=1)[0]
    return "CJK" if script in TOGETHER else script
