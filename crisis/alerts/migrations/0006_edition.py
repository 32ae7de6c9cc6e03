import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ('alerts', '0005_ladder'),
    ]

    operations = [
        migrations.AddField(
            model_name='alert',
            name='editions',
            field=models.JSONField(default=list),
        ),
        migrations.CreateModel(
            name='Edition',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('situation', models.CharField(max_length=40)),
                ('language', models.CharField(max_length=10)),
                ('number', models.PositiveIntegerField()),
                ('content', models.JSONField()),
                ('written_at', models.DateTimeField()),
                ('reviewed_at', models.DateTimeField(blank=True, null=True)),
                ('reviewed_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('written_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['number'],
                'constraints': [
                    models.UniqueConstraint(fields=('situation', 'language', 'number'), name='edition_once'),
                    models.CheckConstraint(condition=models.Q(models.Q(('reviewed_at__isnull', True), ('reviewed_by__isnull', True)), models.Q(('reviewed_at__isnull', False), ('reviewed_by__isnull', False)), _connector='OR'), name='edition_review_is_whole'),
                    models.CheckConstraint(condition=models.Q(('reviewed_by', models.F('written_by')), _negated=True), name='edition_reviewed_by_another'),
                ],
            },
        ),
    ]
