"""REST with OpenAPI 3.1: every act and every read of the node, for the programs of its own party."""
