// The page: a list of symbols, the chart of one of them, and the values of its newest bar.

import { paint } from "./chart.mjs";
import {
  AVERAGES, DAY, PERIODS, PRICES, average, changeOf, directionOf, isFound, lengthOf, lengthsIn, meant, mostDecimals, moveOf, newest, ownName,
  padded, stamp, venueOf,
} from "./values.mjs";

const SHOWN = [["time", "opens"], ["open", "open"], ["high", "high"], ["low", "low"], ["close", "close"], ["volume", "volume"],
  ["quote_volume", "turnover"], ["count", "trades"], ["taker", "takers bought"], ["state", "state"]];
const KEPT = 500;
const $ = (id) => document.getElementById(id);
const asked = new URLSearchParams(location.hash.slice(1));
const token = asked.get("token") || "";
const averages = AVERAGES.map((count) => ({ count, isOn: true }));
let symbol = (asked.get("symbol") || "").trim(), period = PERIODS.includes(asked.get("period")) ? asked.get("period") : "1m";
let known = [], followed = new Set(), bars = new Map(), socket = null, isDue = false, turn = 0, wait = 500, pointed = null;
let trouble = "", recorder = "", wishing = 0;
const rows = new Map(), decimals = new Map(), visible = new Set();

function element(tag, text = "", className = "") {
  const made = document.createElement(tag);
  made.textContent = text; made.className = className;
  return made;
}

function isOpen() { return socket !== null && socket.readyState === WebSocket.OPEN; }

function tell() {
  const kinds = [[trouble, trouble, "lost"], [!isOpen(), "no connection; trying again", "lost"],
    [recorder && recorder !== "connected", `klagg and the exchange: ${recorder}`, ""], [true, "live", "live"]];
  const [, text, kind] = kinds.find(([holds]) => holds);
  $("link").textContent = text; $("link").className = kind;
}

async function ask(path) {
  const answer = await fetch(path, token ? { headers: { Authorization: "Bearer " + token } } : {});
  const body = await answer.json();
  if (answer.status === 401) throw new Error("A token is needed: open this page as /#token=TOKEN");
  if (!answer.ok) throw new Error(body.error);
  return body;
}

// What came: bars of the symbol into the chart, of the others into the list.

function take(list) {
  for (const bar of list) {
    if (bar.period !== period) continue;
    if (bar.symbol === symbol) bars.set(bar.open_time, bar);
    if (!bar.is_final) write(bar);
  }
  if (bars.size > KEPT) bars = newest(bars, KEPT);
  redraw();
}

function write(bar) {
  const row = rows.get(bar.symbol);
  if (!row) return;
  decimals.set(bar.symbol, Math.max(decimals.get(bar.symbol) || 0, mostDecimals([bar])));
  row.last.textContent = padded(bar.close, decimals.get(bar.symbol));
  row.moved.textContent = changeOf(bar); row.moved.className = "moved " + moveOf(row.moved.textContent);
}

function redraw() { if (!isDue) { isDue = true; requestAnimationFrame(draw); } }

function draw() {
  isDue = false;
  const list = [...newest(bars, KEPT).values()], last = list[list.length - 1];
  const places = Math.max(mostDecimals(list), decimals.get(symbol) || 0); // a price with more of them may be gone again
  $("price").textContent = last ? padded(last.close, places) : "–";
  $("change").textContent = last ? `${changeOf(last)} in this ${period}` : "";
  $("price").className = $("change").className = last ? directionOf(last) : "";
  document.title = last ? `${padded(last.close, places)} ${symbol}` : "klagg";
  const chosen = paint($("chart"), list, { decimals: places, period, pointed, averages }) || last;
  describe(chosen, places);
  const closes = list.slice(0, list.indexOf(chosen) + 1).map((bar) => +bar.close);
  averages.forEach(({ count, isOn }, place) => {
    const value = average(closes.slice(-count), count).pop() ?? null;
    $("averages").children[place].textContent = isOn && value !== null ? `${count} ${value.toFixed(places)}` : `${count}`;
  });
}

