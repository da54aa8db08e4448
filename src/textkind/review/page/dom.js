// Make elements; texts go in by textContent alone, so that nothing in them is ever read as HTML.

export const by = (id) => document.getElementById(id);

export function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name in element && name !== "list") element[name] = value;
    else element.setAttribute(name, value);
  }
  element.append(...children); // strings become text nodes
  return element;
}

// A name or text from the data, kept from turning its surroundings around (right-to-left marks)
export const told = (text, className = "") => make("bdi", { className, textContent: text });

const INVISIBLE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u115f\u1160\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff]/g;
const MOST_MARKS = 2000; // elements for one text

// One line for the list, in which invisible characters are points and turn nothing around
export const preview = (text) => text.replace(INVISIBLE, "·");

// Fill an element with a text whose invisible characters are named in place; textContent stays the text.
// Each mark is isolated, so that an override of the writing direction reaches no further than itself.
export function fill(element, text) {
  const parts = [];
  let at = 0, found = 0;
  for (const match of text.matchAll(INVISIBLE)) {
    found += 1;
    if (found > MOST_MARKS) continue;
    const code = match[0].codePointAt(0).toString(16).toUpperCase().padStart(4, "0");
    parts.push(text.slice(at, match.index), make("span", { className: "mark", textContent: match[0], "data-code": `U+${code}` }));
    at = match.index + match[0].length;
  }
  element.replaceChildren(...parts, text.slice(at));
  return found;
}
