"""What the workflows of GitHub Actions need beside the commands that a person runs too."""
