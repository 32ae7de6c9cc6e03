"""The alert card: a picture of the alert's own words, with a small map and a QR code. Plain values in, a JPEG out: no models,
no settings, no clock.
"""
