"""The sandbox holds what the facts about Pexip, Entra and Graph say, tried over sockets on a started process."""
