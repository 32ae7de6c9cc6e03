"""What an emergency contact was sent stays counted once they are forgotten."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """Let go of who it was, not of the row."""

    dependencies = [
        ("audience", "0010_contacts_by_state"),
        ("broadcast", "0008_fewer_indexes"),
    ]

    operations = [
        migrations.AlterField(
            model_name="notice",
            name="emergency",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                to="audience.emergencycontact",
            ),
        ),
    ]
