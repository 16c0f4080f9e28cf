// The start.

function addInterpretations(interpretations) {
  for (const { name, values, default: usual, rule } of interpretations) {
    const select = element("select", { id: `interpretation-${name}`, name, "aria-describedby": `about-${name}` },
      values.map((value) => element("option", { value, selected: value === usual }, value === usual ? `${value} (default)` : value)));
    const source = rules.get(rule);
    byId("interpretations").append(
      element("label", { for: select.id }, name.replaceAll("-", " ")), select,
      element("p", { class: "help", id: `about-${name}` }, `${source.statement} `, link(source.reference, `Source of ${rule}`)));
  }
}

function listen() {
  let waiting = 0;
  const later = () => {
    clearTimeout(waiting);
    waiting = setTimeout(update, 150);
  };
  byId("form").addEventListener("submit", (event) => event.preventDefault());
  const changed = (event) => {
    if (["paste", "files"].includes(event.target.id)) return;
    if (event.target.name === "join") {
      joinWasChosen = true;
      update();
    } else {
      later();
    }
  };
  byId("form").addEventListener("input", changed);
  // Some tools clear a field without an event `input`.
  byId("form").addEventListener("change", changed);
  byId("files").addEventListener("change", async (event) => {
    await addFiles(event.target.files);
    // The same file can be chosen again.
    event.target.value = "";
  });
  const addPasted = () => {
    addText(byId("paste").value);
    byId("paste").value = "";
  };
  byId("add").addEventListener("click", addPasted);
  byId("paste").addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) addPasted();
  });
  byId("example").addEventListener("click", () => {
    addInput("example.der", bytesOf(EXAMPLE));
    update();
  });
  byId("clear").addEventListener("click", () => {
    inputs = [];
    joinWasChosen = false;
    opened.clear();
    byId("form").reset();
    update();
    announce("Everything is cleared.");
  });
  // A file that is dropped beside the field must not replace the page.
  document.addEventListener("dragover", (event) => {
    event.preventDefault();
    document.body.classList.add("over");
  });
  document.addEventListener("dragleave", (event) => {
    if (event.relatedTarget === null) document.body.classList.remove("over");
  });
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    document.body.classList.remove("over");
    if (event.dataTransfer.files.length > 0) addFiles(event.dataTransfer.files);
    else addText(event.dataTransfer.getData("text"));
  });
}

async function start() {
  try {
    compiled = await WebAssembly.compile(await uncompressed(bytesOf(MODULE)));
    // A browser may restore the fields of an earlier visit, but not the files.
    byId("form").reset();
    const answer = ask(settings(), []);
    show(answer);
    addInterpretations(answer.interpretations);
    listen();
  } catch (error) {
    showStatus(`This browser cannot run the page: ${error}`, true);
  }
}

start();
