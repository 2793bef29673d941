"""The report in every format that people and programs read; siblings over one model."""
