"""Fuzzing: readers that take bytes of strangers, fed with what nobody would write."""
