"""People are found from indexes: beginnings of words in their order, and on PostgreSQL the middle of a name too."""

from typing import Any

from django.db import migrations, models


def by_byte(apps: Any, schema_editor: Any) -> None:
    """Let words be in the order of their code points, which is that of their beginnings."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute('ALTER TABLE audience_nameword ALTER COLUMN word TYPE varchar(60) COLLATE "C"')


def by_part(apps: Any, schema_editor: Any) -> None:
    """Index every three letters of names. The extension comes with PostgreSQL, and a database's owner may create it."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
        for table in ("citizen", "member"):
            schema_editor.execute(
                f"CREATE INDEX {table}_by_part_of_name ON audience_{table} USING gin (folded_name gin_trgm_ops)"
            )


def no_more_by_part(apps: Any, schema_editor: Any) -> None:
    """Drop them; the extension stays."""
    if schema_editor.connection.vendor == "postgresql":
        for table in ("citizen", "member"):
            schema_editor.execute(f"DROP INDEX {table}_by_part_of_name")


class Migration(migrations.Migration):
    """See above."""

    dependencies = [("audience", "0014_invite_lease")]

    operations = [
        migrations.AlterField("nameword", "word", models.CharField(max_length=60)),
        migrations.RunPython(by_byte, migrations.RunPython.noop),
        migrations.AddIndex("nameword", models.Index(fields=["word", "citizen"], name="name_word_by_beginning")),
        migrations.RunPython(by_part, no_more_by_part),
    ]