function describe(bar, places) {
  const texts = bar ? { ...bar, time: stamp(bar.open_time).slice(0, lengthOf(period) < DAY ? 16 : 10), taker: bar.taker_buy_volume } : {};
  if (bar && +bar.volume && bar.taker_buy_volume !== null) texts.taker += ` (${Math.round(100 * bar.taker_buy_volume / bar.volume)} %)`;
  for (const name of PRICES) if (bar) texts[name] = padded(bar[name], places);
  for (const [field] of SHOWN) $("f-" + field).textContent = bar ? texts[field] ?? "–" : "";
  $("f-state").className = bar && bar.state === "partial" ? "wait" : "";
}

// The list: only rows in view are subscribed to.

const watcher = new IntersectionObserver((changes) => {
  for (const change of changes) visible[change.isIntersecting ? "add" : "delete"](change.target.value);
  clearTimeout(wishing); wishing = setTimeout(wish, 150);
}, { root: $("list") });

function list(symbols) {
  const names = symbols.map((one) => one.symbol);
  followed = new Set(symbols.filter((one) => one.followed).map((one) => one.symbol));
  if (names.join() !== known.join()) {
    known = names; rows.clear(); visible.clear(); watcher.disconnect();
    $("list").replaceChildren(...names.map(row));
    narrow(document.activeElement === $("symbol") && $("symbol").value !== symbol ? $("symbol").value : ""); // somebody may be typing
  }
  for (const one of symbols) {
    const note = one.halted ? "halted" : one.followed ? "" : "stored";
    rows.get(one.symbol).note.textContent = [venueOf(one.symbol), note].filter(Boolean).join(" · ");
    rows.get(one.symbol).button.classList.toggle("unfollowed", !one.followed);
  }
  mark();
}

function row(name) {
  const button = element("button"), made = { button, last: element("span", "", "last"), note: element("small"), moved: element("span", "", "moved") };
  button.value = name; button.title = name;
  button.append(element("b", ownName(name)), made.last, made.note, made.moved);
  button.onclick = () => pick(name);
  rows.set(name, made); watcher.observe(button);
  return button;
}

function narrow(text) {
  let found = 0;
  for (const [name, { button }] of rows) found += !(button.hidden = !isFound(name, text));
  $("list").querySelector("p")?.remove();
  if (!found) $("list").append(element("p", known.length ? "No symbol is called so." : "There are no symbols yet."));
}

function mark() {
  for (const [name, { button }] of rows) if (name === symbol) button.setAttribute("aria-current", "true"); else button.removeAttribute("aria-current");
}

function open(isOpened) {
  $("list").classList.toggle("open", isOpened); $("opener").setAttribute("aria-expanded", isOpened);
  if (isOpened) rows.get(symbol)?.button.scrollIntoView({ block: "center" });
}

function pick(name) {
  symbol = name; $("symbol").value = name; $("symbol").blur(); narrow(""); open(false);
  if (symbol) choose();
}

$("list").onkeydown = (event) => {
  const next = { ArrowDown: "nextElementSibling", ArrowUp: "previousElementSibling" }[event.key];
  if (!next) return;
  let to = document.activeElement[next];
  while (to && to.hidden) to = to[next];
  if (to) { to.focus(); event.preventDefault(); }
};

// Talking to the server.

// The address says what is shown, so that it can be kept and sent.
function keep() {
  const lengths = averages.filter(({ isOn }) => isOn).map(({ count }) => count), isUsual = lengths.length === averages.length;
  history.replaceState(null, "", "#" + new URLSearchParams({ symbol, period, ...(!isUsual && { averages: lengths }), ...(token && { token }) }));
}

