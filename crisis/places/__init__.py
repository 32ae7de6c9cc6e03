"""Where things are: countries by point and by name, places with their time zone and region, the grid of targeting."""
