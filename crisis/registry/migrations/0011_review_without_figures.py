from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('registry', '0010_keeping'),
    ]

    operations = [
        migrations.RemoveField(
            model_name='postreview',
            name='figures',
        ),
    ]
