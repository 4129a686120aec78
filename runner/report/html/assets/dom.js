// Elements made of text alone: whatever a name holds, it never becomes markup.

// The same characters as runner/report/plain.py spells out.
const HOSTILE = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]|(?<=#)#(?=\[)/gu;
const ESCAPES = { "\t": "\\t", "\n": "\\n", "\r": "\\r" };

function plain(text) {
  return String(text).replace(HOSTILE, (found) => {
    const code = found.charCodeAt(0);
    return ESCAPES[found] ?? (code < 256 ? "\\x" + code.toString(16).padStart(2, "0") : "\\u" + code.toString(16).padStart(4, "0"));
  });
}

// `el("p", "lead", "text", node, …)`; null children are left out.
function el(tag, className, ...children) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  for (const child of children) {
    if (child !== null && child !== undefined) made.append(child instanceof Node ? child : plain(child));
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

// Text of several lines, each of them harmless.
function block(text) {
  const made = document.createElement("pre");
  made.dir = "ltr";
  made.textContent = text.split("\n").map(plain).join("\n");
  return made;
}

function byId(id) {
  return document.getElementById(id);
}

function counted(count, one, many) {
  return `${count.toLocaleString("en")} ${count === 1 ? one : many ?? one + "s"}`;
}
