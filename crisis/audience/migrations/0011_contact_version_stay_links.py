"""Which address a contact holds, counted: what was signed for an earlier one opens nothing any more; a link of its own for stays."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Add it; what is held today is the first."""

    dependencies = [
        ("audience", "0010_contacts_by_state"),
    ]

    operations = [
        migrations.AddField(
            model_name="contact",
            name="version",
            field=models.PositiveSmallIntegerField(db_default=0, default=0),
        ),
        migrations.AlterField(
            model_name="link",
            name="purpose",
            field=models.CharField(
                choices=[
                    ("confirm", "Confirm an address"),
                    ("manage", "See and change what is known"),
                    ("stay", "Say where one stays"),
                    ("check_in", "Answer an alert"),
                    ("invite", "Link a chat to somebody whom staff brought in"),
                ],
                max_length=8,
            ),
        ),
    ]
