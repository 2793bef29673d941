"""AWS IAM policies, evaluated offline: ``analyzer.iam.api`` says how, and is loaded where it is asked for."""
