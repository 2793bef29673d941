"""What the customer is asked to collect: ranked, and as a script that only reads."""
