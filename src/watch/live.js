"use strict";
const list = document.getElementById("events");
const line = document.getElementById("line");
const counts = new Map();
const tally = document.getElementById("tally");
/** Requests that the page keeps; the oldest go first. */
const MOST = 500;
let newest = 0;
/** The request at the top, and how often it came in a row. */
let last = { told: "", times: 0 };

function element(name, text, className) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (className) made.className = className;
  return made;
}

function when(event) {
  return `${(event.at_ms / 1000).toFixed(3)} s`;
}

function promise(remark) {
  const row = document.querySelector(`[data-promise="${CSS.escape(remark.id)}"]`);
  if (!row) return;
  const count = counts.get(remark.id) || { kept: 0, broken: 0 };
  count[remark.kept ? "kept" : "broken"] += 1;
  counts.set(remark.id, count);
  row.dataset.standing = count.broken ? "broken" : "kept";
  const told = count.broken ? `broken ${count.broken} ×, kept ${count.kept} ×` : `kept ${count.kept} ×`;
  row.querySelector(".standing").textContent = told;
  if (!remark.kept || !count.broken) row.querySelector(".what").textContent = remark.what;
  const seen = [...counts.values()];
  const broken = seen.filter(one => one.broken).length;
  const open = document.querySelectorAll("[data-promise]").length - seen.length;
  tally.textContent = `${broken} broken, ${seen.length - broken} kept, ${open} not seen yet`;
  tally.dataset.standing = broken ? "broken" : "kept";
}

function show(event) {
  if (event.number <= newest) return;
  newest = event.number;
  const told = JSON.stringify([event.request, event.status, event.remarks.map(remark => [remark.id, remark.kept])]);
  last = { told, times: told === last.told ? last.times + 1 : 1 };
  const item = element("li");
  const head = element("p");
  head.append(element("time", when(event)), element("code", event.request), element("b", String(event.status)));
  // What a storm repeats takes one place, and leaves what came before it in sight.
  if (last.times > 1) {
    list.firstElementChild.remove();
    head.append(element("span", `${last.times} × in a row`, "times"));
  }
  item.append(head);
  for (const remark of event.remarks) {
    promise(remark);
    const said = element("p", undefined, remark.kept ? "kept" : "broken");
    said.append(element("span", remark.kept ? "✓ " : "✗ "), element("code", remark.id), document.createTextNode(` ${remark.what}`));
    item.append(said);
  }
  list.prepend(item);
  while (list.children.length > MOST) list.lastElementChild.remove();
  document.getElementById("none").hidden = true;
}

const source = new EventSource("/events");
source.onopen = () => { line.textContent = "watching"; line.dataset.state = "up"; };
source.onerror = () => { line.textContent = "not connected; trying again"; line.dataset.state = "down"; };
source.onmessage = message => show(JSON.parse(message.data));
