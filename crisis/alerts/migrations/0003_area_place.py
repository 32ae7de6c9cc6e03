import django.db.models.deletion
from django.db import migrations, models


def name_the_places(apps, schema_editor):
    """A circle that stands already was drawn around a place's own point: that point tells which one."""
    Place = apps.get_model("places", "Place")
    for area in apps.get_model("alerts", "Area").objects.filter(kind="circle", place=None):
        area.place = Place.objects.filter(lat=area.lat, lon=area.lon).order_by("-population").first()
        area.save(update_fields=["place"])


class Migration(migrations.Migration):

    dependencies = [
        ('alerts', '0002_initial'),
        ('places', '0001_initial'),
    ]

    operations = [
        migrations.AddField(
            model_name='area',
            name='place',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='places.place'),
        ),
        migrations.RunPython(name_the_places, migrations.RunPython.noop),
    ]
