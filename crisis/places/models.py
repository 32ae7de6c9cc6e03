"""Places and first-level regions, from GeoNames (CC BY 4.0)."""

from django.db import models


class Region(models.Model):
    """A first-level division of a country: a province, a state."""

    country = models.CharField(max_length=2)
    code = models.CharField(max_length=12)
    name = models.CharField(max_length=120)
    folded = models.CharField(max_length=120)

    class Meta:
        """One row a region."""

        constraints = [models.UniqueConstraint(fields=["country", "code"], name="region_once")]

    def __str__(self) -> str:
        return f"{self.name} ({self.country})"


class Place(models.Model):
    """A city or town with 15,000 people or more, or a capital.

    Attributes:
        id: its GeoNames number.
        region: the code of its first-level division, or blank.
        lat, lon: degrees, WGS 84.
        time_zone: its name in the tz database.
    """

    id = models.BigIntegerField(primary_key=True)
    name = models.CharField(max_length=120)
    country = models.CharField(max_length=2)
    region = models.CharField(max_length=12, blank=True)
    lat = models.FloatField()
    lon = models.FloatField()
    time_zone = models.CharField(max_length=40)
    population = models.IntegerField()

    class Meta:
        """Indexes for the largest places of a country, and for the nearest place of a point."""

        indexes = [models.Index(fields=["country", "-population"]), models.Index(fields=["lat", "lon"])]

    def __str__(self) -> str:
        return f"{self.name} ({self.country})"


class PlaceName(models.Model):
    """A name of a place, folded for search: its own, or one in another language."""

    place = models.ForeignKey(Place, on_delete=models.CASCADE, related_name="names")
    folded = models.CharField(max_length=120, db_index=True)
    own = models.BooleanField(default=False)

    def __str__(self) -> str:
        return self.folded
