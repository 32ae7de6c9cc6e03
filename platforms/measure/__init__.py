"""Counting text as each platform does, and never less. The limits are beside the specs, or said here where there is none yet.

A measure is a pure function from a text to a whole number. A platform with two limits (Bluesky) is one number too: the greater,
so that everything that fits a text needs to know one limit only.
"""

from platforms.measure.graphemes import graphemes
from platforms.measure.littletext import little_text, little_text_units, plain_text
from platforms.measure.plain import characters, utf8_bytes, utf16_units
from platforms.measure.sms import Sms, sms, sms_segments, sms_text, sms_units
from platforms.measure.timelines import bluesky, mastodon_units, threads_units
from platforms.measure.weibo import weibo_text, weibo_units
from platforms.measure.x import x_weight

__all__ = [
    "Sms",
    "bluesky",
    "characters",
    "graphemes",
    "little_text",
    "little_text_units",
    "mastodon_units",
    "plain_text",
    "sms",
    "sms_segments",
    "sms_text",
    "sms_units",
    "threads_units",
    "utf8_bytes",
    "utf16_units",
    "weibo_text",
    "weibo_units",
    "x_weight",
]
