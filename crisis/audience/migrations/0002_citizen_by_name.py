from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('audience', '0001_initial'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='citizen',
            index=models.Index(fields=['name', 'id'], name='citizen_by_name'),
        ),
    ]
