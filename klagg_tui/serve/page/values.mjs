// What the page computes: no document, no server, so that a test can ask each function.

export const PERIODS = ["1m","3m","5m","15m","30m","1h","2h","4h","6h","8h","12h","1d","3d","1w","1M"];
export const PRICES = ["open", "high", "low", "close"];
export const AVERAGES = [7, 25, 99]; // as the terminal draws them
export const DAY = 86400000;
const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 240, 360, 720, 1440].map((minutes) => minutes * 60000);

// Texts: what the server said, closing zeros added so that a price does not jump about.

export const decimalsOf = (text) => (text.split(".")[1] || "").length;
export function padded(text, decimals) {
  const missing = decimals - decimalsOf(text);
  return missing > 0 ? text + (text.includes(".") ? "" : ".") + "0".repeat(missing) : text;
}
export function mostDecimals(bars) {
  return bars.reduce((most, bar) => Math.max(most, ...PRICES.map((name) => decimalsOf(bar[name]))), 0);
}
export function stamp(ms) { return new Date(ms).toISOString().slice(0, 16).replace("T", " "); }
export function directionOf(bar) { return +bar.close < +bar.open ? "down" : "up"; }
export function changeOf(bar) {
  if (!+bar.open) return "–";
  const hundredths = Math.round((bar.close / bar.open - 1) * 10000);
  return (hundredths < 0 ? "−" : hundredths > 0 ? "+" : "") + (Math.abs(hundredths) / 100).toFixed(2) + " %";
}

// A move that is written as none is neither up nor down.
export function moveOf(text) { return { "+": "up", "−": "down" }[text[0]] || ""; }

// Milliseconds of a period; of a month, which has no length, the shortest.
export function lengthOf(period) {
  return period.endsWith("M") ? 28 * DAY : parseInt(period) * { m: 60000, h: 3600000, d: DAY, w: 7 * DAY }[period.slice(-1)];
}

// Names: in any letters, with the exchange or, where one alone has it, without.

export function ownName(name) { return name.slice(name.indexOf(":") + 1); }
export function venueOf(name) { return name.includes(":") ? name.slice(0, name.indexOf(":")) : ""; }
export function meant(text, known) {
  const capitals = text.toUpperCase(), alike = known.filter((name) => ownName(name).toUpperCase() === capitals);
  return known.find((name) => name === text) || known.find((name) => name.toUpperCase() === capitals)
    || (alike.length === 1 ? alike[0] : text.includes(":") ? text : capitals);
}

// Whether a name is among what is searched for; signs between letters do not matter: btcusd finds kraken:BTC/USD.
export function isFound(name, text) {
  const bare = (one) => one.toUpperCase().replace(/[^\p{L}\p{N}]/gu, "");
  return text.trim().toUpperCase().split(/\s+/).every((word) => name.toUpperCase().includes(word) || (bare(word) && bare(name).includes(bare(word))));
}

// The mean of the last so many closes at each bar, null before there are as many.
export function average(closes, count) {
  return closes.map((_, at) => at < count - 1 ? null : closes.slice(at - count + 1, at + 1).reduce((sum, close) => sum + close, 0) / count);
}

// What a link says: "7,25" or "" for none; what cannot be read is left out.
export function lengthsIn(text) {
  if (text === null) return AVERAGES;
  const read = text.split(",").map(Number).filter((count) => Number.isInteger(count) && count > 0 && count <= 400);
  return [...new Set(read)].slice(0, 3);
}

// The newest of what is held: bars by the time they opened at, oldest first.
export function newest(bars, most) {
  return new Map([...bars].sort(([one], [other]) => one - other).slice(-most));
}

// The chart's axes.

export function priceLevels(low, high, pixels) {
  const least = 52 / pixels, power = 10 ** Math.floor(Math.log10(least));
  const size = [1, 2, 5, 10].map((factor) => factor * power).find((one) => one >= least * (1 - 1e-9)), prices = [];
  for (let n = Math.ceil(low / size); n * size <= high; n++) if (n > 0) prices.push(n * size);
  return { prices, decimals: Math.max(0, -Math.floor(Math.log10(size) + 1e-9)) };
}

export function timeMarks(bars, step, period) {
  const length = lengthOf(period), every = Math.ceil((length < DAY ? 84 : 100) / step);
  const stride = STEPS.find((one) => one >= every * length), marks = [];
  bars.forEach((bar, place) => {
    const isMarked = stride ? bar.open_time % stride === 0 : (bars.length - place) % every === 0;
    const [from, to] = length >= DAY ? [0, 10] : bar.open_time % DAY ? [11, 16] : [5, 10];
    if (isMarked) marks.push({ place, text: stamp(bar.open_time).slice(from, to) });
  });
  return marks;
}
