"""The grid of targeting: a stay keeps a rounded point and the number of its cell, so that an area is a set of integers."""

import math

CELLS_PER_DEGREE = 10  # a cell is 0.1 degree: 11 km from south to north
_COLUMNS = 360 * CELLS_PER_DEGREE
EARTH_RADIUS_KM = 6371.0


def rounded(degrees: float) -> float:
    """Round a coordinate to 0.01 degree (about 1 km): enough to target, too coarse to find a door."""
    return round(degrees, 2)


def cell_of(lat: float, lon: float) -> int:
    """Return the number of the cell that holds a point."""
    row = min(int((lat + 90) * CELLS_PER_DEGREE), 180 * CELLS_PER_DEGREE - 1)
    column = int((lon + 180) * CELLS_PER_DEGREE) % _COLUMNS
    return row * _COLUMNS + column


def centre_of(cell: int) -> tuple[float, float]:
    """Return the middle of a cell as (lat, lon)."""
    row, column = divmod(cell, _COLUMNS)
    return (row + 0.5) / CELLS_PER_DEGREE - 90, (column + 0.5) / CELLS_PER_DEGREE - 180


def distance_km(lat1: float, lon1: float, lat2: float, lon2: float) -> float:
    """Return the great-circle distance between two points in kilometres."""
    phi1, phi2 = math.radians(lat1), math.radians(lat2)
    half = math.sin((phi2 - phi1) / 2) ** 2
    half += math.cos(phi1) * math.cos(phi2) * math.sin(math.radians(lon2 - lon1) / 2) ** 2
    return 2 * EARTH_RADIUS_KM * math.asin(min(1.0, math.sqrt(half)))


# From a cell's middle to its corner, at the equator: what a circle must reach further to miss nobody at its edge.
CELL_REACH_KM = distance_km(0, 0, 0.5 / CELLS_PER_DEGREE, 0.5 / CELLS_PER_DEGREE)
