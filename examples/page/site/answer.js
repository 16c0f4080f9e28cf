// The answer.

let rules = new Map();

/** What was opened or closed stays so when the answer is drawn again. */
const opened = new Map();

function disclosure(key, isOpen, attributes, summary, ...children) {
  const details = element("details", {
    ...attributes,
    open: opened.get(key) ?? isOpen,
    ontoggle: () => opened.set(key, details.open),
  }, element("summary", {}, summary), ...children);
  return details;
}

/** What was answered last. The same answer is not drawn again, because that would take the focus away. */
let answered = "";

function update() {
  const request = settings();
  const asked = JSON.stringify([{ ...request, now: 0 }, inputs.map(({ key }) => key)]);
  if (asked === answered) return;
  let answer;
  try {
    answer = ask(request, inputs);
    answered = asked;
  } catch (error) {
    showStatus(`The page failed: ${error}. Please report this message and the kind of file or text, without personal data.`, true);
    return;
  }
  // The first report determines the join, unless the user has chosen.
  const hasReport = answer.inputs.some(({ kind, problem }) => kind === "report" && problem === null);
  if (hasReport && !joinWasChosen && byId("form").elements.join.value !== "report") {
    byId("form").elements.join.value = "report";
    update();
    return;
  }
  show(answer);
}

function show(answer) {
  rules = new Map(answer.rules.map((rule) => [rule.code, rule]));
  byId("version").textContent = `Version ${answer.version}.`;
  byId("hybrid").hidden = answer.join === "entra";
  showInputs(answer.inputs);
  showProblems(answer.problems);
  const output = byId("output");
  output.replaceChildren();
  if (answer.device !== null) output.append(devicePanel(answer.device));
  if (inputs.length === 0) output.append(element("section", { class: "panel", "aria-label": "Published table" }, publishedTable(NO_CERTIFICATE)));
  const count = answer.files.reduce((sum, file) => sum + file.certificates.length, 0);
  let index = 0;
  for (const [place, file] of answer.files.entries()) {
    for (const error of file.errors) output.append(element("p", { class: "error" }, error));
    for (const certificate of file.certificates) {
      const key = `${inputKey(answer, place)} ${certificate.number ?? 1}`;
      output.append(certificateCard(answer, file, certificate, key, index === 0 || count <= 2));
      index += 1;
    }
  }
  if (answer.screen !== null) output.append(screenPanel(answer));
  if (answer.ticket !== null) output.append(ticketPanel(answer.ticket));
  for (const file of answer.files) {
    if (file.json !== "") output.append(jsonPanel(file));
  }
  showStatus(summary(answer, count), answer.problems.length > 0);
}

/** The key of the input that a file of the answer is from. */
function inputKey(answer, place) {
  const certificates = inputs.filter((_, index) => {
    const input = answer.inputs[index];
    return input.kind === "certificate" && input.problem === null;
  });
  return certificates[place]?.key;
}

function showStatus(text, isBad) {
  const status = byId("status");
  status.classList.toggle("bad", isBad);
  // Unchanged text is not set again, so that it is not read again.
  if (status.textContent !== text) status.textContent = text;
}

function summary(answer, count) {
  if (answer.problems.length > 0) return "Correct the marked field first. " + answer.problems.map(({ text }) => text).join(" ");
  if (answer.files.length === 0) return "Add a certificate. Then this page shows the name that Windows sends, and why.";
  const unreadable = answer.files.reduce((sum, file) => sum + file.errors.length, 0);
  const failed = unreadable === 0 ? "" : ` ${unreadable === 1 ? "One certificate or file" : unreadable + " certificates or files"} could not be read.`;
  if (count === 0) return failed.trim();
  const [device, users] = [deviceText(answer.join), answer.files.flatMap((file) => file.certificates).filter((one) => !one.is_issuer)];
  if (users.length === 1) return `${device}: ${headline(users[0])}.${failed}`;
  const sent = users.filter((one) => one.rows.every((row) => row.decision?.upn)).length;
  return `${device}: a name is sent for ${sent} of ${users.length} certificates.${failed}`;
}

