// The functions of the page; test_page.py runs this by node.

import assert from "node:assert/strict";
import test from "node:test";
import { pathToFileURL } from "node:url";

const {
  average, changeOf, decimalsOf, directionOf, isFound, lengthOf, lengthsIn, meant, mostDecimals, moveOf, newest, ownName, padded, priceLevels, stamp,
  timeMarks, venueOf,
} = await import(pathToFileURL(process.env.KLAGG_PAGE + "/values.mjs"));

const MINUTE = 60000, MONDAY = Date.UTC(2024, 7, 5);
const bars = (count, length, from = MONDAY) => Array.from({ length: count }, (_, at) => ({ open_time: from + at * length }));

test("closing zeros are added, and no digit is changed", () => {
  assert.deepEqual(["1", "1.5", "0.00000012", "12.345"].map((text) => padded(text, 3)), ["1.000", "1.500", "0.00000012", "12.345"]);
  assert.equal(padded("7", 0), "7");
  assert.equal(decimalsOf("61766.20"), 2);
  assert.equal(mostDecimals([{ open: "1", high: "1.25", low: "1", close: "1.1" }, { open: "1", high: "2", low: "1", close: "1" }]), 2);
  assert.equal(mostDecimals([]), 0);
});

test("a change has a sign unless it is written as none", () => {
  const told = (open, close) => changeOf({ open, close });
  assert.deepEqual([told("100", "101.5"), told("100", "99.5"), told("100", "100"), told("100", "99.999"), told("0", "1")],
    ["+1.50 %", "−0.50 %", "0.00 %", "0.00 %", "–"]);
  assert.deepEqual(["+1.50 %", "−0.50 %", "0.00 %", "–"].map(moveOf), ["up", "down", "", ""]);
  assert.deepEqual([directionOf({ open: "10", close: "9" }), directionOf({ open: "9", close: "10" }), directionOf({ open: "9", close: "9" })],
    ["down", "up", "up"]);
});

test("a period has its length, and a time is written in UTC", () => {
  assert.deepEqual(["1m", "15m", "4h", "1d", "1w", "1M"].map(lengthOf), [1, 15, 240, 1440, 10080, 40320].map((minutes) => minutes * MINUTE));
  assert.equal(stamp(MONDAY + 61 * MINUTE), "2024-08-05 01:01");
});

test("a name is meant in any letters, and without its exchange where one alone has it", () => {
  const known = ["binance-um:BTCUSDT", "binance-spot:BTCUSDT", "kraken:BTC/USD", "hyperliquid:kPEPE"];
  assert.equal(meant("btc/usd", known), "kraken:BTC/USD");
  assert.equal(meant("KPEPE", known), "hyperliquid:kPEPE");
  assert.equal(meant("BINANCE-UM:btcusdt", known), "binance-um:BTCUSDT");
  assert.equal(meant("btcusdt", known), "BTCUSDT", "two have it: the server says which");
  assert.equal(meant("okx:btc", known), "okx:btc");
  assert.equal(meant("kPEPE", ["KPEPE", "kPEPE"]), "kPEPE", "what is typed as it is stands before what is alike");
  assert.deepEqual([ownName("kraken:BTC/USD"), venueOf("kraken:BTC/USD"), ownName("BTCUSDT"), venueOf("BTCUSDT")], ["BTC/USD", "kraken", "BTCUSDT", ""]);
});

test("a search finds names by parts, whatever signs are between them", () => {
  const found = (text) => ["kraken:BTC/USD", "okx-swap:BTC-USDT-SWAP", "kraken:ETH/USD", "币安人生USDT"].filter((name) => isFound(name, text));
  assert.deepEqual(found("btcusd"), ["kraken:BTC/USD", "okx-swap:BTC-USDT-SWAP"]);
  assert.deepEqual(found("kraken btc"), ["kraken:BTC/USD"]);
  assert.deepEqual(found("kraken:eth/usd"), ["kraken:ETH/USD"]);
  assert.deepEqual(found("人生"), ["币安人生USDT"]);
  assert.deepEqual(found("doge"), []);
  assert.deepEqual(found("%%"), [], "signs alone are no part of a name");
  assert.equal(found("  ").length, 4);
});

test("an average is the mean of the last closes, and there is none before there are as many", () => {
  assert.deepEqual(average([1, 2, 3, 4, 10], 3), [null, null, 2, 3, 17 / 3]);
  assert.deepEqual(average([5, 6], 1), [5, 6]);
  assert.deepEqual(average([5], 7), [null]);
  assert.deepEqual(average([], 7), []);
});

test("which averages are drawn is read from the address", () => {
  assert.deepEqual(lengthsIn(null), [7, 25, 99]);
  assert.deepEqual(lengthsIn("25,7,25,x,0,-3,1.5"), [25, 7]);
  assert.deepEqual(lengthsIn(""), []);
});

test("the newest bars are kept in their order, whenever they came", () => {
  const held = new Map([[3, "c"], [1, "a"], [4, "d"], [2, "b"]]);
  assert.deepEqual([...newest(held, 3)], [[2, "b"], [3, "c"], [4, "d"]]);
});

test("levels of price are round, apart, and as exact as their steps", () => {
  const round = priceLevels(83600, 84300, 400 / 700);
  assert.deepEqual(round.prices, [83600, 83700, 83800, 83900, 84000, 84100, 84200, 84300]);
  assert.equal(round.decimals, 0);
  const small = priceLevels(0.0411, 0.0419, 400 / 0.0008);
  assert.ok(small.prices.every((price) => Math.abs(price / 0.0002 - Math.round(price / 0.0002)) < 1e-6));
  assert.equal(small.decimals, 4);
  for (const [low, high] of [[1, 2], [0.00001, 0.00002], [99, 101], [1e5, 9e5]]) {
    const { prices } = priceLevels(low, high, 300 / (high - low));
    assert.ok(prices.length >= 2 && prices.length <= 6, `${low} to ${high}: ${prices}`);
  }
});

test("marks of time stand on round moments and leave room for their texts", () => {
  const minutes = timeMarks(bars(60, MINUTE), 9, "1m");
  assert.deepEqual(minutes.map(({ text }) => text), ["08-05", "00:10", "00:20", "00:30", "00:40", "00:50"]);
  assert.ok(timeMarks(bars(400, 60 * MINUTE), 9, "1h").every(({ place }) => place % 12 === 0));
  assert.deepEqual(timeMarks(bars(25, 1440 * MINUTE), 9, "1d").map(({ text }) => text), ["2024-08-06", "2024-08-18"]);
  assert.ok(timeMarks(bars(40, 7 * 1440 * MINUTE), 9, "1w").length >= 3);
});
