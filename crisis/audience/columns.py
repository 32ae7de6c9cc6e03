"""The columns of a list of people, and what others call them."""

from collections.abc import Mapping, Sequence

from django.utils.translation import gettext as _

from crisis.audience.models import Contact
from crisis.places.names import fold

# The columns of ways, by the kind of contact that each gives.
ADDRESSES = {Contact.Kind.EMAIL: "email", Contact.Kind.SMS: "phone", Contact.Kind.WHATSAPP: "whatsapp"}
COLUMNS = (
    "name", "first_name", "last_name", "language", "people", "country", "place", "lat", "lon", "until_on", *ADDRESSES.values(),
)  # fmt: skip
# Folded, in Dutch, French, German and English, as registers and booking systems call them.
_CALLED = {
    "name": "naam|volledige naam|nom complet|nom et prenom|full name|vollstandiger name|reiziger|voyageur|reisender|traveller",
    "first_name": "voornaam|prenom|vorname|given name|firstname|first name",
    "last_name": "achternaam|familienaam|nom|nom de famille|nachname|familienname|surname|family name|lastname|last name",
    "language": "taal|langue|sprache|lang",
    "people": "personen|aantal personen|aantal|personnes|nombre de personnes|nombre|anzahl|anzahl personen"
    "|number|persons|pax|household",
    "country": "land|pays|staat|verblijfsland|pays de residence|aufenthaltsland|country of residence",
    "place": "plaats|stad|woonplaats|gemeente|ville|lieu|localite|destination|ort|stadt|wohnort|city|town|bestemming",
    "lat": "latitude|breedtegraad|breite|breitengrad",
    "lon": "lng|long|longitude|lengtegraad|lange|langengrad",
    "until_on": "tot|tot en met|einddatum|terugreis|vertrek|jusquau|jusqu au|date de fin|retour|bis|enddatum|abreise|ruckreise"
    "|until|end|end date|departure|return",
    "email": "e mail|mail|e mailadres|emailadres|adresse e mail|courriel|adresse electronique"
    "|e mail adresse|mailadresse|email address",
    "phone": "telefoon|gsm|gsm nummer|mobiel|telefoonnummer|telephone|portable|tel|mobile|mobil|telefon|handy|telefonnummer"
    "|phone number|mobile phone|cell phone|sms",
    "whatsapp": "whatsapp nummer|whatsapp number|numero whatsapp",
}


def proposed(header: Sequence[str]) -> dict[str, str]:
    """Return for each of our columns which of theirs it seems to be; those that nothing fits are left out.

    Args:
        header: the names in the file's first line.
    """
    ours: dict[str, str] = {fold(column.replace("_", " ")): column for column in COLUMNS}
    for column, names in _CALLED.items():
        for name in names.split("|"):
            ours.setdefault(name, column)
    found: dict[str, str] = {}
    for name in header:
        meant = ours.get(fold(name.replace("_", " ").replace(".", " ").replace(":", " ")))
        if meant and meant not in found:
            found[meant] = name
    if "last_name" in found and "first_name" not in found and "name" not in found:
        found["name"] = found.pop("last_name")  # "Nom" alone is the whole name
    return found


def problem(mapping: Mapping[str, str], header: Sequence[str]) -> str:
    """Say what is wrong with a mapping of our columns to theirs; blank if it can be used."""
    if unknown := [column for column in mapping if column not in COLUMNS]:
        return _("%(column)s is none of our columns: %(ours)s") % {
            "column": repr(unknown[0]),
            "ours": ", ".join(COLUMNS),
        }
    if missing := [name for name in mapping.values() if name not in header]:
        words = _("the file has no column %(column)s; it has %(theirs)s")
        return words % {"column": repr(missing[0]), "theirs": ", ".join(filter(None, header))}
    if not set(mapping) & set(ADDRESSES.values()):
        return _("say which column holds one of %(columns)s") % {"columns": ", ".join(ADDRESSES.values())}
    if "place" not in mapping and not {"lat", "lon"} <= set(mapping):
        return _("say which column holds the place, or which ones hold lat and lon")
    return ""
