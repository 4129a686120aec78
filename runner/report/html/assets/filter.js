// The shown rows and their order: the state of the controls, kept in the page's address so that it can be shared.

function makeFilter(data, times) {
  const state = { find: "", kinds: new Set(), account: "", sort: "", zone: times.mode };
  const collator = new Intl.Collator("en", { numeric: true });
  const order = new Map(Object.keys(data.kinds).map((key, place) => [key, place]));
  const fold = (text) => text.normalize("NFKC").toLowerCase();
  let haystacks = null;

  function haystack(row) {
    return fold([row.id, row.name, row.account, row.business_event, row.occurrence, row.reason ?? "", row.file, row.row ?? "", row.error ?? ""].join("\n"));
  }

  function compare(key) {
    if (key === "kind") return (a, b) => order.get(a.kind) - order.get(b.kind);
    if (key === "name" || key === "account") return (a, b) => collator.compare(a[key], b[key]);
    return (a, b) => (a[key] ?? -Infinity) - (b[key] ?? -Infinity) || 0;
  }

  // A result with a warning is of the kind "warned" in addition to its own kind.
  const isOf = (row, key) => row.kind === key || (key === "warned" && row.warned > 0);

  function matching() {
    const words = fold(state.find).split(/\s+/).filter(Boolean);
    if (words.length) haystacks ??= data.rows.map(haystack);
    const found = data.rows.filter((row) =>
      (!state.kinds.size || [...state.kinds].some((key) => isOf(row, key))) &&
      (!state.account || row.account === state.account) &&
      words.every((word) => haystacks[row.place].includes(word)));
    if (!state.sort) return found;
    const down = state.sort.startsWith("-");
    const by = compare(down ? state.sort.slice(1) : state.sort);
    return found.sort((a, b) => (down ? by(b, a) : by(a, b)) || a.place - b.place);
  }

  function keep() {
    const kept = new URLSearchParams();
    if (state.find) kept.set("find", state.find);
    if (state.kinds.size) kept.set("kind", [...state.kinds].join(","));
    if (state.account) kept.set("account", state.account);
    if (state.sort) kept.set("sort", state.sort);
    if (times.mode !== state.zone) kept.set("zone", times.mode);
    try {
      history.replaceState(null, "", "#" + kept);
    } catch {
      // a viewer that shows the page without an address of its own
    }
  }

  function recall() {
    const kept = new URLSearchParams(location.hash.slice(1));
    state.find = kept.get("find") ?? "";
    state.kinds = new Set((kept.get("kind") ?? "").split(",").filter((key) => key in data.kinds));
    state.account = kept.get("account") ?? "";
    state.sort = kept.get("sort") ?? "";
    return kept.get("zone");
  }

  const isOn = () => Boolean(state.find || state.kinds.size || state.account);
  return { state, matching, keep, recall, isOn, isOf };
}
