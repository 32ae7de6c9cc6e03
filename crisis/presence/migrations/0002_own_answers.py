from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('presence', '0001_begin'),
    ]

    operations = [
        migrations.AlterField(
            model_name='accountsnapshot',
            name='source',
            field=models.CharField(choices=[('platform', 'asked of the platform'), ('export', "the platform's export"), ('form', "the post editor's form"), ('inbox', 'our own inbox'), ('demo', 'demo data')], max_length=8),
        ),
    ]
