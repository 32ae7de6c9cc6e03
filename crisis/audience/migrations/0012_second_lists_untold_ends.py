from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("audience", "0011_contact_version_stay_links"),
    ]

    operations = [
        migrations.AddField(
            model_name='citizen',
            name='also_on',
            field=models.ManyToManyField(related_name='known', to='audience.importedfile'),
        ),
        migrations.AddField(
            model_name='stay',
            name='untold_since',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddIndex(
            model_name='stay',
            index=models.Index(condition=models.Q(('untold_since__isnull', False)), fields=['untold_since'], name='stay_end_untold'),
        ),
    ]
