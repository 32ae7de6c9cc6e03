// The pages of the simulator work without this script; with it they keep themselves up to date.
"use strict";

const EVERY = 2000;
const live = document.querySelector("[data-source]");
let etag = "";

// Puts the children of `fresh` in the place of those of `list`, touching only what has changed: a screen reader then reads out
// only what is new, and nobody loses the button that has the focus.
function merge(list, fresh) {
  const old = new Map([...list.children].map((node) => [node.id, node]));
  let place = list.firstElementChild;
  for (const node of [...fresh.children]) {
    let here = old.get(node.id);
    old.delete(node.id);
    if (here && here.outerHTML !== node.outerHTML) {
      if (place === here) place = here.nextElementSibling;
      here.remove();
      here = null;
    }
    if (here && place === here) {
      place = here.nextElementSibling;
    } else {
      list.insertBefore(here || node, place);
    }
  }
  old.forEach((node) => "own" in node.dataset || node.remove());
}

function atBottom() {
  return window.innerHeight + window.scrollY >= document.body.scrollHeight - 160;
}

async function refresh() {
  if (!live) return;
  const answer = await fetch(live.dataset.source, { headers: etag ? { "If-None-Match": etag } : {} });
  if (answer.status !== 200) return;
  etag = answer.headers.get("ETag") || "";
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const stay = !live.classList.contains("follow") || !atBottom();
  for (const fresh of page.querySelectorAll("[data-live]")) {
    const list = document.getElementById(fresh.id);
    if (list) merge(list, fresh);
  }
  if (!stay) window.scrollTo(0, document.body.scrollHeight);
}

function complain(sentence) {
  const toast = document.createElement("p");
  toast.className = "problem";
  toast.dataset.own = "";
  toast.textContent = sentence;
  document.getElementById("toasts")?.append(toast);
  setTimeout(() => toast.remove(), 6000);
}

async function again() {
  try {
    if (!document.hidden) await refresh();
  } catch {
    // The simulator is being restarted: ask again later.
  }
  setTimeout(again, EVERY);
}

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.matches("form[data-act]")) return;
  event.preventDefault();
  const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)) });
  if (answer.ok) {
    const field = form.querySelector("input[name=text]:not([type=hidden])");
    if (field) field.value = "";
    form.closest("details")?.removeAttribute("open");
  } else {
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    complain(page.querySelector(".problem")?.textContent || "That did not work.");
  }
  await refresh();
  setTimeout(refresh, 400);
});

document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-open]");
  const place = link && document.getElementById(link.dataset.open);
  if (!place) return;
  event.preventDefault();
  place.open = true;
  place.querySelector("select, input")?.focus();
});

if (live) {
  if (live.classList.contains("follow")) window.scrollTo(0, document.body.scrollHeight);
  setTimeout(again, EVERY);
}