function deviceText(join) {
  return { entra: "Entra joined device", hybrid: "Entra hybrid joined device" }[join] ?? "Every case";
}

function headline(certificate) {
  if (certificate.rows.length > 1) {
    const decided = certificate.rows.filter((row) => row.decision?.upn).length;
    return `a name is sent in ${decided} of ${certificate.rows.length} cases`;
  }
  const decision = certificate.rows[0].decision;
  return decision.upn === null ? decision.text : `sends ${decision.upn}`;
}

function showInputs(reports) {
  byId("inputs").replaceChildren(...reports.map((report, index) => {
    const { key } = inputs[index];
    const remove = element("button", {
      type: "button", class: "small", "aria-label": `Remove ${report.name}`,
      onclick: () => {
        inputs = inputs.filter((input) => input.key !== key);
        update();
        // The focus was on a button that is gone.
        (byId("inputs").querySelector("button") ?? byId("files")).focus();
      },
    }, "Remove");
    return element("li", {},
      element("span", { class: "name" }, report.name, element("span", { class: "kind" }, kindText(report))),
      remove,
      report.problem === null ? null : element("p", { class: "error" }, report.problem),
      report.warnings.map((warning) => element("p", { class: "remark" }, warning)));
  }));
}

function kindText({ kind, certificates }) {
  if (kind !== "certificate") return { policy: "policy", report: "output of dsregcmd" }[kind];
  return { 0: "no readable certificate", 1: "certificate" }[certificates] ?? `${certificates} certificates`;
}

function showProblems(problems) {
  for (const field of ["join", "ad_upn", "cached", "build"]) {
    const problem = problems.find((problem) => problem.field === field);
    const error = byId(`${field}-error`);
    error.hidden = problem === undefined;
    error.textContent = problem?.text ?? "";
    if (field === "join") continue;
    if (problem === undefined) byId(field).removeAttribute("aria-invalid");
    else byId(field).setAttribute("aria-invalid", "true");
    if (field === "build" && problem !== undefined) byId("more").open = true;
  }
}

function devicePanel(device) {
  return element("section", { class: "panel", "aria-label": "Device, by dsregcmd" },
    element("h3", {}, "Device, by dsregcmd"),
    element("dl", {}, device.facts.map(({ label, value }) => [element("dt", {}, label), element("dd", {}, value)])));
}

function certificateCard(answer, file, certificate, key, isOpen) {
  const isSent = certificate.rows.every((row) => row.decision?.upn);
  const badge = certificate.is_issuer
    ? element("span", { class: "badge" }, "issuer of another one in the file")
    : element("span", { class: isSent ? "badge good" : "badge warn" }, headline(certificate));
  const name = certificate.number === null ? file.name : `${file.name}, certificate ${certificate.number}`;
  // What is said about the file is said once.
  const isFirst = certificate === file.certificates.find((one) => !one.is_issuer);
  const remarks = isFirst ? file.remarks : [];
  const title = certificate.subject === "" ? "(no subject)" : certificate.subject;
  return disclosure(`certificate ${key}`, isOpen && !certificate.is_issuer, { class: "panel card certificate" },
    [element("h3", {}, title), badge],
    certificate.rows.length === 1 ? outcome(certificate.rows[0].decision, answer.join) : null,
    element("dl", {},
      element("dt", {}, "File"), element("dd", {}, name),
      element("dt", {}, "Issuer"), element("dd", {}, certificate.issuer),
      element("dt", {}, "Valid"),
      element("dd", {}, `${certificate.not_before} to ${certificate.not_after}${certificate.is_valid_now ? "" : " (not valid now)"}`)),
    remarks.map((remark) => element("p", { class: "remark" }, remark)),
    certificate.notes.map((note) => element("p", { class: "remark" }, `certificate note ${note.code}: ${note.text}`)),
    publishedTable(certificate),
    certificate.rows.map((row) => explanation(row)),
    userIds(certificate.user_ids));
}

