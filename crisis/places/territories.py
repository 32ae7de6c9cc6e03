"""Territories with an ISO code of their own, and their states: who serves the state serves them, unless told otherwise.

Source: ISO 3166-1, its remarks on status.
"""

STATE_OF = {
    territory: state
    for state, territories in {
        "AU": "CC CX HM NF",
        "CN": "HK MO",
        "DK": "FO GL",
        "FI": "AX",
        "FR": "BL GF GP MF MQ NC PF PM RE TF WF YT",
        "GB": "AI BM FK GG GI GS IM IO JE KY MS PN SH TC VG",
        "NL": "AW BQ CW SX",
        "NO": "BV SJ",
        "NZ": "CK NU TK",
        "US": "AS GU MP PR UM VI",
    }.items()
    for territory in territories.split()
}
