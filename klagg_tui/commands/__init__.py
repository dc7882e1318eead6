"""What can be typed behind `klagg`: one thin file a group of commands, heavy imports only inside them."""
