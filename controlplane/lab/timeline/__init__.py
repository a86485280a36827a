"""What happened after a failure, and when: from the routers' notices and the hosts' packets."""
