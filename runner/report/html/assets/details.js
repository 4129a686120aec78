// The details of a firing on both pages: its payload, its place, its fields before and after.

function pairs(entries) {
  const made = el("dl", "pairs");
  for (const [name, value] of entries) {
    if (value !== null && value !== undefined && value !== "") made.append(el("dt", "", name), el("dd", "", value instanceof Node ? value : bdi(value)));
  }
  return made;
}

// Names that the row cuts.
function longName(row) {
  return row.name.length > 100 ? row.name : null;
}

function payloadOf(payload) {
  if (payload === null) return null;
  const shown = payload === false
    ? el("p", "sub", "Left out to keep this page small; the JSON has it.")
    : block(JSON.stringify(payload, null, 2));
  return el("div", "", el("h4", "", "Payload"), shown);
}

function placeOf(row) {
  return el("span", "place", bdi(row.file), `:${row.line}`, ...(row.row === null ? [] : [", ", bdi(row.row)]));
}

function diffOf(changes) {
  const body = el("tbody", "");
  for (const [field, before, after] of changes) {
    const old = before === null ? el("span", "nothing", "nothing") : el("del", "", bdi(before));
    const now = after === null ? el("span", "nothing", "nothing") : el("ins", "", bdi(after));
    body.append(el("tr", "", attrs(el("th", "", bdi(field)), { scope: "row" }), el("td", "", old), el("td", "", now)));
  }
  const head = el("tr", "", ...["field", "sent", "now defined"].map((name) => attrs(el("th", "", name), { scope: "col" })));
  return el("table", "diff", el("thead", "", head), body);
}
