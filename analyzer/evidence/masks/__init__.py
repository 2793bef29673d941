"""Values that were masked before inputs were handed on: told by their shapes, and kept from comparisons."""
