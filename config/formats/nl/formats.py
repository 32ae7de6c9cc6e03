"""Dutch: "N" is the month as that language shortens it, "M" its first three letters with a capital."""

SHORT_DATE_FORMAT = "j N Y"
MONTH_DAY_FORMAT = "d N"
SHORT_DATETIME_FORMAT = "D j N Y, H:i"
