// The agenda: firings day by day in the chosen time zone; and the list entry of one firing.

const MOST_A_DAY = 40;

function entry(row, times, reveal, data) {
  const isNow = row.kind === "fire" || row.kind === "retry";
  const at = isNow ? "now" : row.at === null ? "" : times.element(row.at, "minute", row.account);
  const name = button("link-button", () => reveal(row.place), bdi(row.name));
  const state = row.group === "going" ? null : el("span", `badge ${data.kinds[row.kind][1]}`, data.kinds[row.kind][0]);
  return el("li", "", el("span", "at", at), el("span", "chip", bdi(row.account)), state,
    el("span", "entry", name, " ", el("span", "sub", bdi(row.business_event))));
}

function makeAgenda({ data, times, reveal }) {
  const going = data.rows.filter((row) => row.group === "going" && row.at !== null);

  function list(rows, from) {
    return rows.slice(from, from + MOST_A_DAY).map((row) => entry(row, times, reveal, data));
  }

  function more(rows, from) {
    if (rows.length <= from) return [];
    const line = el("li", "");
    line.append(button("plain-button", () => {
      line.replaceWith(...list(rows, from), ...more(rows, from + MOST_A_DAY));
    }, `Show ${Math.min(MOST_A_DAY, rows.length - from)} more of ${rows.length.toLocaleString("en")}`));
    return [line];
  }

  function draw() {
    const host = byId("agenda");
    if (!host) return;
    const days = new Map();
    for (const row of going) {
      const at = row.at + times.offset(times.zone(row.account), row.at);
      const key = Math.floor(at / DAY_MS);
      if (!days.has(key)) days.set(key, []);
      days.get(key).push([row.kind === "wait" ? at : 0, row]); // firings that are sent now come first
    }
    const keys = [...days.keys()].sort((a, b) => a - b);
    const made = keys.slice(0, data.most_days).map((key, place) => {
      const at = new Date(key * DAY_MS);
      const name = `${times.date(at)} ${at.getUTCFullYear()}`;
      const rows = days.get(key).sort((a, b) => a[0] - b[0]).map((each) => each[1]);
      const summary = el("summary", "", el("span", "day-name", name), " ", el("span", "sub", counted(rows.length, "firing")));
      const entries = el("ol", "day-list");
      const day = el("details", "day", summary, entries);
      const fill = () => { if (!entries.children.length) entries.append(...list(rows, 0), ...more(rows, MOST_A_DAY)); };
      day.open = place < 3;
      if (day.open) fill();
      day.addEventListener("toggle", fill);
      day.fill = fill;
      return day;
    });
    const rest = keys.slice(data.most_days);
    if (rest.length) {
      const count = rest.reduce((sum, key) => sum + days.get(key).length, 0);
      made.push(el("p", "sub", `… and ${counted(count, "firing")} on ${counted(rest.length, "later day")}, in the table.`));
    }
    host.replaceChildren(...made);
  }

  addEventListener("beforeprint", () => document.querySelectorAll("#agenda .day").forEach((day) => day.fill?.()));
  return { draw };
}
