"""What the exchange says: its messages, its protocol, and the sockets they come through."""