function outcome(decision, join) {
  if (decision.upn === null) {
    return element("div", { class: "outcome warn" },
      element("p", {}, `${deviceText(join)}: no name is sent. `, element("span", { class: "upn" }, decision.text)));
  }
  return element("div", { class: "outcome" },
    element("p", {}, `${deviceText(join)}: Windows sends, from the ${decision.source}, `,
      element("span", { class: "upn" }, decision.upn)),
    copyButton(decision.upn, decision.upn));
}

/** The table as Microsoft publishes it, with what this certificate gives in each cell. */
function publishedTable(certificate) {
  const columns = { entra: "Entra joined", hybrid: "Entra hybrid joined" };
  const rowHeads = { first: "First sign-in", later: "Later sign-ins", hint: "Hint supplied" };
  const published = {
    entra_first: "Pull from certificate", entra_later: "Pull from certificate",
    hybrid_first: "AD UPN or hint", hybrid_later: "Cached Entra UPN",
    entra_hint: "The hint, in all cases", hybrid_hint: "The hint, in all cases",
  };
  const cells = new Map(certificate.table.map((row) => [row.cell, row]));
  const cell = (row, column) => {
    const name = `${column}_${row}`;
    const applies = certificate.applies.includes(name);
    return element("td", {
      role: "cell", "data-cell": name, "data-column": columns[column], class: applies ? "applies" : null, "aria-current": applies ? "true" : null,
    },
      element("span", { class: "said" }, published[name]),
      element("span", { class: "sent" }, sentIn(cells.get(name), row, column, cells)),
      applies ? element("span", { class: "mark" }, "Applies to this device") : null);
  };
  return element("table", { class: "published", role: "table" },
    element("caption", {}, "What Windows sends, by the published table (", link(TABLE_PAGE, "source"), ")"),
    element("thead", { role: "rowgroup" }, element("tr", { role: "row" },
      element("td", { class: "corner", role: "cell" }),
      Object.values(columns).map((column) => element("th", { scope: "col", role: "columnheader" }, column)))),
    element("tbody", { role: "rowgroup" }, Object.entries(rowHeads).map(([row, head]) =>
      element("tr", { role: "row" },
        element("th", { scope: "row", role: "rowheader" }, head),
        Object.keys(columns).map((column) => cell(row, column))))));
}

const NO_CERTIFICATE = { table: [], applies: [] };

function sentIn(row, name, column, cells) {
  if (name === "hint") {
    const decision = cells.get(`${column}_first`)?.decision;
    return decision?.source === "hint" ? `sends ${decision.upn}` : "";
  }
  if (row === undefined) return "";
  if (row.decision === null) return `needs ${row.needs.join(" and ")}`;
  return row.decision.upn === null ? row.decision.text : `sends ${row.decision.upn}`;
}

function explanation(row) {
  const titles = {
    entra_first: "Why: Entra joined, first sign-in", entra_later: "Why: Entra joined, later sign-ins",
    hybrid_first: "Why: hybrid joined, first sign-in", hybrid_later: "Why: hybrid joined, later sign-ins",
  };
  const title = element("h4", {}, titles[row.cell] ?? "Why");
  if (row.decision === null) return [title, element("p", { class: "remark" }, `Not decided: this case needs ${row.needs.join(" and ")}.`)];
  const decision = row.decision;
  return [
    title,
    row.cell === null ? null : element("p", {}, decision.text),
    element("ol", { class: "trace" }, decision.trace.map((entry) => element("li", { class: entry.verdict },
      element("p", { class: "verdict" }, entry.verdict_text),
      element("div", {},
        element("p", {}, element("strong", {}, entry.candidate), entry.value === null ? "" : ": ",
          entry.value === null ? null : element("span", { class: "value" }, entry.value)),
        element("p", {}, entry.reason),
        ruleLine(entry.rule))))),
    decision.notes.map((note) => element("div", { class: "remark note" },
      element("p", {}, note.text), ruleLine(note.rule))),
  ];
}

