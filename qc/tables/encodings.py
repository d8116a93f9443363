"""Finds the encoding of a text file: by what proves it, or else the ones that it could be in.

Bytes are Windows-1252 only where all letters beyond ASCII stand as they do in Western European
words: any code page decodes nearly any bytes, and its garbage looks like that too.
"""

import codecs
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import islice
from typing import BinaryIO

from charset_normalizer import from_bytes

from qc.tables.formats import CODE_PAGES

CHUNK = 1024 * 1024
HEAD = 64 * 1024
# The lines that tell the code page: the first so many bytes of those beyond ASCII.
SAMPLE = 32 * 1024
LONGEST_LINE = 4096
# The lines shown of each encoding.
LINES, LONGEST_SHOWN = 10, 200
MARKS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
WESTERN, MAC, KOREAN = "cp1252", "mac_roman", "cp949"
PAIR, NEARLY_ALL = 2, 0.9
# What stands in Western European texts beyond ASCII, each where it does: what another code page has
# at the same byte stands elsewhere. Rows: letters that all Central European pages share; letters
# of French, Italian, Portuguese, Spanish and Nordic words; signs.
USUAL = re.compile(
    r"""(?<![^\W\d_a-zäöüß])[äöüß](?![^\W\d_a-zäöüß]) | (?<![^\W\d_])é(?![^\W\d_])
    | (?<=[a-zéâ])[éáíóúçëôîâ](?=[a-zéâ]|\b) | \b[éáíóúçîâô](?=[a-zé])
    | \bà\b | (?<=[a-z])à\b | (?<=[a-zé])è(?=[b-df-hj-np-tv-z]{1,2}(e|es)\b|s\b)
    | \bè\b | (?<=[ae]ff)è\b | (?<=cio)è\b | (?<=[a-z])ê(?=t(r?e|es|s)?\b|m|lem|che|ne\b|ver|nci)
    | \bê(?=tr|xi|nf) | (?<=[aeiou])ñ(?=[aeiouáéíóú]) | \bñ(?=[aeiou]) | \boù\b | \bpiù\b
    | (?<=[osdmr])û(?=[trcl]|\b) | (?<=[ao])ï(?=[a-z]) | (?<=[a-z])å(?=[a-z]|\b) | \b[åæ](?=[a-z])
    | (?<=[a-z])æ(?=[a-z]) | (?<=[a-z])(?:ç?ão|ç?ões|ãe) | œ(?=uv) | (?<=[a-z])œu
    | (?<=per)ò\b | (?<=pu)ò\b | \B[¿¡](?=\w[^\n]*[?!])
    | (?<=[^\W\d_])’ | (?<![^\W\d_])[’–—•€“”„‘…«»§©®™] | [’–—•€“”„‘…«»§©®™](?![^\W\d_]) | \xa0
    | (?<![^\W\d_])°(?![^\W\d_]{2}) | (?<=[m\d])[²³](?![^\W\d_]) | (?<=\d)[ªº] | (?<=n)º
    | [½¼¾±×÷](?=[\W\d]|$) | µ(?=[mgslavf]) | [£ø](?=[\s\d]|$)""",
    re.VERBOSE,
)
# The first bytes of the common characters of Asian code pages. Where a text has only such, it is
# mostly in that one: first the page whose common characters are rarer ones of others.
COMMON = {
    KOREAN: range(0xB0, 0xC9),
    "cp932": (*range(0x82, 0x84), *range(0x88, 0x99)),
    "gbk": range(0xB0, 0xD8),
    "big5": range(0xA4, 0xC7),
}


# Korean texts have some of their commonest syllables; Chinese ones, read as Korean, have others.
HANGUL = frozenset(
    "이다의는에을를가고한하지사로기대정인수그리자도시어원상과해서부일제검품번호입명주문"
)
SOME = 0.1
# What tells these from other pages of Europe, which have rare letters at the same bytes: Nordic,
# Portuguese and French words, and Turkish ones as Windows-1252 has them.
SIGNS = {
    WESTERN: re.compile(r"(?<=[a-z])å(?=[a-z])|ç[ãõ]|(?<=\w )à(?= [a-z])"),
    "cp1254": re.compile("(?<=[a-z])[þð]"),
}


# Alphabets of their own: words are whole runs of such letters, all from the last part of the page.
ALPHABETS = ("cp1251", "cp1253", "koi8_r")
BEYOND_ASCII = re.compile(rb"[\x80-\xff]+")
LAST_PART, LONG_WORD = 0xB8, 3


