"""The pure core of triage: no Django, no database, no clock, no scikit-learn."""
