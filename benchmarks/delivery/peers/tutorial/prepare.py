"""`python -m benchmarks.delivery.peers.tutorial.prepare`: trains and pickles the model, makes the table."""

import os

import joblib


def main() -> None:
    """Into the files that the environment names."""
    import django
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    from triage.learning.corpus import read_lines

    lines = [line for line in read_lines() if not line.is_test]
    pipeline = make_pipeline(
        TfidfVectorizer(analyzer="char_wb", ngram_range=(1, 4), min_df=3), LogisticRegression(solver="liblinear")
    )
    pipeline.fit([line.text for line in lines], [line.level.is_crisis for line in lines])
    joblib.dump(pipeline, os.environ["MODEL"])
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "benchmarks.delivery.peers.tutorial.settings")
    django.setup()
    from django.db import connection

    from benchmarks.delivery.peers.tutorial.models import Message

    with connection.schema_editor() as editor:
        editor.create_model(Message)


if __name__ == "__main__":
    main()