async function choose() {
  const mine = ++turn;
  bars = new Map(); pointed = null; trouble = ""; mark(); redraw();
  keep();
  try {
    const past = await ask(`/api/bars?symbol=${encodeURIComponent(symbol)}&period=${period}&limit=${KEPT}`);
    if (mine !== turn) return;
    if (past.length) symbol = past[0].symbol; // as the exchange writes it, whatever was typed
    if (document.activeElement !== $("symbol")) $("symbol").value = symbol;
    mark(); take(past);
    if (!past.length) trouble = `There are no ${period} bars of ${symbol}`;
    wish();
  } catch (error) { if (mine === turn) trouble = error.message; }
  tell();
}

function wish() {
  if (!isOpen()) return;
  socket.send(JSON.stringify({ unsubscribe: "*" }));
  const wanted = new Set([...visible].filter((name) => followed.has(name)));
  if (symbol) wanted.add(symbol);
  if (wanted.size) socket.send(JSON.stringify({ subscribe: [...wanted], periods: [period] }));
}

async function look() {
  try {
    const [health, symbols] = await Promise.all([ask("/api/health"), ask("/api/symbols")]);
    recorder = health.connection;
    offer(health.periods); list(symbols);
    if (!symbol) begin();
  } catch { recorder = ""; }
  tell();
}

function offer(recorded) {
  const offered = PERIODS.filter((name) => recorded.includes(name) || name === period);
  if (offered.join() === [...$("period").options].map((one) => one.value).join()) return;
  $("period").replaceChildren(...offered.map((name) => new Option(name)));
  $("period").value = period;
}

function connect() {
  const query = token ? "?token=" + encodeURIComponent(token) : "";
  socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws${query}`);
  socket.onopen = () => { wait = 500; look(); if (symbol) choose(); };
  socket.onmessage = (event) => {
    const said = JSON.parse(event.data);
    if (said.bars) take(said.bars);
    if (said.unknown && said.unknown.includes(symbol)) { trouble = `${symbol} is not followed now: stored bars only`; tell(); }
  };
  socket.onclose = () => { tell(); setTimeout(connect, wait); wait = Math.min(wait * 2, 8000); };
}

// With the symbol that the address names, else with a usual one; there may be none yet.
function begin() {
  symbol = symbol ? meant(symbol, known) : known.find((name) => ownName(name) === "BTCUSDT") || known[0] || "";
  $("symbol").value = symbol;
  if (symbol && isOpen()) choose();
}

$("symbol").onfocus = () => { $("symbol").select(); open(true); };
$("symbol").oninput = () => { narrow($("symbol").value); $("list").scrollTop = 0; };
$("symbol").onkeydown = (event) => {
  if (event.key === "Enter" && $("symbol").value.trim()) pick(meant($("symbol").value.trim(), known));
  if (event.key === "Escape") pick(symbol);
};
$("opener").onclick = () => open($("opener").getAttribute("aria-expanded") !== "true");
$("period").onchange = () => {
  period = $("period").value;
  for (const { last, moved } of rows.values()) last.textContent = moved.textContent = "";
  if (symbol) choose();
};
$("chart").onpointermove = $("chart").onpointerdown = (event) => { pointed = { x: event.offsetX, y: event.offsetY }; redraw(); };
$("chart").onpointerleave = () => { pointed = null; redraw(); };
new ResizeObserver(redraw).observe($("chart"));
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);

for (const [field, name] of SHOWN) {
  const box = element("div"), value = element("dd");
  value.id = "f-" + field; box.append(element("dt", name), value); $("fields").append(box);
}
const drawn = lengthsIn(asked.get("averages"));
for (const one of averages) {
  const button = element("button", one.count);
  one.isOn = drawn.includes(one.count); button.ariaPressed = one.isOn; button.title = `The mean of the last ${one.count} closes`;
  button.onclick = () => { one.isOn = !one.isOn; button.ariaPressed = one.isOn; keep(); redraw(); };
  $("averages").append(button);
}

(async () => {
  offer(PERIODS);
  try {
    list(await ask("/api/symbols"));
  } catch (error) { trouble = error.message; tell(); return; }
  begin();
  connect();
  setInterval(look, 5000);
})();
