"""A mark on calls for help of which very many came from one address: none is refused any more."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Add it; what is there already was never marked."""

    dependencies = [
        ("checkins", "0009_reports_partly"),
    ]

    operations = [
        migrations.AddField(
            model_name="report",
            name="crowded",
            field=models.BooleanField(default=False),
        ),
    ]
