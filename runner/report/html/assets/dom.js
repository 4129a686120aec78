// Elements made only from text: no name can become markup.

// HOSTILE_CHARACTERS is the pattern of runner/report/safe_text.py.
const HOSTILE = new RegExp(HOSTILE_CHARACTERS, "gu");
const ESCAPES = { "\t": "\\t", "\n": "\\n", "\r": "\\r" };

function printable(text) {
  return String(text).replace(HOSTILE, (found) => {
    const code = found.codePointAt(0);
    if (code === 0x1f3f4) return found;
    const [letter, digits] = code < 256 ? ["x", 2] : code < 65536 ? ["u", 4] : ["U", 8];
    return ESCAPES[found] ?? "\\" + letter + code.toString(16).padStart(digits, "0");
  });
}

// `el("p", "lead", "text", node, …)`; null children are left out.
function el(tag, className, ...children) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  for (const child of children) {
    if (child !== null && child !== undefined) made.append(child instanceof Node ? child : printable(child));
  }
  return made;
}

function bdi(text) {
  return el("bdi", "", text);
}

function attrs(element, values) {
  for (const [name, value] of Object.entries(values)) element.setAttribute(name, value);
  return element;
}

function button(className, onClick, ...children) {
  const made = attrs(el("button", className, ...children), { type: "button" });
  if (onClick) made.addEventListener("click", onClick);
  return made;
}

// Escapes a text of several lines, line by line.
function block(text) {
  const made = document.createElement("pre");
  made.dir = "ltr";
  made.textContent = text.split("\n").map(printable).join("\n");
  return made;
}

function byId(id) {
  return document.getElementById(id);
}

function counted(count, one, many) {
  return `${count.toLocaleString("en")} ${count === 1 ? one : many ?? one + "s"}`;
}
