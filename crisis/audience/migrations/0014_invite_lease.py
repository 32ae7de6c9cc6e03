"""What is being sent has a lease, as every message of an outbox; a letter that is on its way now is unknown."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("audience", "0013_name_words")]

    operations = [migrations.RenameField("invite", "begun_at", "lease_until")]