function ruleLine(code) {
  const rule = rules.get(code);
  return element("p", { class: "rule" }, `${rule.statement} `, link(rule.reference, `Source of ${code}`));
}

function userIds(ids) {
  const row = (kind, field, value, warning) => element("tr", { role: "row" },
    element("td", { role: "cell" }, kind, element("span", { class: "field" }, field)),
    element("td", { role: "cell" }, element("span", { class: "value" }, value),
      warning ? element("p", { class: "remark" }, `Check this value: a name ${warning}`) : null),
    element("td", { role: "cell" }, copyButton(value, value)));
  const table = (label, head, rows) => element("table", { class: "ids", role: "table", "aria-label": label },
    element("thead", { role: "rowgroup" }, element("tr", { role: "row" },
      [head, "Value", "Copy"].map((text) => element("th", { scope: "col", role: "columnheader" }, text)))),
    element("tbody", { role: "rowgroup" }, rows));
  return [
    element("h4", {}, "certificateUserIds"),
    ids.certificate_user_ids.length === 0
      ? element("p", {}, "The certificate gives no value.")
      : table("certificateUserIds", "Affinity",
        ids.certificate_user_ids.map((id) => row(`${id.affinity} affinity`, id.field, id.value, id.warning))),
    ids.unusable.map(({ field, reason }) => element("p", { class: "remark" }, `No value for ${field}: its text ${reason}`)),
    ids.alt_security_identities.length === 0 ? null : element("details", { class: "more" },
      element("summary", {}, "altSecurityIdentities, for Active Directory"),
      table("altSecurityIdentities", "Strength",
        ids.alt_security_identities.map((id) => row(`${id.strength} mapping`, "", id.value, null)))),
  ];
}

function screenPanel(answer) {
  const { tiles, hidden } = answer.screen;
  return element("section", { class: "panel screen", "aria-label": "Tiles of the sign-in screen" },
    element("h3", {}, "Tiles that Windows shows"),
    element("p", { class: "help" }, answer.has_policy
      ? "All certificates as one card, under the given policy."
      : "All certificates as one card. No policy is given: Windows’s defaults apply."),
    tiles.length === 0
      // The message as users report it: https://github.com/GSA/ficam-playbooks/issues/803
      ? element("p", { class: "remark" }, "No tile: Windows says that no valid certificates were found.")
      : element("ul", { class: "tiles" }, tiles.map((tile) => element("li", {},
        element("strong", {}, tile.title === "" ? tile.principal_name ?? "" : tile.title),
        tile.title === "" || tile.principal_name === null ? null : element("span", {}, tile.principal_name),
        element("span", { class: "small" }, `certificate ${tile.number}: ${tile.certificate}`),
        tile.notes.map((note) => element("span", { class: "small" }, note))))),
    hidden.length === 0 ? null : [
      element("h4", {}, "Hidden certificates"),
      element("ul", { class: "hidden-list" }, hidden.map((one) =>
        element("li", {}, element("strong", {}, `certificate ${one.number}, ${one.certificate}: `), one.text))),
    ]);
}

function ticketPanel(text) {
  return element("section", { class: "panel ticket", "aria-label": "Text for a ticket" },
    element("div", { class: "heading" }, element("h3", {}, "Text for a ticket"), copyButton(text, "the text for a ticket", "Copy text")),
    element("p", { class: "help" },
      "User names, domains, labels and file names are replaced or left out. Rules, states and codes stay."),
    element("pre", { tabindex: "0", "aria-label": "Text for a ticket" }, text));
}

function jsonPanel(file) {
  return disclosure(`json ${file.name}`, false, { class: "panel json" },
    element("h3", {}, `JSON of ${file.name}, as explain-upn --json prints it`),
    element("div", { class: "buttons" }, copyButton(file.json, `the JSON of ${file.name}`, "Copy JSON")),
    element("pre", { tabindex: "0", "aria-label": `JSON of ${file.name}` }, file.json));
}

