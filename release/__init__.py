"""What is handed out: a wheelhouse, a single file, and the check that each of them works."""
