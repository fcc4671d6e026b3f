// Only what htmx does not do: keeping the reader's place, saying that the link is lost, counting
// signs of an SMS, and choosing a family on the demo's phone.
"use strict";

// A thread that was read to its end stays at its end when a message comes in.
const NEAR = 48; // pixels
const atEnd = (box) => box.scrollHeight - box.scrollTop - box.clientHeight < NEAR;
const toEnd = (box) => { box.scrollTop = box.scrollHeight; };

// What was unfolded stays unfolded when its part of the page is replaced.
let kept = null;
function keep() {
  if (kept) return;
  kept = {
    folded: new Map([...document.querySelectorAll("details[id]")].map((d) => [d.id, d.open])),
    ended: [...document.querySelectorAll("[data-bas]")].filter(atEnd),
  };
}
function restore() {
  if (!kept) return;
  for (const [id, open] of kept.folded) {
    const details = document.getElementById(id);
    if (details) details.open = open;
  }
  kept.ended.forEach(toEnd);
  kept = null;
  count();
}
document.addEventListener("htmx:beforeSwap", keep);
document.addEventListener("htmx:oobBeforeSwap", keep);
document.addEventListener("htmx:afterSettle", restore);
document.addEventListener("htmx:afterRequest", () => requestAnimationFrame(restore));

// A page that is no longer live must say so: an old queue looks like a quiet one.
const link = (lost) => { document.getElementById("liaison").hidden = !lost; };
document.addEventListener("htmx:sseError", () => link(true));
document.addEventListener("htmx:sseOpen", () => link(false));
// For whoever waits on the page from outside.
document.addEventListener("htmx:sseOpen", () => { document.body.dataset.liaison = "ouverte"; });
document.addEventListener("htmx:sendError", () => link(true));
document.addEventListener("htmx:responseError", (event) => {
  if (event.detail.xhr.status !== 401) link(true);
});
document.addEventListener("htmx:afterOnLoad", () => link(false));

// Browsers open six connections to a host: a ticket in a hidden tab gives its own back, and
// catches up when it is looked at again. The queue keeps its own, to announce what comes in.
const resting = new Map();
document.addEventListener("htmx:sseOpen", (event) => {
  if (event.target.matches("[data-repos]")) resting.set(event.target, event.detail.source);
});
document.addEventListener("visibilitychange", () => {
  for (const [holder, source] of [...resting]) {
    if (document.hidden) {
      source.close();
    } else if (source.readyState === EventSource.CLOSED) {
      resting.delete(holder);
      const fresh = holder.cloneNode(true); // nothing that a reader sees or types is inside
      holder.replaceWith(fresh);
      htmx.process(fresh);
    }
  }
});

// Signs and SMS of a message, counted as the providers bill them.
function segments(text, basic, double) {
  const gsm = [...text].every((sign) => basic.includes(sign) || double.includes(sign));
  const pieces = gsm || !Intl.Segmenter
    ? [...text]
    : [...new Intl.Segmenter().segment(text)].map((part) => part.segment);
  const costs = pieces.map((piece) => (gsm ? (double.includes(piece) ? 2 : 1) : piece.length));
  const [single, part] = gsm ? [160, 153] : [70, 67];
  if (costs.reduce((sum, cost) => sum + cost, 0) <= single) return 1;
  let number = 1;
  let free = part;
  for (const cost of costs) {
    if (cost > free) { number += 1; free = part; }
    free -= cost;
  }
  return number;
}
function count() {
  for (const area of document.querySelectorAll("[data-longueur]")) {
    const signs = [...area.value].length;
    const parts = segments(area.value, area.dataset.gsm7, area.dataset.gsm7Double);
    const sms = area.dataset.canal === "sms" ? `, ${parts} SMS` : "";
    document.getElementById(area.dataset.longueur).textContent =
      `${signs} caractère${signs > 1 ? "s" : ""} sur ${area.maxLength}${sms}`;
  }
}
document.addEventListener("input", count);

// Choosing another family shows its phone.
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-envoi]")) event.target.form.submit();
});

document.addEventListener("DOMContentLoaded", () => {
  document.querySelectorAll("[data-bas]").forEach(toEnd);
  count();
});
