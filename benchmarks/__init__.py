"""Figures as ratios against raw Terraform, both measured in one run."""
