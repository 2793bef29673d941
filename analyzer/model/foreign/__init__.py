"""What in the inputs is of another cluster, so that it proves no fault of this one."""
