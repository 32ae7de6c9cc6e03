"""What everybody may see: the page of each alert."""
