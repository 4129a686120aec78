// Instants as local time: in the reader's time zone, in UTC, or in the account's time zone.

const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
// Browsers use old names for some time zones.
const NAMES = { "Asia/Calcutta": "Asia/Kolkata", "Asia/Katmandu": "Asia/Kathmandu", "Asia/Saigon": "Asia/Ho_Chi_Minh", "Asia/Rangoon": "Asia/Yangon", "Europe/Kiev": "Europe/Kyiv" };
const QUARTER_MS = 900_000; // all changes of clocks are at quarters of an hour

function makeTimes({ accounts, zones }, mode) {
  const numbers = new Map(accounts.map((name, number) => [name, number]));
  const formats = new Map();
  const offsets = new Map();
  const said = Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
  const own = NAMES[said] ?? said;
  const listeners = [];

  function format(zone) {
    if (!formats.has(zone)) {
      const fields = { year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", second: "numeric" };
      try {
        formats.set(zone, new Intl.DateTimeFormat("en-US", { timeZone: zone, hourCycle: "h23", ...fields }));
      } catch {
        formats.set(zone, null); // a zone that this browser does not know
      }
    }
    return formats.get(zone);
  }

  function offset(zone, ms) {
    if (zone === "UTC") return 0;
    const quarter = Math.floor(ms / QUARTER_MS);
    if (!offsets.has(zone)) offsets.set(zone, new Map());
    const known = offsets.get(zone);
    if (!known.has(quarter)) {
      const formatter = format(zone);
      const part = {};
      for (const each of formatter ? formatter.formatToParts(quarter * QUARTER_MS) : []) part[each.type] = Number(each.value);
      const wall = formatter ? Date.UTC(part.year, part.month - 1, part.day, part.hour, part.minute, part.second) : quarter * QUARTER_MS;
      known.set(quarter, wall - quarter * QUARTER_MS);
    }
    return known.get(quarter);
  }

  const two = (number) => String(number).padStart(2, "0");
  const times = {
    own,
    mode,
    zone(account) {
      if (times.mode === "yours") return own;
      return times.mode === "account" ? zones[numbers.get(account)] ?? "UTC" : "UTC";
    },
    offset,
    // A Date whose UTC fields are the local time of the zone.
    local: (zone, ms) => new Date(ms + offset(zone, ms)),
    date: (at) => `${DAYS[at.getUTCDay()]} ${at.getUTCDate()} ${MONTHS[at.getUTCMonth()]}`,
    day: (at) => at.toISOString().slice(0, 10),
    text(ms, form, account) {
      const at = times.local(times.zone(account), ms);
      const minute = `${two(at.getUTCHours())}:${two(at.getUTCMinutes())}`;
      const second = `${minute}:${two(at.getUTCSeconds())}`;
      if (form === "minute") return minute;
      if (form === "second") return second;
      if (form === "date") return times.date(at);
      if (form === "short") return `${at.getUTCDate()} ${MONTHS[at.getUTCMonth()]} ${minute}`;
      if (form === "milli") return `${second}.${String(at.getUTCMilliseconds()).padStart(3, "0")}`;
      return `${times.date(at)} ${at.getUTCFullYear()}, ${second}`;
    },
    element(ms, form, account) {
      const made = attrs(el("time", ""), { "data-ms": ms, "data-form": form, datetime: new Date(ms).toISOString() });
      if (numbers.has(account)) made.dataset.account = numbers.get(account);
      times.write(made);
      return made;
    },
    write(element) {
      const { ms, form } = element.dataset;
      const account = accounts[element.dataset.account];
      element.textContent = times.text(Number(ms), form, account);
      if (element.tagName === "TIME") element.title = `${times.text(Number(ms), "full", account)} ${times.zone(account)}`;
    },
    onChange: (listener) => listeners.push(listener),
    set(mode) {
      times.mode = mode;
      for (const element of document.querySelectorAll("[data-ms]")) times.write(element);
      for (const name of document.querySelectorAll(".zone-name")) name.textContent = printable(times.zone(accounts[name.dataset.account]));
      for (const listener of listeners) listener();
    },
  };
  for (const input of document.querySelectorAll('input[name="zone"]')) {
    if (input.value === "yours") input.nextElementSibling.textContent = `your time (${own})`;
    input.addEventListener("change", () => times.set(input.value));
  }
  return times;
}

function length(ms) {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  let seconds = Math.round(ms / 1000);
  const parts = [];
  for (const [unit, size] of [["d", 86400], ["h", 3600], ["min", 60], ["s", 1]]) {
    const count = Math.floor(seconds / size);
    seconds -= count * size;
    if (count) parts.push(`${count} ${unit}`);
  }
  return parts.slice(0, 2).join(" ");
}
