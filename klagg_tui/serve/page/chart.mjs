// The chart: prices on the right, times below, volumes in the lowest fifth, averages over the candles.

import { average, directionOf, padded, priceLevels, timeMarks } from "./values.mjs";

const AXIS = 22, TOP = 14, VOLUMES = 0.17;

// Draws the newest bars that fit, and returns the one that is pointed at.
export function paint(canvas, all, { decimals, period, pointed, averages }) {
  const width = canvas.clientWidth, height = canvas.clientHeight, ratio = devicePixelRatio || 1;
  canvas.width = Math.round(width * ratio); canvas.height = Math.round(height * ratio);
  if (!all.length || width < 80 || height < 80) return undefined;
  const pen = canvas.getContext("2d"), style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue("--" + name).trim();
  pen.scale(ratio, ratio);
  pen.font = "12px " + style.getPropertyValue("--mono"); pen.textBaseline = "middle";
  const widest = Math.max(...all.map((bar) => padded(bar.high, decimals).length));
  const room = Math.ceil(pen.measureText("0".repeat(widest)).width) + 16, right = width - room, bottom = height - AXIS;
  const step = width < 600 ? 7 : 9, fit = Math.max(1, Math.floor(right / step)), list = all.slice(-fit);
  const high = Math.max(...list.map((b) => +b.high)), low = Math.min(...list.map((b) => +b.low)), span = high - low || high * 0.001 || 1;
  const tall = (bottom - 2 * TOP) * 0.82, most = Math.max(...list.map((b) => +b.volume)) || 1;
  const y = (price) => TOP + tall * (1 - (price - low) / span);
  const x = (at) => right - (list.length - at) * step + step / 2;
  const at = pointed === null ? -1 : Math.round((pointed.x - x(0)) / step);

  const levels = priceLevels(low - span * 0.2, high, tall / span);
  pen.lineWidth = 1; pen.strokeStyle = colour("line"); pen.fillStyle = colour("dim"); pen.textAlign = "left";
  for (const price of levels.prices) {
    if (y(price) > bottom - 6) continue;
    rule(pen, 0, y(price), right, y(price)); pen.fillText(price.toFixed(levels.decimals), right + 8, y(price));
  }
  pen.textAlign = "center";
  for (const { place, text } of timeMarks(list, step, period)) {
    if (x(place) < 24) continue;
    rule(pen, x(place), 0, x(place), bottom); pen.fillText(text, x(place), height - AXIS / 2);
  }
  list.forEach((bar, place) => candle(pen, bar, x(place), y, step, bottom - (bottom - 2 * TOP) * VOLUMES * bar.volume / most, bottom, colour));
  const closes = all.map((bar) => +bar.close);
  pen.save(); pen.beginPath(); pen.rect(0, 0, right, bottom); pen.clip();
  averages.forEach(({ count, isOn }, place) => {
    if (isOn) curve(pen, average(closes, count).slice(-fit), x, y, colour("average-" + place));
  });
  pen.restore();
  const last = list[list.length - 1];
  pen.setLineDash([2, 3]); pen.strokeStyle = colour(directionOf(last)); rule(pen, 0, y(+last.close), right, y(+last.close)); pen.setLineDash([]);
  tag(pen, padded(last.close, decimals), right, y(+last.close), room, colour(directionOf(last)), colour("paper"));
  if (!list[at]) return undefined;
  pen.strokeStyle = colour("dim"); rule(pen, x(at), 0, x(at), bottom);
  if (pointed.y < bottom - 6) {
    rule(pen, 0, pointed.y, right, pointed.y);
    tag(pen, (low + span * (1 - (pointed.y - TOP) / tall)).toFixed(decimals), right, pointed.y, room, colour("dim"), colour("paper"));
  }
  return list[at];
}

function rule(pen, x1, y1, x2, y2) {
  pen.beginPath(); pen.moveTo(Math.round(x1) + .5, Math.round(y1) + .5); pen.lineTo(Math.round(x2) + .5, Math.round(y2) + .5); pen.stroke();
}

function curve(pen, values, x, y, colour) {
  pen.strokeStyle = colour; pen.lineWidth = 1.5; pen.lineJoin = "round"; pen.beginPath();
  values.forEach((value, place) => { if (value !== null) pen.lineTo(x(place), y(value)); });
  pen.stroke(); pen.lineWidth = 1;
}

function tag(pen, text, x, y, room, ground, ink) {
  pen.fillStyle = ground; pen.fillRect(x, Math.round(y) - 9, room, 18);
  pen.fillStyle = ink; pen.textAlign = "left"; pen.fillText(text, x + 8, Math.round(y) + 1);
}

function candle(pen, bar, x, y, step, volumeTop, bottom, colour) {
  const half = Math.floor((step - 2) / 2), left = Math.round(x) - half, wide = 2 * half + 1;
  const top = Math.round(Math.min(y(+bar.open), y(+bar.close))), tall = Math.max(1, Math.round(Math.abs(y(+bar.open) - y(+bar.close))));
  pen.fillStyle = pen.strokeStyle = colour(directionOf(bar)); pen.lineWidth = 1;
  pen.globalAlpha = 0.28; pen.fillRect(left, volumeTop, wide, bottom - volumeTop); pen.globalAlpha = 1;
  rule(pen, x, y(+bar.high), x, y(+bar.low));
  if (bar.state !== "partial") { pen.fillRect(left, top, wide, tall); return; }
  pen.fillStyle = colour("paper"); pen.fillRect(left, top, wide, tall); pen.strokeRect(left + .5, top + .5, wide - 1, Math.max(1, tall - 1));
}
