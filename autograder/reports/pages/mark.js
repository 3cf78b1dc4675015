"use strict";

// MathJax as JupyterLab has it, so that a formula looks as its author saw it. What could leave the formula is off.
window.MathJax = {
  loader: { load: ["ui/safe"], paths: { mathjax: "/instructor/files/mathjax" } },
  startup: { typeset: false },
  tex: { packages: { "[-]": ["html", "bbox", "action", "require", "autoload"] }, maxBuffer: 20000, maxMacros: 2000 },
  svg: { fontCache: "none" },
  options: {
    enableMenu: false,
    safeOptions: { allow: { URLs: "none", classes: "none", cssIDs: "none", styles: "none" } },
  },
};

(() => {
  const data = document.body.dataset;
  const element = (id) => document.getElementById(id);
  const POLL = 2000;
  const LONGEST_FORMULA = 20000;
  let state = { rows: [], items: [], version: "" };
  let current = null; // the key of the answer in sight
  let shown = ""; // the key and digest of what is in sight
  let edited = null; // the id of the item in the form; "" is a new one
  let offered = ""; // the answer whose identical ones were offered
  let here = {};
  let work = Promise.resolve(); // actions are carried out one after another
  const answers = new Map();

  const row = () => state.rows.find((each) => each.key === current);
  const place = () => state.rows.findIndex((each) => each.key === current);
  const marker = () => data.marker || element("marker").value.trim();
  const say = (text) => {
    element("said").textContent = text;
  };
  const points = (number) => String(Math.round(number * 1e6) / 1e6).replace("-", "−");
  const signed = (number) => (number > 0 ? `+${points(number)}` : points(number));

  // ---------------------------------------------------------------- the server

  const address = (path) => data.base + path + data.query + (data.query ? "&" : "?");

  const load = async () => {
    const query = new URLSearchParams({ version: state.version, marker: marker(), at: current || "" });
    const answer = await fetch(address("/state") + query);
    if (!answer.ok) throw new Error(answer.status === 403 ? "Open the link of the marking page again." : "No answer.");
    take(await answer.json());
  };

  const take = (fresh) => {
    if (fresh.broken) return say(fresh.broken);
    here = fresh.here || here;
    if (fresh.rows) state = fresh;
    if (!row() && state.rows.length) current = state.rows.find((each) => each.key === location.hash.slice(1))?.key || firstOpen();
    draw();
  };

  const post = async (fields) => {
    if (!marker()) {
      element("marker").focus();
      return say("Give your name first.");
    }
    const body = new URLSearchParams({ form_key: data.formKey, marker: marker(), answer: current || "", ...fields });
    const answer = await fetch(address(""), { method: "POST", body });
    if (!answer.ok) return say(answer.status === 403 ? "Open the link of the marking page again." : "This did not work.");
    const fresh = await answer.json();
    say(fresh.problem || "");
    take(fresh);
    return fresh.problem ? undefined : fresh;
  };

  const enqueue = (action) => {
    work = work.then(action).catch((problem) => say(`The server does not answer: ${problem.message}`));
    return work;
  };

  const fetched = (each) => {
    const name = each.key + each.digest;
    if (!answers.has(name) || each.lost) {
      const answer = fetch(address(`/answers/${each.key}`)).then((found) => found.json());
      answer.catch(() => answers.delete(name));
      answers.set(name, answer);
    }
    return answers.get(name);
  };

  // ---------------------------------------------------------------- formulas

  // Fresh components for each answer, so that no student's macros reach another student's formulas.
  const typeset = async (parent, macros) => {
    await MathJax.startup.promise;
    MathJax.startup.getComponents();
    MathJax.startup.makeMethods();
    for (const text of macros) {
      for (const [, tex] of text.matchAll(/\$\$?([^$]+)\$\$?/g)) convert(tex, false);
      if (!text.includes("$")) convert(text, false);
    }
    for (const formula of parent.querySelectorAll(".math")) {
      const tex = formula.textContent;
      const drawn = convert(tex, formula.classList.contains("display"));
      if (drawn) {
        formula.replaceChildren(drawn);
        formula.setAttribute("role", "img");
        formula.setAttribute("aria-label", tex);
      } else {
        formula.classList.add("wrong");
      }
    }
  };

  const convert = (tex, display) => {
    if (tex.length > LONGEST_FORMULA) return null;
    try {
      const drawn = MathJax.tex2svg(tex, { display });
      drawn.querySelector("mjx-assistive-mml")?.remove(); // the TeX is the label instead
      return drawn.querySelector("[data-mml-node=merror]") ? null : drawn;
    } catch {
      return null;
    }
  };

  // ---------------------------------------------------------------- drawing

  const draw = () => {
    const each = row();
    const marked = state.rows.filter((other) => other.marked).length;
    element("count").textContent = `${marked} of ${state.rows.length} marked`;
    element("progress").max = state.rows.length || 1;
    element("progress").value = marked;
    element("rule").value = state.counts_from;
    drawItems(each);
    if (!each) {
      element("place").textContent = "There is no answer yet.";
      return;
    }
    if (location.hash.slice(1) !== current) history.replaceState(null, "", `#${current}`);
    element("place").textContent = `${place() + 1} of ${state.rows.length}${each.name ? `: ${each.name}` : ""}`;
    element("points").textContent = each.points === null ? "–" : points(each.points);
    element("by").textContent = each.marked ? `by ${each.marker}` : "not marked yet";
    if (document.activeElement !== element("comment")) element("comment").value = each.comment;
    drawNotes(each);
    drawOffer(each);
    drawAnswer(each);
  };

  const drawNotes = (each) => {
    const others = here[current] || [];
    const notes = [
      each.changed && `The answer changed since ${each.marker} marked it. Look again, then press Enter.`,
      others.length && `Also here: ${others.join(", ")}.`,
    ].filter(Boolean);
    element("notes").textContent = notes.join(" ");
    element("notes").hidden = !notes.length;
  };

  const drawItems = (each) => {
    const list = element("items");
    const focused = list.contains(document.activeElement) ? document.activeElement.dataset.name : "";
    list.replaceChildren(
      ...state.items.map((item, index) => {
        const give = document.createElement("button");
        give.type = "button";
        give.className = "give";
        give.dataset.name = `give ${item.id}`;
        give.setAttribute("aria-pressed", String(Boolean(each?.items.includes(item.id))));
        const parts = [
          ["kbd", index < 9 ? String(index + 1) : ""],
          ["b", item.points ? signed(item.points) : "0"],
          ["span", item.text],
          ["small", `${item.count}×`],
        ];
        for (const [tag, text] of parts) if (text) give.appendChild(document.createElement(tag)).textContent = text;
        give.lastChild.title = "students with this item";
        give.addEventListener("click", (event) => {
          if (event.detail) element("answer").focus({ preventScroll: true }); // after the mouse, Enter is free again
          enqueue(() => toggle(index));
        });
        const edit = document.createElement("button");
        edit.type = "button";
        edit.className = "plain";
        edit.dataset.name = `edit ${item.id}`;
        edit.textContent = "✎";
        edit.setAttribute("aria-label", `edit: ${item.text}`);
        edit.addEventListener("click", () => openEditor(item));
        const line = document.createElement("li");
        line.append(give, edit);
        return line;
      })
    );
    if (focused) list.querySelector(`[data-name="${focused}"]`)?.focus();
  };

  const drawOffer = (each) => {
    const open = state.rows.filter((other) => other.group === each.group && other.key !== current && !other.marked);
    const same = open.filter((other) => other.digest === each.digest);
    const buttons = [];
    const add = (key, text) => {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "plain";
      button.append(`${text} `);
      button.appendChild(document.createElement("kbd")).textContent = key;
      button.addEventListener("click", () => press(key));
      buttons.push(button);
    };
    if (same.length) add("g", `Same marks for the ${same.length} other${same.length > 1 ? "s" : ""} ${each.empty ? "without an answer" : "with this very answer"}`);
    if (open.length > same.length) add("G", `Same marks for ${open.length === 1 ? "the one" : `all ${open.length}`} nearly like it`);
    element("offer").replaceChildren(...buttons);
    element("offer").hidden = !buttons.length;
  };

  const drawAnswer = async (each) => {
    const name = each.key + each.digest;
    if (shown === name && !each.lost) return;
    shown = name;
    const found = await fetched(each);
    if (shown !== name) return;
    const paper = element("answer");
    if (found.empty) {
      paper.replaceChildren(Object.assign(document.createElement("p"), { className: "soft", textContent: found.empty }));
    } else {
      paper.innerHTML = found.html; // cleaned by the server, and the policy lets nothing in it run
    }
    for (const picture of paper.querySelectorAll("img:not([src])")) picture.replaceWith("[a picture that is not in the notebook]");
    drawDifferences(found.differs);
    paper.scrollTop = 0;
    await typeset(paper, found.macros);
    paper.dataset.ready = name;
    const following = state.rows[place() + 1];
    if (following) fetched(following);
  };

  const shortened = (text) => (text.length > 200 ? `${text.slice(0, 200)}…` : text);

  const drawDifferences = (differs) => {
    const parts = [];
    for (const [before, after] of differs) {
      if (parts.length) parts.push(" · ");
      if (before) parts.push(Object.assign(document.createElement("del"), { textContent: shortened(before) }));
      if (before && after) parts.push(" → ");
      if (after) parts.push(Object.assign(document.createElement("ins"), { textContent: shortened(after) }));
    }
    element("differs").replaceChildren("Nearly the same as the first of its group, but: ", ...parts);
    element("differs").hidden = !parts.length;
  };

  // ---------------------------------------------------------------- actions

  const go = (key) => {
    if (!key || key === current) return;
    saveComment();
    current = key;
    offered = "";
    say("");
    draw();
    scrollTo(0, 0);
  };

  const step = (by) => go(state.rows[place() + by]?.key);

  const firstOpen = () => (nextOpen(-1) || state.rows[0])?.key;

  // The next answer that is not marked, or that changed, and that no other marker looks at.
  const nextOpen = (from) => {
    const inOrder = [...state.rows.slice(from + 1), ...state.rows.slice(0, from + 1)];
    const open = inOrder.filter((each) => (!each.marked || each.changed) && each.key !== current);
    return open.find((each) => !(here[each.key] || []).length) || open[0];
  };

  const goToOpen = () => {
    const next = nextOpen(place());
    if (next) go(next.key);
    else say(`All ${state.rows.length} answers are marked.`);
  };

  const toggle = async (index) => {
    const item = state.items[index];
    if (!item || !row()) return;
    const given = !row().items.includes(item.id);
    if (await post({ do: "give", item: item.id, given: given ? "1" : "0" })) {
      say(`${given ? "Given" : "Taken away"}: item ${index + 1}. ${row().points === null ? "Not marked yet." : `${points(row().points)} points.`}`);
    }
  };

  const finish = async () => {
    const each = row();
    if (!each) return;
    if (!each.marked || each.changed) {
      if (!(await post({ do: "done" }))) return;
      if (!element("offer").hidden && offered !== current) {
        offered = current;
        return say(`Marked: ${points(row().points)} points. Others are alike: press g for the same marks, or Enter again to go on.`);
      }
    }
    goToOpen();
  };

  const same = async (alike) => {
    if (!row().marked && !(await post({ do: "done" }))) return;
    const fresh = await post({ do: "same", alike: alike ? "1" : "0" });
    if (fresh) {
      const count = fresh.keys.length;
      goToOpen();
      say(count ? `${count} more answer${count === 1 ? " has" : "s have"} the same marks now.` : "No other answer was changed: those alike are marked already, and a mark stays as it is.");
    }
  };

  const undo = async () => {
    const fresh = await post({ do: "undo" });
    if (!fresh) return;
    if (fresh.keys.length && !fresh.keys.includes(current)) go(fresh.keys[0]);
    const count = fresh.keys.length;
    say(fresh.nothing ? "There is nothing to undo." : `Undone${count > 1 ? ` for ${count} answers` : ""}.`);
  };

  const saveComment = () => {
    const each = row();
    const text = element("comment").value.trim();
    if (!each || text === each.comment) return;
    const answer = current;
    each.comment = text;
    enqueue(() => post({ do: "comment", answer, text }));
  };

  const openEditor = (item) => {
    edited = item ? item.id : "";
    element("edit").hidden = false;
    element("edit-title").textContent = item ? "Edit the item" : "New marking item";
    element("edit-points").value = item ? String(item.points) : "";
    element("edit-text").value = item ? item.text : "";
    element("edit-note").textContent = item ? `${item.count} student${item.count === 1 ? " has" : "s have"} this item. A change changes it for all of them.` : "";
    element("edit-delete").hidden = !item;
    element("edit-delete").textContent = "Delete";
    element("edit-points").focus();
  };

  const closeEditor = () => {
    element("edit").hidden = true;
    element("answer").focus({ preventScroll: true });
  };

  const saveItem = async (deleted) => {
    const fields = { do: "item", item: edited, points: element("edit-points").value.replace("−", "-"), text: element("edit-text").value };
    const known = new Set(state.items.map((item) => item.id));
    if (await post({ ...fields, deleted: deleted ? "1" : "0" })) {
      closeEditor();
      const added = state.items.findIndex((item) => !known.has(item.id)) + 1;
      const key = added < 10 ? `press ${added}` : "click it";
      say(deleted ? "Deleted." : added ? `Saved. To give it to this student, ${key}.` : "Saved.");
    }
  };

  const press = (key) => {
    if (/^[1-9]$/.test(key)) enqueue(() => toggle(Number(key) - 1));
    else if (key === "Enter") enqueue(finish);
    else if (key === "j" || key === "ArrowRight") enqueue(() => step(1));
    else if (key === "k" || key === "ArrowLeft") enqueue(() => step(-1));
    else if (key === "n") enqueue(goToOpen);
    else if (key === "u") enqueue(undo);
    else if (key === "g" || key === "G") enqueue(() => same(key === "G"));
    else if (key === "x") enqueue(() => post({ do: "clear" }));
    else if (key === "a") openEditor(null);
    else if (key === "c") element("comment").focus();
    else return false;
    return true;
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const field = event.target.closest("input, textarea, select");
    if (field) {
      if (event.key !== "Escape") return;
      if (!element("edit").hidden) closeEditor();
      field.blur();
      return;
    }
    if (event.key === "Enter" && event.target.closest("button, a, summary")) return; // the key belongs to it
    const digit = event.shiftKey && /^Digit([1-9])$/.exec(event.code);
    if (digit) {
      const item = state.items[Number(digit[1]) - 1];
      if (item) openEditor(item);
      event.preventDefault();
    } else if (press(event.key)) {
      event.preventDefault();
    }
  });

  document.querySelectorAll("button[data-key]").forEach((button) => button.addEventListener("click", () => press(button.dataset.key)));
  element("edit").addEventListener("submit", (event) => {
    event.preventDefault();
    enqueue(() => saveItem(false));
  });
  element("edit-cancel").addEventListener("click", closeEditor);
  element("edit-delete").addEventListener("click", (event) => {
    if (event.target.textContent === "Delete") event.target.textContent = "Really delete it, for everybody";
    else enqueue(() => saveItem(true));
  });
  element("comment").addEventListener("change", saveComment);
  element("rule").addEventListener("change", (event) => {
    enqueue(() => post({ do: "rule", counts_from: event.target.value }));
    event.target.blur();
  });
  window.addEventListener("hashchange", () => {
    const key = location.hash.slice(1);
    if (state.rows.some((each) => each.key === key)) go(key);
  });
  if (!data.marker) {
    element("marker").value = localStorage.getItem("marker") || "";
    element("marker").addEventListener("change", () => localStorage.setItem("marker", marker()));
  }

  document.addEventListener("DOMContentLoaded", async () => {
    await enqueue(load);
    for (const paper of document.querySelectorAll(".typeset")) await typeset(paper, []);
    setInterval(() => document.hidden || enqueue(load), POLL);
  });
})();
