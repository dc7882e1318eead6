// Around textual-serve's terminal: letters that fit a phone, a finger that scrolls, and keys for what a finger has not.
"use strict";

(() => {
  const COLUMNS = 60, ROWS = 20, SMALLEST = 8, LARGEST = 16, WIDE = 0.6, TALL = 1.32; // of a letter: its width and height in its size
  const KEYS = [["⌨", "", "Keyboard"], ["Esc", "\x1b", "Escape"], ["Tab", "\t", "Tab"], ["⏎", "\r", "Enter"], ["/", "/", "Filter"], ["?", "?", "Help"],
    ["←", "\x1b[D", "Left"], ["↓", "\x1b[B", "Down"], ["↑", "\x1b[A", "Up"], ["→", "\x1b[C", "Right"]];
  const terminal = document.getElementById("terminal"), isTouched = matchMedia("(pointer: coarse)").matches;
  let socket = null, columns = 80, rows = 24;

  // The terminal keeps its socket to itself: it is the one that is opened here.
  window.WebSocket = class extends WebSocket {
    constructor(...given) { super(...given); socket = this; }
    send(text) {
      const [kind, size] = text[0] === "[" ? JSON.parse(text) : [];
      if (kind === "resize") ({ width: columns, height: rows } = size);
      super.send(text);
    }
  };
  const type = (text) => { if (socket && socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(["stdin", text])); };

  // As large as so many columns and rows allow, unless the address asks for a size.
  function fit() {
    const asked = new URLSearchParams(location.search).has("fontsize");
    const room = Math.min(terminal.clientWidth / COLUMNS / WIDE, terminal.clientHeight / ROWS / TALL);
    if (!asked) terminal.dataset.fontSize = Math.max(SMALLEST, Math.min(LARGEST, Math.floor(room * 2) / 2));
  }

  function keyboard() { return terminal.querySelector(".xterm-helper-textarea"); }

  // Otherwise the keyboard comes up at each touch and covers half of what was touched.
  function show(isShown) {
    keyboard().inputMode = isShown ? "text" : "none";
    document.querySelector("#keys button").ariaPressed = isShown;
    if (isShown) { keyboard().blur(); keyboard().focus(); }
  }

  for (const [label, text, name] of KEYS) {
    const button = document.createElement("button");
    button.textContent = label; button.ariaLabel = button.title = name;
    button.onpointerdown = (event) => event.preventDefault(); // the focus stays where it is
    button.onclick = () => text ? type(text) : show(keyboard().inputMode === "none");
    document.getElementById("keys").append(button);
  }

  // A finger that moves up or down turns the wheel, whose notch moves two lines, so that these stay under it; a touch alone is a click already.
  let from = null;
  terminal.addEventListener("touchstart", (event) => { from = event.touches.length === 1 ? event.touches[0].clientY : null; }, { passive: true });
  terminal.addEventListener("touchmove", (event) => {
    event.preventDefault();
    const screen = terminal.querySelector(".xterm-screen");
    if (from === null || !screen) return;
    const box = screen.getBoundingClientRect(), cell = box.width / columns, notch = 2 * box.height / rows, { clientX, clientY } = event.touches[0];
    const at = `${Math.max(1, Math.ceil((clientX - box.left) / cell))};${Math.max(1, Math.ceil(2 * (clientY - box.top) / notch))}M`;
    for (; Math.abs(clientY - from) >= notch; from += Math.sign(clientY - from) * notch) type(`\x1b[<${clientY < from ? 65 : 64};${at}`);
  }, { passive: false });

  document.getElementById("again").onclick = () => location.reload();

  const begin = window.onload;
  window.onload = async (event) => {
    terminal.dataset.sessionWebsocketUrl = new URL("ws", location.href.replace(/^http/, "ws").replace(/[?#].*/, "")).href;
    try { await Promise.all([document.fonts.load("16px 'Roboto Mono'"), document.fonts.load("bold 16px 'Roboto Mono'")]); } catch { /* another one will do */ }
    fit();
    begin(event);
    if (isTouched) show(false);
  };
})();
