from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("staff", "0003_roster"),
    ]

    operations = [
        migrations.AlterField(
            model_name='grant',
            name='role',
            field=models.CharField(choices=[('officer', 'Duty officer'), ('approver', 'Approver'), ('clerk', 'Consular clerk'), ('post_editor', 'Post editor'), ('administrator', 'Administrator'), ('coordinator', 'Coordinator of a group')], max_length=20),
        ),
    ]
