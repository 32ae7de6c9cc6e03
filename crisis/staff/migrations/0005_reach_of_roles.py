import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('alerts', '0001_initial'),
        ('registry', '0001_initial'),
        ('staff', '0004_post_editor'),
    ]

    operations = [
        migrations.AlterField(
            model_name='grant',
            name='role',
            field=models.CharField(choices=[('officer', 'Duty officer'), ('approver', 'Approver'), ('clerk', 'Consular clerk'), ('post_editor', 'Post editor'), ('volunteer', 'Volunteer'), ('auditor', 'Auditor'), ('administrator', 'Administrator'), ('coordinator', 'Coordinator of a group')], max_length=20),
        ),
        migrations.AddField(
            model_name='grant',
            name='bound',
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name='grant',
            name='expires_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='grant',
            name='posts',
            field=models.ManyToManyField(blank=True, related_name='+', to='registry.post'),
        ),
        migrations.AddField(
            model_name='grant',
            name='rollcall',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='alerts.rollcall'),
        ),
        migrations.AddConstraint(
            model_name='grant',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('role', 'volunteer'), _negated=True), models.Q(('expires_at__isnull', False), ('rollcall__isnull', False)), _connector='OR'), name='volunteer_of_one_rollcall'),
        ),
        migrations.AddConstraint(
            model_name='grant',
            constraint=models.CheckConstraint(condition=models.Q(('bound', False), ('role__in', ('clerk', 'post_editor', 'volunteer')), _connector='OR'), name='bound_where_posts_count'),
        ),
    ]
