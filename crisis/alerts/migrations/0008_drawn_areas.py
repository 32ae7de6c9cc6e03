from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):

    dependencies = [
        ("alerts", "0007_rings"),
    ]

    operations = [
        migrations.AddField(
            model_name='area',
            name='ring',
            field=models.JSONField(blank=True, default=list),
        ),
        migrations.AlterField(
            model_name='area',
            name='kind',
            field=models.CharField(choices=[('country', 'Country'), ('circle', 'Circle'), ('polygon', 'Drawn')], max_length=8),
        ),
        migrations.RemoveConstraint(model_name='area', name='area_is_complete'),
        migrations.AddConstraint(
            model_name='area',
            constraint=models.CheckConstraint(
                condition=Q(Q(('kind', 'country'), Q(('country', ''), _negated=True)), Q(('kind', 'circle'), ('lat__isnull', False), ('lon__isnull', False), ('radius_km__gte', 1)), Q(('kind', 'polygon'), ('lat__isnull', False), ('lon__isnull', False), Q(('ring', []), _negated=True)), _connector='OR'),
                name='area_is_complete',
            ),
        ),
    ]
