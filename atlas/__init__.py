"""The Social Media Atlas: every official account on one map, for everybody; pages without script, open data, feeds and embeds."""
