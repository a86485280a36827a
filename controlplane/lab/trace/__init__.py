"""`mvpn trace`: the entries that a packet would meet, hop by hop, from the routers' own tables."""
