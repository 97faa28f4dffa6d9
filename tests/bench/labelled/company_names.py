"""Names of companies, and what becomes of a name on its way between a tenant and the documentation."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from random import Random

from matchbook_local.emulator.world.chance import happens, pick
from matchbook_local.emulator.world.pools import BRANDS, TRADES, pools, slug

FORMS = {
    "en": ("Inc.", "LLC", "Ltd", "Ltd.", "Limited", "Corp.", "Pty Ltd", "PLLC", "Co.", "Inc", "L.L.C."),
    "de": ("GmbH", "GmbH & Co. KG", "AG", "mbB", "e.V.", "KG", "UG (haftungsbeschränkt)"),
    "fr": ("SARL", "S.A.", "SAS", "S.A.S."),
    "nl": ("B.V.", "BV", "N.V."),
    "es": ("S.L.", "S.A.", "SL"),
}
TRADES_ABROAD = {
    "de": ("Kanzlei", "Zahnarztpraxis", "Steuerberatung", "Bäckerei", "Möbelhaus", "Gebäudetechnik", "Maschinenbau"),
    "fr": ("Boulangerie", "Notaires", "Électricité", "Cabinet Médical", "Menuiserie", "Immobilière"),
    "nl": ("Notariskantoor", "Installatietechniek", "Accountants", "Tandartspraktijk"),
    "es": ("Asesoría", "Clínica", "Construcciones", "Abogados"),
}
GENERIC = (
    "International",
    "Services",
    "Associates",
    "Manufacturing",
    "Solutions",
    "Group",
    "Management",
    "Technologies",
)
SHORT = {
    "International": "Intl",
    "Manufacturing": "Mfg",
    "Services": "Svcs",
    "Associates": "Assoc",
    "Group": "Grp",
    "Management": "Mgmt",
    "Technologies": "Tech",
    "Construction": "Constr.",
    "Engineering": "Eng.",
    "Brothers": "Bros",
    "Medical": "Med",
    "Insurance": "Ins.",
}
_UMLAUTS = {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue"}
LANGUAGES = ("en", "en", "en", "en", "en", "de", "de", "fr", "nl", "es")
BRANCHES = (
    ("North", "South", ""),
    ("East", "West"),
    ("Ohio", "Iowa", ""),
    ("Downtown", "Uptown"),
    ("Holding", ""),
    ("1", "2"),
    ("Berlin", "Hamburg", "München"),
)


@dataclass(frozen=True, slots=True)
class CompanyName:
    """`words` is the name without its legal `form`."""

    words: tuple[str, ...]
    form: str
    language: str

    def __str__(self) -> str:
        return " ".join((*self.words, self.form)).strip()

    @property
    def bare(self) -> str:
        return " ".join(self.words)

    @property
    def label(self) -> str:
        """As a domain bears it."""
        return slug(self.bare)[:32] or "company"

    @property
    def initials(self) -> str:
        return "".join(slug(word)[:1] for word in self.words if slug(word) and word not in ("&", "und")).upper()


def invent(rng: Random) -> CompanyName:
    language = pick(rng, LANGUAGES)
    surnames = pools().last_names
    brand = [pick(rng, BRANDS)] if language == "en" and happens(rng, 0.4) else [pick(rng, surnames)]
    if happens(rng, 0.18):
        brand += [pick(rng, ("&", "&", "und" if language == "de" else "and")), pick(rng, surnames)]
    elif happens(rng, 0.08):
        brand = [pick(rng, pools().cities)]
    trade = [pick(rng, TRADES_ABROAD.get(language, TRADES))]
    trade += [pick(rng, GENERIC)] if happens(rng, 0.25) else []
    words = [*trade, *brand] if language != "en" and happens(rng, 0.6) else [*brand, *trade]
    form = pick(rng, FORMS[language]) if happens(rng, 0.65) else ""
    return CompanyName(tuple(" ".join(words).split()), form, language)


def family(rng: Random, name: CompanyName) -> list[CompanyName]:
    """Near-namesakes: the same name with a branch behind it."""
    return [replace(name, words=(*name.words, *([branch] if branch else []))) for branch in pick(rng, BRANCHES)]


# How the documentation writes a name. Each returns None where the name offers nothing to it.


def same(_: Random, name: CompanyName) -> str | None:
    return str(name)


def other_legal_form(rng: Random, name: CompanyName) -> str | None:
    """Another form, another spelling of it, or none."""
    form = "" if name.form and happens(rng, 0.6) else pick(rng, FORMS[name.language])
    return None if form == name.form else str(replace(name, form=form))


def without_accents(_: Random, name: CompanyName) -> str | None:
    written = "".join(_UMLAUTS.get(letter) or _plain(letter) for letter in str(name))
    return written if written != str(name) else None


def ampersand(rng: Random, name: CompanyName) -> str | None:
    written = re.sub(r" (&|and|und) ", f" {pick(rng, ('&', '+', 'and', 'und'))} ", f"{name.bare}")
    return written if written != name.bare else None


def word_order(rng: Random, name: CompanyName) -> str | None:
    if len(name.words) < 3:
        return f"{name.words[-1]}, {name.words[0]}"
    return " ".join((*name.words[1:], name.words[0])) if happens(rng, 0.5) else f"{name.bare}, The"


def abbreviated(_: Random, name: CompanyName) -> str | None:
    written = " ".join(SHORT.get(word, word) for word in name.words)
    return written if written != name.bare else None


def initials_alone(_: Random, name: CompanyName) -> str | None:
    return name.initials if len(name.initials) > 2 else None


def initials_in_front(_: Random, name: CompanyName) -> str | None:
    """KBL Kanzlei Berger Lutz."""
    return f"{name.initials} {name.bare}" if len(name.initials) > 2 else None


def shortened(_: Random, name: CompanyName) -> str | None:
    return " ".join(name.words[:-1]) if len(name.words) > 1 and len(name.words[-2]) > 1 else None


def with_place(rng: Random, name: CompanyName) -> str | None:
    return f"{name.bare} ({pick(rng, pools().cities)})"


def mistyped(rng: Random, name: CompanyName) -> str | None:
    word = max(name.words, key=len)
    if len(word) < 6:
        return None
    at = 1 + int(rng.random() * (len(word) - 3))
    wrong = word[:at] + word[at + 1] + word[at] + word[at + 2 :] if happens(rng, 0.5) else word[:at] + word[at + 1 :]
    return str(name).replace(word, wrong) if wrong != word else None


def written_together(_: Random, name: CompanyName) -> str | None:
    return "".join(word.capitalize() for word in name.words[:2]) + " ".join(("", *name.words[2:]))


def upper_case(_: Random, name: CompanyName) -> str | None:
    return str(name).upper()


def stale(rng: Random, name: CompanyName) -> str | None:
    """How the company was called before: part of the name survives."""
    former = pick(rng, pools().last_names)
    return pick(rng, (f"{former} {name.words[-1]}", f"{name.words[0]} {former}", f"{name.bare} (formerly {former})"))


Writing = Callable[[Random, CompanyName], str | None]
WRITINGS: tuple[tuple[float, Writing], ...] = (
    (0.30, same),
    (0.19, other_legal_form),
    (0.05, without_accents),
    (0.05, ampersand),
    (0.05, word_order),
    (0.06, abbreviated),
    (0.03, initials_alone),
    (0.03, initials_in_front),
    (0.05, shortened),
    (0.04, with_place),
    (0.03, mistyped),
    (0.03, written_together),
    (0.03, upper_case),
    (0.06, stale),
)


def _plain(letter: str) -> str:
    if letter.isascii():
        return letter
    return slug(letter) if letter.islower() else slug(letter).upper()
