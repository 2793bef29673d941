"""Who is judged, with all of their facts; and what happened when."""
