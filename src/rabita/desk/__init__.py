"""The desk: the pages officers work at, made by the node from the same services that its API stands on."""
