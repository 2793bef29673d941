"""The program end to end: made-up and real clusters in, whole reports out."""
