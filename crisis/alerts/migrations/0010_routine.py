from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):

    dependencies = [
        ('alerts', '0009_typed'),
    ]

    operations = [
        migrations.AddField(
            model_name='alert',
            name='routine',
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name='alert',
            name='publish_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='alert',
            name='unissued_why',
            field=models.CharField(blank=True, max_length=400),
        ),
        migrations.AddConstraint(
            model_name='alert',
            constraint=models.CheckConstraint(
                condition=Q(Q(('asks', False), ('routine', True)), Q(('publish_at', None), ('routine', False)), _connector='OR'),
                name='only_routine_waits',
            ),
        ),
    ]
