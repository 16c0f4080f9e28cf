"use strict";
// The page: reads the form, asks the module, shows the answer (answer.js). Text is only ever set as text, never as markup. make-page joins
// the files of the script.

const MAX_INPUT = 4 * 1024 * 1024;
const TABLE_PAGE = "https://learn.microsoft.com/en-us/entra/identity/authentication/concept-certificate-based-authentication-smartcard";

const byId = (id) => document.getElementById(id);

/** An element with attributes and children; strings become text. */
function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key === "onclick" || key === "ontoggle") made.addEventListener(key.slice(2), value);
    else if (value !== null && value !== false) made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.flat(Infinity).filter((child) => child !== null && child !== ""));
  return made;
}

function link(address, ...children) {
  // Every address is a constant of the module or of this script.
  return element("a", { href: address, target: "_blank", rel: "noopener noreferrer" }, ...children);
}

// The module.

let compiled = null;
let instance = null;

function bytesOf(base64) {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}

async function uncompressed(bytes) {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** Sends a request with the bytes of its inputs to the module, and returns the answer. */
function ask(request, inputs) {
  // A new instance after a failure, whose memory may be inconsistent.
  instance ??= new WebAssembly.Instance(compiled).exports;
  try {
    const heads = inputs.map(({ name, bytes, kind }) => ({ name, kind, length: bytes.length }));
    const head = new TextEncoder().encode(JSON.stringify({ ...request, inputs: heads }) + "\n");
    const length = inputs.reduce((sum, { bytes }) => sum + bytes.length, head.length);
    const start = instance.reserve(length);
    // The memory may have moved while it grew, so it is looked up after the call.
    const memory = new Uint8Array(instance.memory.buffer, start, length);
    memory.set(head);
    let at = head.length;
    for (const { bytes } of inputs) {
      memory.set(bytes, at);
      at += bytes.length;
    }
    const size = instance.answer();
    const answer = new Uint8Array(instance.memory.buffer, instance.output(), size);
    return JSON.parse(new TextDecoder().decode(answer));
  } catch (error) {
    instance = null;
    throw error;
  }
}

// The form.

/** The files and texts: name, bytes, and a key that stays. */
let inputs = [];
let added = 0;
let pasted = 0;
let joinWasChosen = false;

function settings() {
  const interpretations = {};
  for (const select of byId("interpretations").querySelectorAll("select")) {
    interpretations[select.name] = select.value;
  }
  return {
    now: Math.floor(Date.now() / 1000),
    join: byId("form").elements.join.value,
    hint: byId("hint").value,
    ad: byId("ad").value,
    ad_upn: byId("ad_upn").value,
    cached: byId("cached").value,
    build: byId("build").value,
    interpretations,
  };
}

function addInput(name, bytes) {
  added += 1;
  inputs.push({ key: added, name, bytes, kind: null });
}

async function addFiles(files) {
  for (const file of files) {
    if (file.size > MAX_INPUT) {
      // One byte more than the limit: the module refuses it with its text.
      addInput(file.name, new Uint8Array(MAX_INPUT + 1));
      continue;
    }
    try {
      addInput(file.name, new Uint8Array(await file.arrayBuffer()));
    } catch {
      announce(`${file.name} cannot be read.`);
    }
  }
  update();
}

function addText(text) {
  if (text.trim() === "") return;
  pasted += 1;
  addInput(`pasted text ${pasted}`, new TextEncoder().encode(text));
  update();
}

function announce(text) {
  byId("announcement").textContent = "";
  // A text that is set again is read again only after a change.
  setTimeout(() => { byId("announcement").textContent = text; }, 50);
}

async function copy(text, what) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // Without permission or in an older browser.
    const area = element("textarea", { class: "unseen", "aria-hidden": "true" });
    area.value = text;
    const focused = document.activeElement;
    document.body.append(area);
    area.select();
    const copied = document.execCommand("copy");
    area.remove();
    focused?.focus();
    if (!copied) {
      announce(`${what} could not be copied. Select the text and copy it.`);
      return;
    }
  }
  announce(`Copied: ${what}`);
}

/** A button that copies; its label says what, for those who do not see where it is. */
function copyButton(text, what, label = "Copy") {
  const button = element("button", {
    type: "button", class: "small", "aria-label": `${label} ${what}`,
    onclick: async () => {
      await copy(text, what);
      button.textContent = "Copied";
      setTimeout(() => { button.textContent = label; }, 1500);
    },
  }, label);
  return button;
}

