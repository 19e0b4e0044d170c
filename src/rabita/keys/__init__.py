"""Private keys: what kinds a party has, how they rest encrypted in files, how a running node signs with them."""
