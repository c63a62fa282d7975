"use strict";
const list = document.getElementById("events");
const line = document.getElementById("line");
const counts = new Map();
let newest = 0;

function element(name, text, className) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (className) made.className = className;
  return made;
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
}

function show(event) {
  if (event.number <= newest) return;
  newest = event.number;
  const item = element("li");
  const head = element("p");
  head.append(element("time", `${(event.at_ms / 1000).toFixed(3)} s`), element("code", event.request), element("b", String(event.status)));
  item.append(head);
  for (const remark of event.remarks) {
    promise(remark);
    const said = element("p", undefined, remark.kept ? "kept" : "broken");
    said.append(element("span", remark.kept ? "✓ " : "✗ "), element("code", remark.id), document.createTextNode(` ${remark.what}`));
    item.append(said);
  }
  list.prepend(item);
  document.getElementById("none").hidden = true;
}

const source = new EventSource("/events");
source.onopen = () => { line.textContent = "watching"; line.dataset.state = "up"; };
source.onerror = () => { line.textContent = "not connected; trying again"; line.dataset.state = "down"; };
source.onmessage = message => show(JSON.parse(message.data));
