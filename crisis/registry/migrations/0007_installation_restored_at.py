from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('registry', '0006_credential_renewal'),
    ]

    operations = [
        migrations.AddField(
            model_name='installation',
            name='restored_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
    ]
