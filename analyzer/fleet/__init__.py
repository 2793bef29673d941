"""Many bundles: find them, judge each in a process of its own, keep one row for each, ask the rows."""
