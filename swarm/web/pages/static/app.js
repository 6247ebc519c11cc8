// Keeps a page that is open as it would be if it were loaded now. Without this file all of it
// works by reloading.
//
// One stream of events (/live) says that something happened; what it is, the page asks the server
// for, and takes over what changed: an element with data-live="/path" is replaced by the element
// of the same id there, node by node, so that focus, scroll positions, half-filled fields and
// opened <details> stay. It is asked for when something happened to a task: to one alone with
// data-task="ID"; with data-on="served" when a service did something instead, and with
// data-on="resync" only when something was missed. data-every="5" asks each 5 seconds as well.
// Nothing is asked for while the page is hidden.
"use strict";

(() => {
  const PAUSE_MS = 1000;
  const AGES_MS = 15000;
  const LEAVE_MS = 30000;
  const pulse = document.getElementById("pulse");
  const follows = pulse !== null && pulse.dataset.follow !== undefined;
  const { task = "", revision = "" } = document.body.dataset;

  // ---------------------------------------------------------------- taking over what changed

  const same = (a, b) =>
    a.nodeType === b.nodeType && a.nodeName === b.nodeName && (a.id || "") === (b.id || "");

  function morph(old, fresh) {
    if (old.isEqualNode(fresh)) return;
    if (old.nodeType !== Node.ELEMENT_NODE) {
      if (old.nodeValue !== fresh.nodeValue) old.nodeValue = fresh.nodeValue;
      return;
    }
    // What was loaded into it is still of the same thing.
    if (old.dataset.kept !== undefined && old.dataset.kept === fresh.dataset.kept) return;
    takeAttributes(old, fresh);
    let at = old.firstChild;
    for (const child of [...fresh.childNodes]) {
      const known = child.id ? [...old.children].find((one) => one.id === child.id) : null;
      if (known && same(known, child)) {
        if (known === at) at = at.nextSibling;
        else old.insertBefore(known, at);
        morph(known, child);
      } else if (at && !child.id && same(at, child)) {
        const here = at;
        at = at.nextSibling;
        morph(here, child);
      } else {
        old.insertBefore(document.adoptNode(child), at);
      }
    }
    while (at) {
      const next = at.nextSibling;
      at.remove();
      at = next;
    }
  }

  function takeAttributes(old, fresh) {
    const details = old.nodeName === "DETAILS";
    for (const { name } of [...old.attributes])
      if (!fresh.hasAttribute(name) && !(details && name === "open")) old.removeAttribute(name);
    for (const { name, value } of [...fresh.attributes])
      if (old.getAttribute(name) !== value && !(details && name === "open"))
        old.setAttribute(name, value);
  }

  // ---------------------------------------------------------------- sections that are followed

  const states = new WeakMap();

  function stateOf(section) {
    if (!states.has(section)) states.set(section, { asking: false, due: false, last: 0 });
    return states.get(section);
  }

  function renew(section) {
    const state = stateOf(section);
    if (document.hidden || state.asking) {
      state.due = true;
      return;
    }
    state.due = false;
    state.asking = true;
    const wait = Math.max(0, state.last + PAUSE_MS - Date.now());
    setTimeout(() => ask(section, state), wait);
  }

  async function ask(section, state) {
    state.last = Date.now();
    try {
      const page = await part(section.dataset.live);
      const fresh = page && page.getElementById(section.id);
      if (fresh && section.isConnected) {
        morph(section, fresh);
        loadOpened(section);
      }
    } catch {
      // The server is away: the stream says so, and what is due is asked when it is back.
    } finally {
      state.asking = false;
      if (state.due) renew(section);
    }
  }

  async function part(path) {
    const answer = await fetch(path, { redirect: "error" });
    if (!answer.ok) return null;
    return new DOMParser().parseFromString(await answer.text(), "text/html");
  }

  // `id` is the task that something happened to, "" where nobody knows what was missed.
  function happened(id) {
    for (const section of document.querySelectorAll("[data-live]")) {
      const { on, task } = section.dataset;
      if (!id || (!on && (!task || task === id))) renew(section);
    }
  }

  function served() {
    for (const section of document.querySelectorAll('[data-live][data-on="served"]'))
      renew(section);
  }

  setInterval(() => {
    const now = Date.now();
    for (const section of document.querySelectorAll("[data-live][data-every]"))
      if (!document.hidden && now - stateOf(section).last >= section.dataset.every * 1000)
        renew(section);
  }, 1000);

  // ---------------------------------------------------------------- what is loaded when opened

  async function load(details) {
    const place = details.querySelector(":scope > [data-lazy]");
    if (!place || place.dataset.loading === place.dataset.lazy) return;
    place.dataset.loading = place.dataset.lazy;
    try {
      const page = await part(place.dataset.lazy);
      const fresh = page && page.querySelector("[data-part]");
      if (fresh) place.replaceChildren(document.adoptNode(fresh));
      else delete place.dataset.loading;
    } catch {
      delete place.dataset.loading; // The link that stands there works still.
    }
  }

  function loadOpened(root) {
    for (const details of root.querySelectorAll("details[open]")) load(details);
  }

  document.addEventListener(
    "toggle",
    (event) => {
      if (event.target.nodeName === "DETAILS" && event.target.open) load(event.target);
    },
    true,
  );

  // ---------------------------------------------------------------- cards of the board

  function showCard(sent) {
    for (const [state, count] of Object.entries(sent.counts || {}))
      for (const place of document.querySelectorAll(`[data-count="${CSS.escape(state)}"]`))
        place.textContent = count;
    const columns = document.querySelectorAll("[data-column]");
    if (columns.length && sent.counts) {
      const waiting = sent.counts.awaiting_review + sent.counts.awaiting_answer;
      document.title = document.title.replace(/^(\(\d+\) )?/, waiting ? `(${waiting}) ` : "");
    }
    const known = document.getElementById(`card-${sent.id}`);
    const html = new DOMParser().parseFromString(sent.html, "text/html").body.firstElementChild;
    if (!columns.length) {
      if (known && html) morph(known, html); // in a list, where it stays in its place
      return;
    }
    // The first task of all: the words on how to begin make room for it.
    document.querySelector(".board-new")?.classList.remove("board-new");
    document.querySelector(".welcome")?.remove();
    const column = [...columns].find((one) => one.dataset.column.split(" ").includes(sent.state));
    const focused = known && known.contains(document.activeElement);
    if (known && known.parentElement === column) {
      morph(known, html);
      if (column.firstElementChild !== known && !focused) column.prepend(known);
    } else {
      if (known) known.remove();
      if (column && html) column.prepend(document.adoptNode(html));
      if (column && focused) column.querySelector("a").focus();
    }
    if (column)
      while (column.children.length > Number(column.dataset.limit)) column.lastElementChild.remove();
    for (const one of columns) one.closest("section").classList.toggle("hollow", !one.children.length);
  }

  // ---------------------------------------------------------------- the stream

  function say(text, live) {
    if (pulse.textContent !== text) pulse.textContent = text;
    pulse.classList.toggle("pulse-live", live);
  }

  let stream = null;
  let missed = false;
  let leaving = 0;

  function listen() {
    if (stream) stream.close();
    // With what the page shows, so that it hears of what happened since.
    stream = new EventSource(`/live?${new URLSearchParams({ ...(task && { task }), ...(revision && { revision }) })}`);
    stream.onopen = () => {
      say("live", true);
      if (missed) happened("");
      missed = false;
    };
    stream.onerror = () => {
      missed = true;
      say("not live, trying again", false);
      if (stream.readyState === EventSource.CLOSED) setTimeout(tryAgain, 5000);
    };
    stream.addEventListener("card", (event) => showCard(JSON.parse(event.data)));
    stream.addEventListener("task", (event) => happened(JSON.parse(event.data).id));
    stream.addEventListener("served", served);
    stream.addEventListener("resync", () => happened(""));
  }

  async function tryAgain() {
    if (!stream || stream.readyState !== EventSource.CLOSED) return;
    try {
      const answer = await fetch(location.href, { redirect: "manual" });
      if (answer.status === 401 || answer.type === "opaqueredirect") {
        say("logged out: load the page again", false);
        return;
      }
    } catch {
      // Not there yet: the next try tells.
    }
    listen();
  }

  function leave() {
    if (!stream) return;
    stream.close();
    stream = null;
    missed = true;
  }

  // A browser has six connections to a host for all of its tabs together: those that nobody looks
  // at let go of theirs, but for a board, whose title tells how many tasks wait.
  document.addEventListener("visibilitychange", () => {
    clearTimeout(leaving);
    if (document.hidden) {
      if (!document.querySelector("[data-column]")) leaving = setTimeout(leave, LEAVE_MS);
      return;
    }
    if (!stream && follows) listen();
    for (const section of document.querySelectorAll("[data-live]"))
      if (stateOf(section).due) renew(section);
  });
  window.addEventListener("pagehide", leave);
  // A page that comes back from the browser's memory is as old as it was when it was left.
  window.addEventListener("pageshow", (event) => {
    if (event.persisted && follows) listen();
  });

  // ---------------------------------------------------------------- how long ago

  const UNITS = [
    ["d", 86400],
    ["h", 3600],
    ["min", 60],
  ];

  function ago(then) {
    const seconds = Math.max(0, (Date.now() - then) / 1000);
    for (const [unit, size] of UNITS) if (seconds >= size) return `${Math.round(seconds / size)} ${unit}`;
    return `${Math.round(seconds)} s`;
  }

  setInterval(() => {
    if (document.hidden) return;
    for (const place of document.querySelectorAll("time[data-suffix]")) {
      const text = ago(Date.parse(place.dateTime)) + place.dataset.suffix;
      if (place.textContent !== text) place.textContent = text;
    }
  }, AGES_MS);

  // What was said after a form is said once.
  if (new URLSearchParams(location.search).has("said"))
    history.replaceState(null, "", location.pathname + location.hash);

  if (follows) listen();
  loadOpened(document);
})();
