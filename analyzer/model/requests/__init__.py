"""Facts about CredentialsRequests: of this release, of the next, of OLM, and those left over."""
