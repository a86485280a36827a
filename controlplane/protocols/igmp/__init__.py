"""IGMP, the router side: who on an attached network wants which groups and sources."""
