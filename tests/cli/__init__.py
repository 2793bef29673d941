"""The command line, called in process."""
