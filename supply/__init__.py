"""What goes into a release and what comes out of it: materials, wheel, secrets that must not be in it, and audits."""
