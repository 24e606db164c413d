"""Policies for App Runner, of which checkov has none. checkov imports every file of this folder."""
