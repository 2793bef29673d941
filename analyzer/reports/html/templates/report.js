"use strict";
(() => {
  const all = (query, root = document) => [...root.querySelectorAll(query)];
  const status = document.getElementById("copied");

  // What needs this script is hidden without it.
  for (const element of all(".copy, .filters, #save, [data-copy-all]")) element.hidden = false;

  async function copy(text, button) {
    let done = true;
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const area = document.createElement("textarea");
      area.value = text;
      document.body.append(area);
      area.select();
      done = document.execCommand("copy");
      area.remove();
      button.focus();
    }
    const label = button.firstChild;
    const before = button.dataset.label ?? label.data;
    button.dataset.label = before;
    label.data = done ? "Copied" : "Select it by hand";
    status.textContent = done ? "Copied" : "Not copied";
    setTimeout(() => { label.data = before; status.textContent = ""; }, 1600);
  }
  const commandOf = (block) => block.querySelector("code").textContent;
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    if (button.matches(".copy")) copy(commandOf(button.closest(".command")), button);
    else if (button.matches("[data-copy-all]")) copy(all("#missing .command").map(commandOf).join("\n") + "\n", button);
    else if (button.id === "save") save();
  });

  function save() {
    const text = JSON.stringify(JSON.parse(document.getElementById("report-json").textContent), null, 2) + "\n";
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
    link.download = "report.json";
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }

  // A link leads to what it names, also where that is closed or filtered away.
  function reveal() {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    if (target.matches(".finding") && target.hidden && form) { form.reset(); filter(); }
    for (let part = target; part; part = part.parentElement) if (part.tagName === "DETAILS") part.open = true;
    target.scrollIntoView();
  }

  const form = document.querySelector(".filters");
  const findings = all(".finding");
  const words = new Map(findings.map((finding) => [finding, finding.parentElement.querySelector("h4").textContent.toLowerCase()
    + " " + finding.textContent.toLowerCase()]));
  function filter() {
    const states = new Set(all("input[name=state]:checked", form).map((box) => box.value));
    const link = form.elements.link.value;
    const chain = form.elements.chain.value;
    const text = form.elements.text.value.trim().toLowerCase();
    let shown = 0;
    for (const finding of findings) {
      const { state, link: at, chains } = finding.dataset;
      const fits = states.has(state) && (!link || at === link) && (!chain || chains.split(" ").includes(chain))
        && (!text || words.get(finding).includes(text));
      finding.hidden = !fits;
      shown += fits;
    }
    for (const group of all("#findings .rule, #findings .kind")) group.hidden = !group.querySelector(".finding:not([hidden])");
    form.querySelector("output").textContent = `${shown} of ${findings.length} shown`;
  }
  if (form) {
    form.addEventListener("input", filter);
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("reset", () => setTimeout(filter));
    form.elements.open.addEventListener("click", (event) => {
      const visible = findings.filter((finding) => !finding.hidden);
      const open = !visible.every((finding) => finding.open);
      for (const finding of visible) finding.open = open;
      event.target.textContent = open ? "Close all" : "Open all";
    });
    filter();
  }
  addEventListener("hashchange", reveal);
  if (location.hash) reveal();
})();
