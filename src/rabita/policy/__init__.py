"""Policies in Cedar: read from files, checked, asked, and tried against tables of tests."""
