// The table of firings: matching rows, a page at a time. An opened row has its details below it.

const PAGE = 40; // rows at first; then four times as many each time
const MOST_PRINTED = 2000;

function makeTable({ data, times, cells, detailsOf }) {
  const filter = makeFilter(data, times);
  const { state } = filter;
  const body = byId("body");
  const open = new Set();
  let found = data.rows;
  let shown = PAGE;

  function badge(key) {
    const [name, tone, mark] = data.kinds[key];
    return el("span", `badge ${tone}`, attrs(el("span", "mark", mark), { "aria-hidden": "true" }), name);
  }

  function what(row) {
    const sub = el("span", "sub", el("span", "id", bdi(row.id)));
    if (row.occurrence !== "r1") sub.append(" ", bdi(row.occurrence));
    sub.append(" · ", bdi(row.business_event));
    const phone = el("span", "sub phone", bdi(row.account));
    if (row.reason) phone.append(": ", bdi(row.reason));
    return el("td", "what-cell", el("span", "name", bdi(row.name)), sub, phone);
  }

  function rowOf(row) {
    const toggle = button("toggle", null, badge(row.kind));
    const isOpen = open.has(row.place);
    attrs(toggle, { "aria-expanded": isOpen, "aria-label": `${data.kinds[row.kind][0]}: ${printable(row.name)}, its details` });
    const made = el("tr", isOpen ? "row is-open" : "row", el("td", "c-kind", toggle), what(row), ...cells(row));
    made.dataset.row = row.place;
    return made;
  }

  // Hidden columns count too for a cell that spans them: a narrow window would keep their places free.
  function columns() {
    return [...byId("rows").tHead.rows[0].cells].filter((head) => getComputedStyle(head).display !== "none").length;
  }

  function detailsRow(row) {
    const more = detailsData(row);
    const shown = more ? detailsOf(row, more) : el("p", "sub", "The page is still loading.");
    return el("tr", "details-row", attrs(el("td", "", shown), { colspan: columns() }));
  }

  function respan() {
    const span = columns();
    for (const cell of body.querySelectorAll(".details-row > td")) cell.colSpan = span;
  }

  function append(rows) {
    const made = document.createDocumentFragment();
    for (const row of rows) {
      const line = rowOf(row);
      made.append(line);
      if (open.has(row.place)) made.append(detailsRow(row));
    }
    body.append(made);
  }

  function toggle(line) {
    const row = data.rows[Number(line.dataset.row)];
    const opens = !open.has(row.place);
    open[opens ? "add" : "delete"](row.place);
    line.classList.toggle("is-open", opens);
    line.querySelector(".toggle").setAttribute("aria-expanded", opens);
    if (opens) line.after(detailsRow(row));
    else if (line.nextElementSibling?.matches(".details-row")) line.nextElementSibling.remove();
  }

  function draw(most) {
    body.replaceChildren();
    append(found.slice(0, most));
    byId("more").hidden = found.length <= most;
    byId("more").textContent = `Show ${Math.min(PAGE * 4, found.length - most).toLocaleString("en")} more`;
    byId("none").hidden = found.length > 0;
  }

  function controls() {
    if (byId("find").value !== state.find) byId("find").value = state.find;
    byId("account").value = state.account ? data.accounts.indexOf(state.account) : "";
    byId("kind").value = state.kinds.size === 1 ? [...state.kinds][0] : "";
    byId("clear").hidden = !filter.isOn();
    for (const tile of document.querySelectorAll(".tile")) tile.setAttribute("aria-pressed", state.kinds.has(tile.dataset.kind));
    for (const head of document.querySelectorAll("th[data-sort]")) {
      const { sort } = head.dataset;
      head.setAttribute("aria-sort", state.sort === sort ? "ascending" : state.sort === "-" + sort ? "descending" : "none");
    }
    const all = counted(data.rows.length, "firing");
    byId("shown").textContent = filter.isOn() ? `${found.length.toLocaleString("en")} of ${all}` : all;
  }

  function update() {
    found = filter.matching();
    shown = PAGE;
    if (body) draw(shown);
    controls();
    filter.keep();
  }

  // Shows one firing with its details, whatever filter is set.
  function reveal(place) {
    let at = found.findIndex((row) => row.place === place);
    if (at < 0) {
      Object.assign(state, { find: "", kinds: new Set(), account: "" });
      update();
      at = found.findIndex((row) => row.place === place);
    }
    open.add(place);
    shown = Math.max(shown, at + PAGE);
    draw(shown);
    const line = body.querySelector(`tr[data-row="${place}"]`);
    line.scrollIntoView({ block: "center" });
    line.querySelector(".toggle").focus({ preventScroll: true });
  }

  function listen() {
    byId("find").addEventListener("input", (event) => { state.find = event.target.value; update(); });
    byId("account").addEventListener("change", (event) => { state.account = data.accounts[event.target.value] ?? ""; update(); });
    byId("kind").addEventListener("change", (event) => { state.kinds = new Set(event.target.value ? [event.target.value] : []); update(); });
    byId("clear").addEventListener("click", () => {
      Object.assign(state, { find: "", kinds: new Set(), account: "" });
      update();
      byId("find").focus();
    });
    for (const tile of document.querySelectorAll(".tile")) {
      tile.addEventListener("click", () => {
        const { kind } = tile.dataset;
        state.kinds[state.kinds.has(kind) ? "delete" : "add"](kind);
        update();
      });
    }
    for (const head of document.querySelectorAll("th[data-sort]")) {
      head.querySelector("button").addEventListener("click", () => {
        const { sort } = head.dataset;
        state.sort = state.sort === sort ? "-" + sort : state.sort === "-" + sort ? "" : sort;
        update();
      });
    }
    for (const opener of document.querySelectorAll(".open-row")) opener.addEventListener("click", () => reveal(Number(opener.dataset.row)));
    if (!body) return;
    body.addEventListener("click", (event) => {
      const line = event.target.closest("tr.row");
      if (line && (event.target.closest(".toggle") || !String(getSelection()))) toggle(line);
    });
    byId("more").addEventListener("click", () => {
      const from = body.querySelectorAll("tr.row").length;
      shown += PAGE * 4;
      draw(shown);
      body.querySelectorAll("tr.row")[from]?.querySelector(".toggle").focus({ preventScroll: true });
    });
    document.addEventListener("readystatechange", () => { if (open.size) draw(shown); });
    addEventListener("resize", respan);
    matchMedia("print").addEventListener("change", respan);
    addEventListener("beforeprint", () => draw(Math.max(shown, MOST_PRINTED)));
    addEventListener("afterprint", () => draw(shown));
  }

  function start() {
    for (const [key, [name]] of Object.entries(data.kinds)) {
      if (data.rows.some((row) => filter.isOf(row, key))) byId("kind").append(attrs(el("option", "", name), { value: key }));
    }
    const zone = filter.recall();
    const input = zone && document.querySelector(`input[name="zone"][value="${CSS.escape(zone)}"]`);
    if (input) input.checked = true;
    listen();
    body?.replaceChildren();
    times.set(input ? zone : times.mode);
    update();
    times.onChange(() => { if (body) draw(shown); filter.keep(); });
  }

  return { start, reveal };
}
