"""From a situation and its filled slots to the text for each language and platform. Plain values: no models, no clock."""
