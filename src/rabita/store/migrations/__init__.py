"""How a node's database came to have its tables, one revision a module, oldest first; each is written by hand."""
