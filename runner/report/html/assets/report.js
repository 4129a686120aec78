// The page of a run: its table, the details of rows, and the bars of its timeline.

const data = unpacked();
const times = makeTimes(data, "yours");
const VERDICTS = { yes: ["sent", "good"], no: ["not sent", "bad"], unknown: ["may have been sent", "doubt"] };

function cells(row) {
  return [
    el("td", "c-account", bdi(row.account)),
    el("td", "c-due", row.due === null ? null : times.element(row.due, "short"), row.may_go === null ? null : el("span", "sub", "may go ", times.element(row.may_go, "short"))),
    el("td", "c-started", row.started === null ? null : times.element(row.started, "second")),
    el("td", "c-took num", row.latency_ms === null ? null : length(row.latency_ms)),
    el("td", "c-tries num", row.tries || null),
    el("td", "c-reason", row.reason === null ? null : el("span", "", bdi(row.reason))),
  ];
}

function summaryOf(row) {
  const [name] = data.kinds[row.kind];
  const parts = [];
  if (row.due !== null) parts.push("Due ", times.element(row.due, "full"), ". ");
  if (row.started !== null) {
    const late = row.due !== null && row.started >= row.due ? `, ${length(row.started - row.due)} after it was due` : "";
    parts.push(row.tries > 1 ? `The last of ${row.tries} tries` : "The request", " went out ", times.element(row.started, "full"), late, ". ");
  }
  parts.push("Outcome: ", el("strong", "", name), row.reason === null ? "." : ": ");
  if (row.reason !== null) parts.push(bdi(row.reason));
  return el("p", "summary", ...parts);
}

function tryOf([number, started, took, verdict, status, answer, error]) {
  const [word, tone] = VERDICTS[verdict];
  const head = el("div", "head", el("span", "", `try ${number}`), times.element(started, "milli"), el("span", "", length(took)),
    status === null ? null : el("span", "", `HTTP ${status}`), el("strong", "", word));
  return el("li", tone, head, error === null ? null : el("p", "sub", bdi(error)), answer === null ? null : block(answer));
}

function triesOf(row, attempts) {
  if (!attempts.length && !row.tries) return null;
  const list = el("ol", "tries", ...attempts.map(tryOf));
  if (row.tries > attempts.length) {
    list.append(el("li", "doubt", el("div", "head", el("span", "", `try ${row.tries}`), el("strong", "", "its end is unknown"))));
  }
  const cut = data.answers_cut === null ? null : el("p", "sub", `Answers are cut to ${data.answers_cut} characters here; the JSON report has more.`);
  return el("div", "", el("h4", "", row.tries > 1 ? "Tries" : "The request"), list, cut);
}

function detailsOf(row, more) {
  const warnings = more.warnings.map((text) => el("p", "warning", bdi(text)));
  const sent = row.bulletins_sent === null ? null : String(row.bulletins_sent);
  const facts = pairs([
    ["Name", longName(row)], ["Business event", row.business_event], ["Occurrence", row.occurrence], ["Bulletins sent", sent],
    ["HTTP status", row.http_status], ["Error", row.error], ["Defined in", placeOf(row)],
    ["Fingerprint", el("span", "hash", more.fingerprint)],
  ]);
  return el("div", "details", el("div", "", summaryOf(row), ...warnings, triesOf(row, more.attempts)), el("div", "", payloadOf(more.payload), facts));
}

const table = makeTable({ data, times, cells, detailsOf });
document.documentElement.classList.add("js");
table.start();
for (const chart of document.querySelectorAll(".tracks")) {
  chart.addEventListener("click", (event) => {
    const bar = event.target.closest("[data-row]");
    if (bar) table.reveal(Number(bar.dataset.row));
  });
}
