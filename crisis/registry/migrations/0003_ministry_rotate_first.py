from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('registry', '0002_house_paused'),
    ]

    operations = [
        migrations.AddField(
            model_name='ministry',
            name='rotate_first',
            field=models.BooleanField(default=False),
        ),
    ]
