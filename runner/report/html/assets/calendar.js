// The days of each account by hours, drawn again for the chosen time zone; `calendar.py` counts the same cells.

const GROUPS = ["going", "blocked", "expired", "over"];
const SAID = ["go out", "blocked", "expired", "done or disabled"];
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const MOST_LISTED = 50;
const MOST_OVER = 3; // hours over the budget that are listed in the text

function hoursOf(hour) {
  return `${String(hour).padStart(2, "0")}–${String(hour + 1).padStart(2, "0")} h`;
}

function makeCalendar({ data, times, reveal }) {
  const [back, ahead] = data.span;
  const held = new Set(data.held);
  const byAccount = new Map();
  for (const row of data.rows) {
    if (!byAccount.has(row.account)) byAccount.set(row.account, []);
    byAccount.get(row.account).push(row);
  }

  // False for an hour that the clocks skip completely.
  function exists(zone, day, hour) {
    const wall = day + hour * HOUR_MS + 59 * 60_000;
    return [-1, 0, 1].some((days) => {
      const at = wall - times.offset(zone, wall + days * DAY_MS);
      return times.local(zone, at).getTime() === wall;
    });
  }

  // By hours of the zone's local time, counted since 1970.
  function cellsOf(rows, zone) {
    const cells = new Map();
    for (const row of rows) {
      if (row.at === null) continue;
      const key = Math.floor((row.at + times.offset(zone, row.at)) / HOUR_MS);
      if (!cells.has(key)) cells.set(key, []);
      cells.get(key).push(row);
    }
    return cells;
  }

  function mayGo(going, late) {
    return `${going.toLocaleString("en")} due, ${(going - late).toLocaleString("en")} may go`;
  }

  function look(rows, { there, isNow, isBeyond }) {
    const counts = [0, 0, 0, 0];
    const late = rows.filter((row) => held.has(row.place)).length;
    const minutes = new Map();
    for (const row of rows) {
      counts[GROUPS.indexOf(row.group)] += 1;
      const minute = Math.floor(row.at / 60_000);
      if (row.group === "going") minutes.set(minute, (minutes.get(minute) ?? 0) + 1);
    }
    const most = Math.max(0, ...minutes.values());
    const names = there ? [] : ["none"];
    if (counts[0]) {
      names.push(`d${data.levels.filter((level) => counts[0] >= level).length}`);
      if (most > 1) names.push("crowded");
      if (counts[1] || counts[2]) names.push("mixed");
      if (late) names.push("held");
    } else {
      const other = GROUPS.find((group, place) => place && counts[place]);
      if (other) names.push(other);
      else if (isBeyond) names.push("beyond-end");
    }
    if (isNow) names.push("now");
    const said = counts.flatMap((count, place) => (count ? [`${count.toLocaleString("en")} ${!place && count === 1 ? "goes out" : SAID[place]}`] : []));
    if (late) said[0] = mayGo(counts[0], late);
    if (most > 1) said.push(`up to ${most.toLocaleString("en")} in one minute`);
    return { names: names.join(" "), shown: counts[0] || rows.length, going: counts[0], late, said: said.join(", ") };
  }

  function list(panel, title, rows) {
    const items = rows.slice(0, MOST_LISTED).map((row) => entry(row, times, reveal, data));
    if (rows.length > MOST_LISTED) items.push(el("li", "sub", `… and ${(rows.length - MOST_LISTED).toLocaleString("en")} more, in the table`));
    panel.replaceChildren(el("h4", "", title), el("ol", "day-list", ...items));
  }

  function cell(rows, { name, hour, there, isNow, isBeyond, panel, account }) {
    const seen = look(rows, { there, isNow, isBeyond });
    const made = el("td", seen.names);
    if (!made.className) made.removeAttribute("class");
    if (rows.length) {
      const hours = hoursOf(hour);
      const opener = button("", null, seen.shown);
      attrs(opener, { "aria-label": printable(`${name}, ${hours}: ${seen.said}`), "aria-pressed": "false", title: seen.said });
      const show = () => {
        for (const other of document.querySelectorAll('.grid button[aria-pressed="true"]')) other.setAttribute("aria-pressed", "false");
        opener.setAttribute("aria-pressed", "true");
        list(panel, `${name}, ${hours} (${times.zone(account)}): ${seen.said}`, rows);
      };
      opener.addEventListener("click", show);
      opener.addEventListener("focus", show);
      made.append(opener);
    }
    return [made, seen];
  }

  function draw(section) {
    const account = data.accounts[section.dataset.calendar];
    const zone = times.zone(account);
    const cells = cellsOf(byAccount.get(account) ?? [], zone);
    const panel = section.querySelector(".hour");
    const now = times.local(zone, data.now);
    const today = Date.parse(times.day(now));
    const end = data.until === null ? null : times.local(zone, data.until).getTime();
    const busiest = { count: 0 };
    const overBudget = [];
    const lines = [];
    for (let place = -back; place < ahead; place += 1) {
      const day = today + place * DAY_MS;
      if (end !== null && day > end) break;
      const at = new Date(day);
      const name = times.date(at);
      const line = el("tr", [place ? "" : "today", place < 0 ? "past" : "", at.getUTCDay() % 6 ? "" : "weekend"].filter(Boolean).join(" "));
      line.dataset.day = times.day(at);
      line.append(attrs(el("th", "", name), { scope: "row" }));
      let sum = 0;
      for (let hour = 0; hour < 24; hour += 1) {
        const isNow = !place && now.getUTCHours() === hour;
        const isBeyond = end !== null && day + hour * HOUR_MS > end;
        const facts = { name, hour, there: exists(zone, day, hour), isNow, isBeyond, panel, account };
        const [made, { going, late }] = cell(cells.get(day / HOUR_MS + hour) ?? [], facts);
        if (late) overBudget.push(`${name}, ${hoursOf(hour)}: ${mayGo(going, late)}`);
        if (going > busiest.count) Object.assign(busiest, { count: going, name, hour });
        sum += going;
        line.append(made);
      }
      line.append(el("td", "sum", sum || ""));
      lines.push(line);
    }
    section.querySelector("tbody").replaceChildren(...lines);
    section.querySelector(".zone-of").textContent = printable(zone);
    const said = section.querySelector(".busiest");
    if (said && busiest.count) said.textContent = `${busiest.name}, ${hoursOf(busiest.hour)} (${busiest.count})`;
    const over = section.querySelector(".over-hours");
    if (over) {
      const more = overBudget.length - MOST_OVER;
      over.textContent = [...overBudget.slice(0, MOST_OVER), ...(more > 0 ? [`and ${counted(more, "more hour")}`] : [])].join("; ");
    }
    panel.replaceChildren(el("p", "sub", "Choose an hour to see its firings."));
  }

  function drawAll() {
    document.querySelectorAll("[data-calendar]").forEach(draw);
  }

  // A narrow window shows a part of the day: the first firing, and as many others as possible.
  function scroll() {
    if (!matchMedia("(max-width: 960px)").matches) return;
    for (const scroller of document.querySelectorAll(".scroller")) {
      const label = scroller.querySelector("tbody th")?.offsetWidth ?? 0;
      const room = scroller.clientWidth - label;
      const filled = [...scroller.querySelectorAll("td:has(button)")].map((cell) => (
        { left: cell.offsetLeft - label, width: cell.offsetWidth, goes: /\bd\d/.test(cell.className), isNow: cell.classList.contains("now") }));
      const going = filled.filter((each) => each.goes);
      const coming = going.filter((each) => !each.isNow); // the top of the page shows what is sent now
      const shown = [coming, going, filled].find((each) => each.length);
      if (!shown || scroller.scrollWidth <= scroller.clientWidth) continue;
      const [first] = shown;
      const seen = (from) => shown.filter(({ left, width }) => left >= from && left + width <= from + room).length;
      const starts = [...new Set(shown.map((each) => each.left))].sort((a, b) => b - a);
      const candidates = starts.filter((from) => from <= first.left && first.left + first.width <= from + room);
      scroller.scrollLeft = candidates.reduce((best, from) => (seen(from) > seen(best) ? from : best)) - 4;
    }
  }

  // There is more to the right until the end is reached.
  function watch() {
    for (const scroller of document.querySelectorAll(".scroller")) {
      const markEnd = () => scroller.parentElement.classList.toggle("at-end", scroller.scrollLeft + scroller.clientWidth >= scroller.scrollWidth - 4);
      scroller.addEventListener("scroll", markEnd, { passive: true });
      addEventListener("resize", markEnd);
      markEnd();
    }
  }

  return { drawAll, scroll, watch };
}
