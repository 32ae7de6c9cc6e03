from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('registry', '0004_invitation'),
    ]

    operations = [
        migrations.AddField(
            model_name='ministry',
            name='without_card',
            field=models.JSONField(blank=True, default=list),
        ),
    ]
