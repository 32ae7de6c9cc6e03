import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('alerts', '0005_ladder'),
        ("checkins", "0010_reports_crowded"),
    ]

    operations = [
        migrations.AddField(
            model_name='listening',
            name='named_since',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='listening',
            name='reads',
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='listening',
            name='reads_on',
            field=models.DateField(blank=True, null=True),
        ),
        migrations.CreateModel(
            name='LadderPlace',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('what', models.CharField(max_length=10)),
                ('after', models.BigIntegerField(default=0)),
                ('rollcall', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='places', to='alerts.rollcall')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('rollcall', 'what'), name='ladder_place_once')],
            },
        ),
    ]
