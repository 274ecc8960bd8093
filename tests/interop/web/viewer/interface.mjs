// The page's elements; nothing here decides anything.

function element(name, parent, text = "", className = "") {
  const made = document.createElement(name);
  made.textContent = text;
  made.className = className;
  return parent.appendChild(made);
}

export function listFrames(frames, current) {
  const nav = document.querySelector("nav");
  for (const [name, { title }] of Object.entries(frames)) {
    const link = element("a", nav, title, name === current ? "current" : "");
    link.href = `?frame=${encodeURIComponent(name)}`;
  }
}

export function showWindow(window, name) {
  const form = document.querySelector("form");
  form.hidden = !window;
  form.elements.frame.value = name;
  if (window) {
    form.elements.center.value = window.center;
    form.elements.width.value = window.width;
  }
}

function row(list, name, value) {
  element("dt", list, name);
  element("dd", list, value);
}

function verdictOf(level) {
  if (level.verified) return "verified";
  return level.reason ? `does not verify: ${level.reason}` : "does not verify";
}

// A card for one resolution; `finish` writes what came of it.
export function addCard({ width, height, reduce, byteRange: [start, stop] }) {
  const card = element("section", document.querySelector("main"), "", "loading");
  const canvas = element("canvas", element("div", card, "", "picture"));
  Object.assign(canvas, { width, height });
  element("h2", card, `${width} \u00d7 ${height}`);
  const verdict = element("p", card, "loading", "verdict");
  const facts = element("dl", card);
  row(facts, "bytes", `${start}-${stop - 1}`); // as the Range header has it
  row(facts, "reduce", reduce);
  const finish = (level) => {
    card.className = level.verified ? "verified" : "refused";
    verdict.textContent = verdictOf(level);
    row(facts, "CRC-32 listed", level.listed ?? "none");
    row(facts, "CRC-32 decoded", level.checksum ?? "none");
  };
  return { canvas, finish };
}

export function showSummary(levels, decoder) {
  const good = levels.filter((level) => level.verified).length;
  const text = `${good} of ${levels.length} resolutions verified, decoded by ${decoder}.`;
  document.querySelector("footer").textContent = good === levels.length ? text : `${text} The others are not drawn.`;
}

export function showFailure(error) {
  document.querySelector("footer").textContent = `The page failed: ${error.message}`;
}
