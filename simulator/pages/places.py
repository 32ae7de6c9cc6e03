"""What a visitor can choose on the chat page: languages to speak, and places to be in."""

# Language codes as Telegram sends them, with the names that their speakers use.
LANGUAGES = [
    ("en", "English"), ("ar", "العربية"), ("bg", "Български"), ("cs", "Čeština"), ("da", "Dansk"), ("de", "Deutsch"),
    ("el", "Ελληνικά"), ("es", "Español"), ("et", "Eesti"), ("fa", "فارسی"), ("fi", "Suomi"), ("fr", "Français"),
    ("he", "עברית"), ("hi", "हिन्दी"), ("hr", "Hrvatski"), ("hu", "Magyar"),
    ("id", "Bahasa Indonesia"), ("it", "Italiano"), ("ja", "日本語"), ("ko", "한국어"), ("lt", "Lietuvių"),
    ("lv", "Latviešu"), ("nl", "Nederlands"), ("pl", "Polski"), ("pt", "Português"), ("ro", "Română"),
    ("ru", "Русский"), ("sk", "Slovenčina"), ("sl", "Slovenščina"), ("sv", "Svenska"), ("sw", "Kiswahili"),
    ("th", "ไทย"), ("tr", "Türkçe"), ("uk", "Українська"), ("vi", "Tiếng Việt"), ("zh", "中文"),
]  # fmt: skip
# Well-known cities of all continents, to a hundredth of a degree.
CITIES = [
    ("Amman", 31.95, 35.93), ("Amsterdam", 52.37, 4.90), ("Bangkok", 13.76, 100.50), ("Beirut", 33.89, 35.50),
    ("Bogotá", 4.71, -74.07), ("Brussels", 50.85, 4.35), ("Buenos Aires", -34.60, -58.38), ("Cairo", 30.04, 31.24),
    ("Cape Town", -33.92, 18.42), ("Dakar", 14.72, -17.47), ("Delhi", 28.61, 77.21), ("Istanbul", 41.01, 28.98),
    ("Jakarta", -6.21, 106.85), ("Kathmandu", 27.72, 85.32), ("Kinshasa", -4.44, 15.27), ("Kyiv", 50.45, 30.52),
    ("Lagos", 6.52, 3.38), ("Lima", -12.05, -77.04), ("London", 51.51, -0.13), ("Manila", 14.60, 120.98),
    ("Mexico City", 19.43, -99.13), ("Nairobi", -1.29, 36.82), ("New York", 40.71, -74.01), ("Paris", 48.86, 2.35),
    ("Port-au-Prince", 18.59, -72.31), ("San Francisco", 37.77, -122.42), ("Santiago", -33.45, -70.67),
    ("São Paulo", -23.55, -46.63), ("Sydney", -33.87, 151.21), ("Taipei", 25.03, 121.57), ("Tokyo", 35.68, 139.69),
    ("Tunis", 36.81, 10.18), ("Wellington", -41.29, 174.78),
]  # fmt: skip
