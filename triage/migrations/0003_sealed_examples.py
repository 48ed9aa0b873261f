"""Examples of the first hours were not sealed: they are dropped, not converted."""

import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('triage', '0002_versions'),
    ]

    operations = [
        migrations.DeleteModel(name='Example'),
        migrations.CreateModel(
            name='Example',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reference', models.CharField(db_index=True, max_length=32)),
                ('ref', models.CharField(max_length=32, unique=True)),
                ('record_sealed', models.BinaryField()),
                ('made_at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                'ordering': ('pk',),
            },
        ),
    ]
