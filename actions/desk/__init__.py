"""The desk: requests that were handed over are claimed by officers, who talk with the citizen."""
