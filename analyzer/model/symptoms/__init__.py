"""What AWS said and when: in logs, in conditions of objects, in recorded calls."""
