// The release calendar: its table, the details of rows, and the days in the chosen time zone.

const data = unpacked();
const times = makeTimes(data, "account");

// A firing held back by a budget goes later; if it expires before, it is blocked.
const isTooLate = (row) => row.may_go !== null && row.group === "blocked";

function budgetNote(row) {
  if (row.may_go === null) return null;
  if (isTooLate(row)) return el("span", "sub", "expires before the budget has room");
  return el("span", "sub", "may go ", times.element(row.may_go, "short", row.account));
}

function cells(row) {
  const soon = row.may_go === null ? "at once" : null;
  const due = row.due === null ? soon : times.element(row.due, "short", row.account);
  return [
    el("td", "c-account", bdi(row.account)),
    el("td", "c-due keep", due, budgetNote(row)),
    el("td", "c-reason", el("span", "", bdi(row.reason))),
  ];
}

function detailsOf(row, more) {
  const zone = times.zone(row.account);
  const facts = pairs([
    ["Name", longName(row)],
    ["Business event", row.business_event],
    ["Occurrence", row.occurrence],
    ["Due", row.due === null ? "at once" : el("span", "", times.element(row.due, "full", row.account), ` ${zone}`)],
    [isTooLate(row) ? "Budget has room" : "May go", row.may_go === null ? null : el("span", "", times.element(row.may_go, "full", row.account), ` ${zone}`)],
    ["Not after", row.expires === null ? null : el("span", "", times.element(row.expires, "full", row.account), ` ${zone}`)],
    ["Defined in", placeOf(row)],
    ["Fingerprint", el("span", "hash", more.fingerprint)],
  ]);
  const changed = more.changes.length ? el("div", "", el("h4", "", "Edited since it was sent"), diffOf(more.changes)) : null;
  const why = el("p", "summary", el("strong", "", data.kinds[row.kind][0]), ": ", bdi(row.reason));
  return el("div", "details", el("div", "", why, changed, facts), el("div", "", payloadOf(more.payload)));
}

const table = makeTable({ data, times, cells, detailsOf });
const calendar = makeCalendar({ data, times, reveal: table.reveal });
const agenda = makeAgenda({ data, times, reveal: table.reveal });
times.onChange(calendar.drawAll);
times.onChange(calendar.scroll);
times.onChange(agenda.draw);
document.documentElement.classList.add("js");
table.start();
calendar.watch();
