"""What the files say, and where: typed records read from bundles and exports."""
