"""What belongs together: objects, chains, roles and providers, found once and judged by nobody yet."""
