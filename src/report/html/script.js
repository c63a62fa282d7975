// What a reader gains with a script: filter, search, links that open what they point at, and copying. Nothing is made here
// that can't be read without it.
"use strict";
(() => {
  const form = document.getElementById("filter");
  const find = document.getElementById("find");
  const suite = document.getElementById("by-suite");
  const promise = document.getElementById("by-promise");
  const shown = document.getElementById("shown");
  const groups = Array.from(document.querySelectorAll(".group"), (element) => ({
    element,
    cases: Array.from(element.querySelectorAll(".case"), (details) => ({ details, words: null })),
  }));
  const all = groups.reduce((sum, group) => sum + group.cases.length, 0);

  const words = (entry) => {
    entry.words ??= (entry.details.querySelector("summary").textContent + " " + entry.details.dataset.proves).toLowerCase();
    return entry.words;
  };

  const filter = () => {
    const verdicts = new Set(Array.from(form.querySelectorAll("[name=verdict]:checked"), (box) => box.value));
    const wanted = find.value.toLowerCase().split(/\s+/).filter(Boolean);
    let left = 0;
    for (const group of groups) {
      let here = 0;
      for (const entry of group.cases) {
        const { verdict, suite: ofSuite, proves } = entry.details.dataset;
        const fits = verdicts.has(verdict) &&
          (!suite.value || suite.value === ofSuite) &&
          (!promise.value || proves.split(" ").includes(promise.value)) &&
          wanted.every((word) => words(entry).includes(word));
        entry.details.hidden = !fits;
        here += fits;
      }
      group.element.hidden = here === 0;
      left += here;
    }
    document.getElementById("nothing").hidden = left > 0 || all === 0;
    shown.textContent = left === all ? `${all} cases` : `${left} of ${all} cases`;
  };

  const follow = () => {
    let id = location.hash.slice(1);
    try { id = decodeURIComponent(id); } catch { return; }
    const target = id && document.getElementById(id);
    if (!target) return;
    if (target.closest("[hidden]")) {
      form.reset();
      filter();
    }
    for (let element = target; element; element = element.parentElement) {
      if (element.localName === "details") element.open = true;
    }
    target.scrollIntoView({ block: "start" });
    if (target.localName === "details") target.querySelector("summary").focus({ preventScroll: true });
  };

  form.hidden = all === 0;
  find.addEventListener("input", filter);
  form.addEventListener("change", filter);
  form.addEventListener("reset", () => setTimeout(filter));
  form.addEventListener("submit", (event) => event.preventDefault());
  addEventListener("hashchange", follow);
  addEventListener("keydown", (event) => {
    const typing = event.target.closest?.("input, select, textarea");
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      find.focus();
    }
  });
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.(".command button");
    if (!button) return;
    const text = button.parentElement.querySelector("code").textContent;
    navigator.clipboard.writeText(text).then(() => { button.textContent = "Copied"; }, () => { button.textContent = "Press Ctrl+C"; });
  });
  const offerCopy = (root) => {
    for (const command of root.querySelectorAll(".command")) {
      if (command.querySelector("button") || !navigator.clipboard) continue;
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = "Copy";
      command.append(button);
    }
  };
  offerCopy(document.querySelector(".top"));
  // Only what is opened gets a button: ten thousand of them would cost more than they help.
  for (const open of document.querySelectorAll(".case[open]")) offerCopy(open);
  document.addEventListener("toggle", (event) => {
    if (event.target.classList.contains("case") && event.target.open) offerCopy(event.target);
  }, true);

  // Browsers that can't open details by style when they print: what needs a reader, and not each request of each pass.
  if (!CSS.supports("selector(::details-content)")) {
    let closed = [];
    addEventListener("beforeprint", () => {
      closed = Array.from(document.querySelectorAll(".case:not(.v-pass, .v-skipped, [open])"));
      for (const details of closed) details.open = true;
    });
    addEventListener("afterprint", () => { for (const details of closed) details.open = false; });
  }
  filter();
  follow();
})();
