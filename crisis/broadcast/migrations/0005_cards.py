"""The words of cards, and what a platform gave for a picture."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("broadcast", "0004_restored_halts_reads"),
    ]

    operations = [
        migrations.AddField(
            model_name="delivery",
            name="staged",
            field=models.CharField(blank=True, max_length=500),
        ),
        migrations.AddField(
            model_name="wording",
            name="card",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="broadcast.wording",
            ),
        ),
    ]
