"""Draws the pictures in assets/: every screen and dialog, at several sizes, in 256 colours and on a light ground.

python -m tools.pictures [FOLDER] [--only NAME …]
"""
