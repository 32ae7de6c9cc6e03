from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("broadcast", "0009_emergency_forgotten"),
    ]

    operations = [
        migrations.AddField(
            model_name='breaker',
            name='refused_since',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='noticerun',
            name='every_way',
            field=models.BooleanField(default=False),
        ),
        migrations.AddIndex(
            model_name='notice',
            index=models.Index(condition=models.Q(('not_before__isnull', False), ('reserve', True), ('state', 'queued')), fields=['run', 'id'], name='notice_refused'),
        ),
    ]
