"""Flickr: photos with a description, OAuth 1.0a, and answers that are a 200 whatever happened."""
