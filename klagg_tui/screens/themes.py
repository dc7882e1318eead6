"""The theme of our own."""

from __future__ import annotations

from typing import Final

from textual.theme import Theme

KLAGG: Final = Theme(
    name="klagg",
    primary="#5aa9e6",
    secondary="#7f9cf5",
    accent="#f2c14e",
    foreground="#d5dbe6",
    background="#0c1017",
    surface="#121823",
    panel="#1a2231",
    success="#3ecf8e",
    warning="#f0a35e",
    error="#f2607d",
    dark=True,
    variables={
        "border": "#2b3648",
        "scrollbar": "#2b3648",
        "scrollbar-hover": "#3a4860",
        "scrollbar-active": "#5aa9e6",
        "scrollbar-background": "#0c1017",
        "scrollbar-background-hover": "#0c1017",
        "scrollbar-background-active": "#0c1017",
        "scrollbar-corner-color": "#0c1017",
        "block-cursor-background": "#24405c",
        "block-cursor-foreground": "#ffffff",
        "input-selection-background": "#5aa9e6 35%",
    },
)
