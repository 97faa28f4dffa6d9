"""Words to draw from. Names and places come from Faker, once since it is slow; the trade's own words are here."""

import functools
import unicodedata
from dataclasses import dataclass

LOCALES = ("en_US", "en_US", "en_GB", "de_DE", "fr_FR", "sv_SE", "es_ES")
PER_LOCALE = 90

TRADES = (
    "Dental", "Law Group", "Plumbing", "Logistics", "Architects", "Veterinary Clinic", "Accounting", "Insurance",
    "Construction", "Medical Group", "Realty", "Engineering", "Foods", "Brewing", "Print", "Pharmacy", "Landscaping",
    "Academy", "Credit Union", "Machine Works", "Electrical", "Orthopedics", "Wealth Management", "Freight", "Textiles",
    "Hospitality", "Farms", "Energy", "Packaging", "Physiotherapy", "Media", "Consulting", "Surveyors", "Furniture",
)  # fmt: skip
BRANDS = (
    "Acme", "Blue Harbor", "Northgate", "Summit", "Silverline", "Evergreen", "Pinnacle", "Redwood", "Lakeside",
    "Ironbridge", "Copperfield", "Granite", "Clearwater", "Beacon", "Cobalt", "Harvest", "Meridian", "Orchard",
    "Highland", "Riverbend", "Keystone", "Sterling", "Falcon", "Juniper", "Atlas", "Crescent", "Willow", "Anchor",
    "Maple", "Prairie", "Aurora", "Bayview", "Cedar", "Delta", "Eastwood", "Foxglove", "Golden Gate", "Hawthorne",
    "Ivy", "Kestrel",
)  # fmt: skip
SUFFIXES = ("", "", "Inc.", "LLC", "Ltd", "Ltd.", "Corp.", "GmbH", "PLLC", "Limited", "AB", "SARL", "& Sons", "Co.")
BRANCHES = (
    ("North", "South"),
    ("East", "West"),
    ("I", "II"),
    ("Downtown", "Uptown"),
    ("1", "2"),
    ("of Ohio", "of Iowa"),
)
DEPARTMENTS = ("SALES", "FIN", "HR", "OPS", "RECEPTION", "WAREHOUSE", "LAB", "MGMT", "FRONTDESK", "DISPATCH")
FRIENDLY = (
    "Reception PC", "Front Desk", "Conference Room", "Boardroom Laptop", "Spare Laptop", "Loaner", "Warehouse PC",
    "X-Ray Workstation", "Accounting PC", "Training Room", "Kiosk", "Owner's Laptop", "Shipping Station", "Back Office",
)  # fmt: skip
LOCATIONS = ("Main Office", "Headquarters", "Branch Office", "Warehouse", "Remote", "Second Floor", "")
COUNTRIES = ("US", "US", "US", "GB", "CA", "DE", "FR", "SE", "AU")


@dataclass(frozen=True, slots=True)
class Pools:
    first_names: tuple[str, ...]
    last_names: tuple[str, ...]
    cities: tuple[str, ...]


@functools.cache
def pools() -> Pools:
    """The same words in every run of one version of Faker, which the lock file pins."""
    from faker import Faker  # noqa: PLC0415 - costs half a second, and only who builds a world needs it

    first: list[str] = []
    last: list[str] = []
    cities: list[str] = []
    for number, locale in enumerate(LOCALES):
        fake = Faker(locale)
        fake.seed_instance(number)
        first += [fake.first_name() for _ in range(PER_LOCALE)]
        last += [fake.last_name() for _ in range(PER_LOCALE)]
        cities += [fake.city() for _ in range(PER_LOCALE // 3)]
    return Pools(_distinct(first), _distinct(last), _distinct(cities))


def _distinct(words: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(words))


@functools.lru_cache(maxsize=8192)
def slug(text: str) -> str:
    """Lower-case ASCII letters and digits only, as logins and domain names are made."""
    plain = unicodedata.normalize("NFKD", text.replace("ß", "ss").replace("&", "and"))
    return "".join(c for c in plain.lower() if c.isascii() and c.isalnum())
