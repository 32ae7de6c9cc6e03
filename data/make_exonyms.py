#!/usr/bin/env python3
"""Make data/exonyms.tsv: what towns are called in the languages of our citizens, where that is not their name in places.tsv.

    python data/make_exonyms.py       # needs Babel, and data/places.tsv beside it

First what CLDR says of the towns that time zones are named after (Unicode licence, through Babel), then the list below, which
is ours: it stands only where GeoNames knows the same name too, so that a slip of the pen is found.
"""

import csv
import sys
from collections.abc import Iterator
from pathlib import Path

from babel import Locale
from make_places import fold

HERE = Path(__file__).resolve().parent
LANGUAGES = ("nl", "fr", "de", "en")
# Country, then the town in nl, fr, de, en.
_OURS = """
AE|Dubai|Dubaï|Dubai|Dubai
AT|Salzburg|Salzbourg|Salzburg|Salzburg
BE|Antwerpen|Anvers|Antwerpen|Antwerp
BE|Brugge|Bruges|Brügge|Bruges
BE|Gent|Gand|Gent|Ghent
BE|Leuven|Louvain|Löwen|Leuven
BE|Luik|Liège|Lüttich|Liège
BE|Mechelen|Malines|Mecheln|Mechelen
BE|Bergen|Mons|Bergen|Mons
BE|Namen|Namur|Namur|Namur
BE|Oostende|Ostende|Ostende|Ostend
CD|Lubumbashi|Lubumbashi|Lubumbashi|Lubumbashi
CH|Bazel|Bâle|Basel|Basel
CH|Bern|Berne|Bern|Bern
CH|Genève|Genève|Genf|Geneva
CH|Lausanne|Lausanne|Lausanne|Lausanne
CH|Luzern|Lucerne|Luzern|Lucerne
CN|Peking|Pékin|Peking|Beijing
CN|Shanghai|Shanghai|Schanghai|Shanghai
CN|Kanton|Canton|Kanton|Guangzhou
CN|Nanking|Nankin|Nanking|Nanjing
DE|Aken|Aix-la-Chapelle|Aachen|Aachen
DE|Bremen|Brême|Bremen|Bremen
DE|Dresden|Dresde|Dresden|Dresden
DE|Frankfurt|Francfort|Frankfurt|Frankfurt
DE|Hamburg|Hambourg|Hamburg|Hamburg
DE|Hannover|Hanovre|Hannover|Hanover
DE|Keulen|Cologne|Köln|Cologne
DE|Leipzig|Leipzig|Leipzig|Leipzig
DE|Mainz|Mayence|Mainz|Mainz
DE|München|Munich|München|Munich
DE|Neurenberg|Nuremberg|Nürnberg|Nuremberg
DE|Trier|Trèves|Trier|Trier
EG|Alexandrië|Alexandrie|Alexandria|Alexandria
ES|Barcelona|Barcelone|Barcelona|Barcelona
ES|Sevilla|Séville|Sevilla|Seville
ES|Valencia|Valence|Valencia|Valencia
ES|Zaragoza|Saragosse|Saragossa|Zaragoza
FR|Duinkerke|Dunkerque|Dünkirchen|Dunkirk
FR|Lyon|Lyon|Lyon|Lyon
FR|Marseille|Marseille|Marseille|Marseille
FR|Nice|Nice|Nizza|Nice
FR|Rijsel|Lille|Lille|Lille
FR|Straatsburg|Strasbourg|Straßburg|Strasbourg
GB|Edinburgh|Édimbourg|Edinburgh|Edinburgh
GR|Thessaloniki|Thessalonique|Thessaloniki|Thessaloniki
HK|Hongkong|Hong Kong|Hongkong|Hong Kong
IL|Jeruzalem|Jérusalem|Jerusalem|Jerusalem
IL|Tel Aviv|Tel Aviv|Tel Aviv|Tel Aviv
IN|Mumbai|Mumbai|Mumbai|Mumbai
IT|Bologna|Bologne|Bologna|Bologna
IT|Florence|Florence|Florenz|Florence
IT|Genua|Gênes|Genua|Genoa
IT|Milaan|Milan|Mailand|Milan
IT|Napels|Naples|Neapel|Naples
IT|Padua|Padoue|Padua|Padua
IT|Turijn|Turin|Turin|Turin
IT|Venetië|Venise|Venedig|Venice
IT|Verona|Vérone|Verona|Verona
MA|Fez|Fès|Fès|Fez
MA|Marrakech|Marrakech|Marrakesch|Marrakesh
MA|Tanger|Tanger|Tanger|Tangier
NL|Den Haag|La Haye|Den Haag|The Hague
PL|Gdansk|Gdansk|Danzig|Gdańsk
PL|Krakau|Cracovie|Krakau|Krakow
PT|Porto|Porto|Porto|Porto
RU|Sint-Petersburg|Saint-Pétersbourg|Sankt Petersburg|Saint Petersburg
SA|Mekka|La Mecque|Mekka|Mecca
SE|Göteborg|Göteborg|Göteborg|Gothenburg
SY|Aleppo|Alep|Aleppo|Aleppo
UA|Odessa|Odessa|Odessa|Odesa
US|New Orleans|La Nouvelle-Orléans|New Orleans|New Orleans
US|Philadelphia|Philadelphie|Philadelphia|Philadelphia
VN|Hanoi|Hanoï|Hanoi|Hanoi
"""


def _towns() -> Iterator[dict[str, str]]:
    with (HERE / "places.tsv").open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)


Called = dict[tuple[str, str], dict[str, str]]


def _index(key: str) -> dict[tuple[str, str], dict[str, str]]:
    """Return the largest town of each name, in any language, by one of its columns; who is called so itself goes first."""
    towns = sorted(_towns(), key=lambda town: -int(town["population"]))
    found: dict[tuple[str, str], dict[str, str]] = {}
    for town in towns:
        found.setdefault((town[key], fold(town["name"])), town)
    for town in towns:
        for name in town["other_names"].split("|"):
            found.setdefault((town[key], fold(name)), town)
    return found


def _from_cldr(called: Called) -> None:
    by_zone = _index("time_zone")
    for language in LANGUAGES:
        for zone, told in Locale.parse(language).time_zones.items():
            town = by_zone.get((zone, fold(zone.rsplit("/", 1)[-1].replace("_", " "))))
            if town and told.get("city"):
                place = called.setdefault((town["country"], town["name"]), {})
                place[language] = told["city"].replace("\u00ad", "")


def _from_us(called: Called) -> None:
    by_country, wrong = _index("country"), []
    for line in _OURS.strip().splitlines():
        country, *names = line.split("|")
        towns = [by_country.get((country, fold(name)), {}) for name in names]
        if len({town.get("geoname_id") for town in towns}) == 1 and all(towns):
            called.setdefault((country, towns[0]["name"]), {}).update(zip(LANGUAGES, names, strict=True))
        else:
            wrong.append(f"{line}: {[town.get('name') for town in towns]}")
    if wrong:
        sys.exit("GeoNames does not know as one town:\n" + "\n".join(wrong))


def main() -> None:
    """Write the file."""
    called: Called = {}
    _from_cldr(called)
    _from_us(called)
    with (HERE / "exonyms.tsv").open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file, delimiter="\t", lineterminator="\n")
        out.writerow(["country", "name", *LANGUAGES])
        for (country, name), names in sorted(called.items()):
            told = [names.get(language, "") for language in LANGUAGES]
            if any(each not in ("", name) for each in told):
                out.writerow([country, name, *("" if each == name else each for each in told)])


if __name__ == "__main__":
    main()
