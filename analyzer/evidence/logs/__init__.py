"""What logs of pods say of AWS: the few records that matter, found as bytes, classified and merged."""
