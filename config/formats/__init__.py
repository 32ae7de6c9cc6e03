"""How dates are written in each language of the console, where Django's own formats differ from what the house says."""
