"""The customer's script: run with stubs, read back."""
