"""How hard a text is to read: LIX, sentences and their length. Knows nothing of what the text is about.

LIX (C.-H. Björnsson, 1968) = words per sentence + percentage of words longer than six letters; below 30 is
very easy, 40-50 a newspaper, above 60 bureaucratic. A blunt tool: it says nothing of how common a word is.
"""

import re
from typing import Final

_ADDRESS: Final = re.compile(r"https?://\S+")
# Every line ends a sentence (headings, list items), and so does a stop followed by a capital: "kl. 15.30" does not.
_SENTENCE_END: Final = re.compile(r"\n|(?<=[.!?:])\s+(?=[A-ZÅÄÖ])")
_WORD: Final = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_LONG: Final = 6


def sentences_of(text: str) -> list[list[str]]:
    """Return the text's sentences as lists of words; addresses and numbers are not words."""
    bare = _ADDRESS.sub("", text)
    found = (_WORD.findall(part) for part in _SENTENCE_END.split(bare))
    return [words for words in found if words]


def lix(text: str) -> float:
    """Return the text's LIX; 0 for a text without words."""
    sentences = sentences_of(text)
    words = [word for sentence in sentences for word in sentence]
    if not words:
        return 0.0
    long_words = sum(len(word) > _LONG for word in words)
    return len(words) / len(sentences) + 100 * long_words / len(words)