def detect(file: BinaryIO) -> list[str]:
    """Return the encoding alone where it is proven, or else the possible ones, likeliest first.

    It is proven by its mark, by the NULs of UTF-16, by being UTF-8, or by Western European words.
    Where most letters beyond ASCII are UTF-8 it counts as that, even if broken: reading it reports
    the broken line.
    """
    file.seek(0)
    head = file.read(HEAD)
    marked = next((name for mark, name in MARKS.items() if head.startswith(mark)), "")
    if proven := marked or _utf16(head) or ("utf-8" if _is_utf8(file) else ""):
        return [proven]
    sample = b"".join(_lines_beyond_ascii(file))
    if _is_broken_utf8(sample):
        return ["utf-8"]
    if is_western(sample):
        return [WESTERN]
    return _possible(sample)


def first_lines(file: BinaryIO, names: Sequence[str]) -> dict[str, list[str]]:
    """Return the first lines that are not ASCII, as they are in each of these encodings."""
    lines = list(islice(_lines_beyond_ascii(file), LINES)) if names else []
    return {
        name: [line.decode(name, "replace").rstrip()[:LONGEST_SHOWN] for line in lines]
        for name in names
    }


def is_western(sample: bytes, name: str = WESTERN) -> bool:
    """Return whether bytes are Western European words in Windows-1252, or in another encoding."""
    with suppress(UnicodeDecodeError):
        return USUAL.sub("", sample.decode(name).lower()).isascii()
    return False


def _possible(sample: bytes) -> list[str]:
    """Return the code pages that decode the sample, the likeliest first."""
    decoding = [name for name in CODE_PAGES if _decodes(sample, name)] or [WESTERN]
    common = [name for name in COMMON if name in decoding and _is_common(sample, name)]
    found = from_bytes(sample, cp_isolation=decoding, threshold=1.0)
    # Its letters are dense: nearly any bytes look well in Mac Roman.
    likely = [
        match.encoding for match in found if match.encoding in decoding and match.encoding != MAC
    ]
    if _is_alphabet(sample):
        likely.sort(key=lambda name: name not in ALPHABETS)
    return list(dict.fromkeys([*common, *_signed(sample, decoding), *likely, *decoding]))


def _is_alphabet(sample: bytes) -> bool:
    """Return whether whole words are beyond ASCII, as in Cyrillic and Greek texts."""
    words = BEYOND_ASCII.findall(sample)
    letters = b"".join(words)
    last = sum(letter >= LAST_PART for letter in letters)
    return len(letters) >= LONG_WORD * len(words) and last >= NEARLY_ALL * len(letters)


def _signed(sample: bytes, names: Sequence[str]) -> Iterator[str]:
    """Yield those of these code pages that something in the sample speaks for."""
    if MAC in names and is_western(sample, MAC):
        yield MAC
    shown = sample.decode(WESTERN, "replace").lower()
    yield from (name for name, sign in SIGNS.items() if name in names and sign.search(shown))


def _is_common(sample: bytes, name: str) -> bool:
    """Return whether nearly all letters of a sample are common ones of an Asian code page.

    A letter of another page before an ASCII letter can look like one of them.
    """
    letters = [one for one in sample.decode(name) if one.isalpha() and not one.isascii()]
    if name == KOREAN and len(HANGUL.intersection(letters)) < SOME * len(set(letters)):
        return False
    pairs = [one.encode(name) for one in letters]
    common = [pair for pair in pairs if pair[0] in COMMON[name] and len(pair) == PAIR]
    by_letter = sum(pair[1:].isalpha() for pair in common)
    return len(common) >= max(2, NEARLY_ALL * len(pairs)) and by_letter <= len(common) / 2


def _decodes(sample: bytes, name: str) -> bool:
    with suppress(UnicodeDecodeError):
        return bool(sample.decode(name))
    return False


def _lines_beyond_ascii(file: BinaryIO) -> Iterator[bytes]:
    """Yield the first lines that are not ASCII."""
    file.seek(0)
    size = 0
    while size < SAMPLE and (line := file.readline(LONGEST_LINE)):
        if not line.isascii():
            size += len(line)
            yield line


def _utf16(head: bytes) -> str:
    # Nearly every second byte of a table's commas, digits and line ends is NUL.
    even, odd = head[::2].count(0), head[1::2].count(0)
    if max(even, odd) * 5 <= len(head) // 2:
        return ""
    if odd > 10 * even:
        return "utf-16-le"
    return "utf-16-be" if even > 10 * odd else ""


def _is_utf8(file: BinaryIO) -> bool:
    file.seek(0)
    decoder = codecs.getincrementaldecoder("utf-8")()
    with suppress(UnicodeDecodeError):
        for chunk in iter(lambda: file.read(CHUNK), b""):
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
        return True
    return False


def _is_broken_utf8(sample: bytes) -> bool:
    """Return whether most of what is beyond ASCII is UTF-8, as no other encoding looks."""
    beyond = [character for character in sample.decode("utf-8", "replace") if character > "\x7f"]
    return 2 * beyond.count("\ufffd") <= len(beyond)
