"""Ping and traceroute as a lab's hosts do them: engines that both worlds drive."""
