// The data of the page as objects; `compact_data.py` packed it.

function unpacked() {
  const data = JSON.parse(byId("data").textContent);
  const pooled = new Set(data.pooled);
  data.rows = data.rows.map((values, place) => {
    const row = { place };
    data.columns.forEach((name, at) => {
      const value = values[at];
      row[name] = value !== null && pooled.has(at) ? data.texts[value] : value;
    });
    return row;
  });
  return data;
}

let packedDetails = null;

// The details of rows. They follow this script in the page: null while the page is still loading.
function detailsData(row) {
  if (document.readyState === "loading") return null;
  packedDetails ??= JSON.parse(byId("details").textContent);
  return Object.fromEntries(packedDetails.columns.map((name, at) => [name, whole(packedDetails.rows[row.place][at])]));
}

function whole(flat) {
  if (!Array.isArray(flat)) return flat;
  let at = 0;
  const build = (shape) => {
    if (shape === 0) return packedDetails.texts[flat[++at]];
    if (shape === 1) return flat[++at];
    const [kind, ...parts] = shape;
    if (kind === "l") return parts.map(build);
    const [keys, ...values] = parts;
    return Object.fromEntries(keys.map((key, place) => [key, build(values[place])])); // keys such as __proto__ too
  };
  return build(packedDetails.shapes[flat[0]]);
}
