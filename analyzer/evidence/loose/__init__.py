"""Files that no layout of a bundle knows, told apart by their content and read in whatever form they have."""
