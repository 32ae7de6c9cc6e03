"""English, as in Britain: Django's own are those of the United States."""

SHORT_DATE_FORMAT = "j M Y"
MONTH_DAY_FORMAT = "d M"
SHORT_DATETIME_FORMAT = "D j M Y, H:i"
